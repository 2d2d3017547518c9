"""The version of a publish: python-semantic-release's own `next_version` is the oracle on linear histories."""

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from jetscale_cicd.config.release_rules import ReleaseRules
from jetscale_cicd.config.settings import ChartSettings
from jetscale_cicd.decide.release.version import VersionRules, choose_version, next_free
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.commit import Commit, JudgedCommit
from jetscale_cicd.model.plan import VersionChoice
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Level, Version
from jetscale_cicd.observe.git.releases import find_releases
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.planning.version import choose
from jetscale_cicd.tools.git import open_repository
from jetscale_cicd.tools.redact import Redactor
from tests.support.history import draw, git

FIRST = Version(0, 1, 0)


def version(text: str) -> Version:
    """The version that a test spells."""
    parsed = Version.parse(text)
    assert parsed
    return parsed


def release(text: str) -> Release:
    """A release tag of a version."""
    return Release(version(text), f"v{text}", "a" * 40)


def asking(*levels: Level) -> tuple[JudgedCommit, ...]:
    """Commits that ask for these levels."""
    return tuple(JudgedCommit(Commit("c" * 40, "…"), level, "…") for level in levels)


def open_(path: Path) -> Repository:
    """A repository, offline."""
    return Repository(open_repository(path, network=False, redact=Redactor.of(())))


def choice_in(path: Path, rules: ReleaseRules | None = None, chart: ChartSettings | None = None) -> VersionChoice:
    """The version that Stage 6 chooses for HEAD of a repository."""
    repository = open_(path)
    head = repository.commit("HEAD")
    releases = find_releases(repository, "v{version}", head, ask_remote=False)
    return choose(repository, chart or ChartSettings(), rules or ReleaseRules(), releases.latest, head)


# -- messages of all kinds ---------------------------------------------------------------------------------------------

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
    """The next version of the branch, by python-semantic-release."""
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


@settings(max_examples=40, deadline=None)
@given(history=histories, major_on_zero=st.booleans(), allow_zero=st.booleans(), squash=st.booleans())
def test_on_a_linear_history_it_is_the_version_of_semantic_release(
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
        event("no commit asks for a release, and the content changed: patch")
        assert (ours.version, ours.level) == (latest.next_patch(), Level.PATCH)
    else:
        event("a commit asks for a release")
        assert str(ours.version) == theirs


class TestTheFirstVersion:
    @pytest.mark.parametrize("level", list(Level))
    def test_no_release_yet_gives_the_configured_one(self, level: Level) -> None:
        chosen = choose_version(None, asking(level), VersionRules(first=version("1.0.0"), default_bump="error"))
        assert (str(chosen.version), chosen.level, chosen.why) == ("1.0.0", level, "the first release")

    def test_without_commits_it_is_the_same(self) -> None:
        assert choose_version(None, (), VersionRules(first=FIRST)).version == FIRST


class TestTheNextVersion:
    @pytest.mark.parametrize(
        ("latest", "levels", "expected"),
        [
            ("1.2.3", [Level.PATCH], "1.2.4"),
            ("1.2.3", [Level.MINOR], "1.3.0"),
            ("1.2.3", [Level.MAJOR], "2.0.0"),
            ("1.2.3", [Level.PATCH, Level.MAJOR, Level.NONE], "2.0.0"),
            ("0.9.9", [Level.MINOR], "0.10.0"),
            ("0.9.9", [Level.MAJOR], "1.0.0"),
            ("1.9.99", [Level.PATCH], "1.9.100"),
        ],
    )
    def test_the_highest_level_that_a_commit_asks_for_wins(
        self, latest: str, levels: list[Level], expected: str
    ) -> None:
        assert str(choose_version(release(latest), asking(*levels), VersionRules(first=FIRST)).version) == expected

    def test_a_breaking_change_stays_below_1_where_major_on_zero_is_false(self) -> None:
        rules = VersionRules(first=FIRST, major_on_zero=False)
        chosen = choose_version(release("0.4.1"), asking(Level.MAJOR), rules)
        assert (str(chosen.version), chosen.level) == ("0.5.0", Level.MINOR)
        assert "major_on_zero" in chosen.why

    def test_any_change_leaves_0_where_allow_zero_version_is_false(self) -> None:
        rules = VersionRules(first=FIRST, allow_zero_version=False, major_on_zero=False)
        chosen = choose_version(release("0.4.1"), asking(Level.PATCH), rules)
        assert (str(chosen.version), chosen.level) == ("1.0.0", Level.MAJOR)
        assert "allow_zero_version" in chosen.why

    @pytest.mark.parametrize(
        "rules", [VersionRules(first=FIRST, major_on_zero=False), VersionRules(first=FIRST, allow_zero_version=False)]
    )
    def test_the_rules_for_0_say_nothing_about_1(self, rules: VersionRules) -> None:
        chosen = choose_version(release("1.4.1"), asking(Level.MAJOR), rules)
        assert str(chosen.version) == "2.0.0"

    @pytest.mark.parametrize("commits", [(), asking(Level.NONE, Level.NONE)])
    def test_a_change_for_which_no_commit_asks_is_a_patch(self, commits: tuple[JudgedCommit, ...]) -> None:
        chosen = choose_version(release("1.2.3"), commits, VersionRules(first=FIRST))
        assert (str(chosen.version), chosen.level) == ("1.2.4", Level.PATCH)
        assert "no commit message asks" in chosen.why

    def test_or_an_error_with_a_hint_where_so_configured(self) -> None:
        with pytest.raises(ConfigurationError) as refused:
            choose_version(release("1.2.3"), asking(Level.NONE), VersionRules(first=FIRST, default_bump="error"))
        assert refused.value.code == "NO_COMMIT_ASKS"
        assert "chart.default_bump" in refused.value.hint

    def test_a_commit_that_asks_for_a_release_needs_no_default_bump(self) -> None:
        rules = VersionRules(first=FIRST, default_bump="error")
        assert str(choose_version(release("1.2.3"), asking(Level.PATCH), rules).version) == "1.2.4"

    def test_every_commit_is_kept_with_the_choice(self) -> None:
        commits = asking(Level.NONE, Level.PATCH)
        assert choose_version(release("1.2.3"), commits, VersionRules(first=FIRST)).commits == commits


class TestTheNextFreeVersion:
    def test_taken_versions_are_skipped_and_named(self) -> None:
        choice = choose_version(release("1.2.3"), asking(Level.MINOR), VersionRules(first=FIRST))
        moved = next_free(choice, {version("1.3.0"), version("1.3.1"), version("1.3.3")}, "tagged elsewhere")
        assert str(moved.version) == "1.3.2"
        assert moved.why == f"{choice.why}; 1.3.0 is taken: tagged elsewhere"
        assert (moved.level, moved.commits) == (choice.level, choice.commits)

    def test_a_free_version_stays(self) -> None:
        choice = choose_version(release("1.2.3"), asking(Level.MINOR), VersionRules(first=FIRST))
        assert next_free(choice, {version("1.2.3"), version("1.3.1")}, "…") is choice


class TestWhichCommitsAsk:
    """Known defects of python-semantic-release, on real repositories."""

    def test_only_those_that_touch_the_chart(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat!: b [docs/b]", "fix: c [charts/app/c]")
        chosen = choice_in(tmp_path)
        assert str(chosen.version) == "1.0.1"
        assert [commit.commit.subject for commit in chosen.commits] == ["fix: c"]

    def test_a_merge_commit_does_not_but_what_it_merges_does(self, tmp_path: Path) -> None:
        drawn = draw(
            tmp_path,
            *("feat: a [charts/app/a]", "tag v1.0.0", "branch topic", "fix: b [charts/app/b]"),
            *("checkout main", "docs: c [docs/c]"),
        )
        drawn.git("merge", "--quiet", "--no-ff", "--message", "feat!: merge it all", "topic")
        chosen = choice_in(tmp_path)
        assert str(chosen.version) == "1.0.1"
        assert [commit.commit.subject for commit in chosen.commits] == ["fix: b"]

    def test_a_commit_and_its_revert_both_count(self, tmp_path: Path) -> None:
        draw(
            tmp_path,
            *("feat: a [charts/app/a]", "tag v1.0.0", "feat: b [charts/app/b]", "fix: drop b [-charts/app/b]"),
        )
        assert str(choice_in(tmp_path).version) == "1.1.0"

    def test_paths_that_are_not_ascii_count(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat: b [charts/app/größe/日本.yaml]")
        assert str(choice_in(tmp_path).version) == "1.1.0"

    def test_the_working_directory_does_not_matter(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a docs/x]", "tag v1.0.0", "feat: b [charts/app/b]")
        assert choice_in(tmp_path / "docs") == choice_in(tmp_path / "charts" / "app") == choice_in(tmp_path)

    def test_a_detached_head_is_a_commit_like_any_other(self, tmp_path: Path) -> None:
        drawn = draw(
            tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat: b [charts/app/b]", "fix: c [charts/app/c]"
        )
        drawn.git("checkout", "--quiet", "--detach", "HEAD~1")
        assert str(choice_in(tmp_path).version) == "1.1.0"

    @pytest.mark.parametrize(
        "tag", ["v2.0.0-rc.1", "v2.0", "2.0.0", "xv2.0.0", "v2.0.0-old", "v02.0.0", "v2.0.0.0", "V2.0.0"]
    )
    def test_a_tag_that_is_no_release_is_never_the_latest(self, tmp_path: Path, tag: str) -> None:
        draw(
            tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "fix: b [charts/app/b]", f"tag {tag}", "fix: c [charts/c]"
        )
        assert str(choice_in(tmp_path).version) == "1.0.1"

    def test_the_highest_of_many_tags_counts_in_numbers(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v1.9.0", "tag v1.10.0", "tag v1.2.0", "fix: b [charts/app/b]")
        assert str(choice_in(tmp_path).version) == "1.10.1"

    def test_a_release_of_another_branch_is_not_the_latest(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "branch other")
        for number in range(5):
            drawn.draw(f"feat: {number} [charts/app/{number}]", f"tag v2.{number}.0")
        drawn.draw("checkout main", "fix: b [charts/app/b]")
        assert str(choice_in(tmp_path).version) == "1.0.1"

    def test_the_users_git_configuration_changes_nothing(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat: größer [charts/app/ö]")
        before = choice_in(tmp_path)
        for key, value in {
            "log.showSignature": "true",
            "core.quotePath": "true",
            "log.follow": "true",
            "log.decorate": "full",
            "format.pretty": "oneline",
            "i18n.logOutputEncoding": "latin1",
            "color.ui": "always",
            "log.mailmap": "true",
            "diff.noprefix": "true",
            "log.date": "relative",
            "notes.displayRef": "*",
            "log.excludeDecoration": "*",
        }.items():
            drawn.git("config", key, value)
        drawn.git("notes", "add", "--message", "feat!: a note is no message")
        assert choice_in(tmp_path) == before
        assert str(before.version) == "1.1.0"
        assert before.commits[0].commit.message == "feat: größer"

    @pytest.mark.skipif(os.sep != "/", reason="needs names that only POSIX has")
    def test_names_that_are_no_text_count(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0")
        drawn.write(os.fsdecode(b"charts/app/\xff"), "x")
        drawn.write(os.fsdecode(b"charts/app/a\nb"), "x")
        drawn.git("add", "--all")
        drawn.git("commit", "--quiet", "--message", "feat: odd names")
        assert str(choice_in(tmp_path).version) == "1.1.0"
