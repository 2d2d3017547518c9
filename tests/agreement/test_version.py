"""The next version of a linear history is the one that python-semantic-release gives it."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from jetscale_cicd.config.release_rules import ReleaseRules
from jetscale_cicd.model.version import Level, Version
from tests.decide.release.test_version import FIRST, version
from tests.planning.test_version import choice_in
from tests.support.history import draw, git

TYPES = [
    "feat",
    "fix",
    "perf",
    "docs",
    "chore",
    "ci",
    "build",
    "style",
    "refactor",
    "test",
    "wip",
    "Feat",
    "revert",
    "",
]


subjects = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(TYPES),
    st.sampled_from(["", "", "", "(api)", "(a/b)", "()", "(ünï)", "(a)(b)"]),
    st.sampled_from(["", "", "", "", "!", " "]),
    st.sampled_from([": ", ": ", ": ", ":", " - "]),
    st.sampled_from(["a change", "ändern 日本", "fix: nested", "x (#12)", "BREAKING CHANGE: not here", ""]),
)


paragraphs = st.sampled_from(
    [
        *(
            "Some words about it.",
            "* not conventional",
            "Signed-off-by: A <a@example.invalid>",
            "feat: inside",
            "\t",
            "",
        ),
        *("BREAKING CHANGE: all is new", "BREAKING-CHANGE: with a dash", "breaking change: lower", "BREAKING CHANGE"),
        *(
            "* feat: a part\n\n* fix: another",
            "* docs: a part",
            "- fix: dashed",
            "* feat(x)!: a loud part",
            "NOTICE: n",
        ),
        (
            "Squashed commit of the following:\n\ncommit 63ec09b9e844e616dcaa7bae35a0b66671b59fbb\n"
            "Author: A <a@example.invalid>\nDate:   Sun Oct 13 12:05:23 2024 -0600\n\n    feat: squashed by git\n"
        ),
    ]
)


plain = st.sampled_from(
    ["Update README", "Merge branch 'x'", "Bump a from 1 to 2", "", "日本語", "feat", 'Revert "feat: a"', " feat: x"]
)


messages = st.tuples(
    st.one_of(subjects, subjects, plain), st.lists(paragraphs, max_size=3), st.sampled_from(["\n", "\n", "\r\n"])
).map(lambda parts: "\n\n".join([parts[0], *parts[1]]).replace("\n", parts[2]).encode())


versions = st.builds(
    "{}.{}.{}".format, st.sampled_from([0, 0, 1, 2, 10]), st.integers(0, 11), st.integers(0, 11)
).filter(lambda text: text != "0.0.0")  # it takes a tag v0.0.0 for none at all


tags = st.one_of(
    st.none(),
    st.none(),
    versions.map("v{}".format),
    versions.map("v{}-rc.1".format),
    st.sampled_from(["v1", "v1.2", "nightly", "xv9.9.9", "v9.9.9.9", "V8.8.8", "v01.2.3"]),
)


histories = st.lists(st.tuples(st.one_of(messages, st.just(b"fix: \xff\xfe")), tags), min_size=1, max_size=8)


def import_history(path: Path, history: Iterable[tuple[bytes, str | None]]) -> None:
    """A linear history in which every commit touches the chart, in one process."""
    git(path, "init", "--quiet", "--initial-branch=main")
    stream, seen = b"", set()
    for number, (message, tag) in enumerate(history, 1):
        stream += b"commit refs/heads/main\nmark :%d\ncommitter A <a@example.invalid> %d +0000\n" % (
            number,
            number * 60,
        )
        stream += b"data %d\n%s\n" % (len(message), message)
        stream += b"from :%d\n" % (number - 1) if number > 1 else b""
        stream += b"M 100644 inline charts/app/values.yaml\ndata %d\n%d\n\n" % (len(str(number)), number)
        if tag and tag not in seen:
            seen.add(tag)
            stream += b"reset refs/tags/%s\nfrom :%d\n\n" % (tag.encode(), number)
    git(path, "fast-import", "--quiet", stdin=stream)


def by_semantic_release(path: Path, rules: ReleaseRules) -> str:
    """What python-semantic-release says of the branch."""
    from git import Repo
    from semantic_release.commit_parser.conventional.options import ConventionalCommitParserOptions
    from semantic_release.commit_parser.conventional.parser import ConventionalCommitParser
    from semantic_release.version.algorithm import next_version
    from semantic_release.version.translator import VersionTranslator

    options = ConventionalCommitParserOptions(**dict(rules.parser_options))  # type: ignore[arg-type]
    with Repo(path) as repo:
        return str(
            next_version(
                repo,
                VersionTranslator(),
                ConventionalCommitParser(options),  # type: ignore[arg-type]
                allow_zero_version=rules.allow_zero_version,
                major_on_zero=rules.major_on_zero,
            )
        )


MERGES = [
    "Merge branch 'topic'",
    "feat!: merged",
    "Merge pull request #7 from a/b\n\nfeat: merged",
    "docs: merged",
]


@pytest.mark.parametrize("ignored", [True, False, "false"])
@pytest.mark.parametrize("merged", MERGES)
@pytest.mark.parametrize("part", ["wip", "fix: part"])
def test_merge_commits_count_as_semantic_release_counts_them(
    tmp_path: Path, ignored: bool | str, merged: str, part: str
) -> None:
    drawn = draw(
        tmp_path,
        *("feat: a [charts/app/a]", "tag v0.1.0", "branch topic", f"{part} [charts/app/b]"),
        *("checkout main", "chore: c [charts/app/c]"),
    )
    drawn.git("merge", "--quiet", "--no-ff", "--message", merged, "topic")
    rules = ReleaseRules(parser_options={"ignore_merge_commits": ignored})
    ours, theirs = choice_in(tmp_path, rules), by_semantic_release(tmp_path, rules)
    assert str(ours.version) == ("0.1.1" if theirs == "0.1.0" else theirs)


@pytest.mark.slow
@settings(max_examples=40)
@given(history=histories, major_on_zero=st.booleans(), allow_zero=st.booleans(), squash=st.booleans())
def test_on_a_linear_history_it_is_what_semantic_release_says(
    history: list[tuple[bytes, str | None]], major_on_zero: bool, allow_zero: bool, squash: bool
) -> None:
    rules = ReleaseRules(
        major_on_zero=major_on_zero, allow_zero_version=allow_zero, parser_options={"parse_squash_commits": squash}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        import_history(path, history)
        ours = choice_in(path, rules)
        theirs = by_semantic_release(path, rules)
    tagged = [tag for _, tag in history if tag and re.fullmatch(r"v(0|[1-9]\d*)\.\d+\.\d+", tag)]
    latest = max((version(tag[1:]) for tag in tagged), key=lambda each: each.core, default=None)
    if latest is None:
        event("no release yet: the first version, whatever is asked; not 0.x where that is not allowed")
        assert ours.version == (FIRST if allow_zero else Version(1, 0, 0))
    elif theirs == str(latest):
        event("nobody asks, and the content changed: patch")
        assert (ours.version, ours.level) == (latest.next_patch(), Level.PATCH)
    else:
        event("somebody asks")
        assert str(ours.version) == theirs
