"""What commit messages ask for. The property against python-semantic-release's own algorithm is in test_version.py."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetscale_cicd.decide.release import conventional
from jetscale_cicd.decide.release.conventional import bump, judge
from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.version import Level, Version
from tests.conftest import sampled


def level(message: str, **options: object) -> Level:
    """What one message asks for."""
    (judged,) = judge([Commit("c" * 40, message)], options)
    return judged.level


class TestALevel:
    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            ("feat: a", Level.MINOR),
            ("fix: a", Level.PATCH),
            ("perf(api): a", Level.PATCH),
            ("docs: a", Level.NONE),
            ("chore(deps): a", Level.NONE),
            ("feat!: a", Level.MAJOR),
            ("refactor(x)!: a", Level.MAJOR),
            ("fix: a\n\nBREAKING CHANGE: b", Level.MAJOR),
            ("docs: a\n\nwords\n\nBREAKING-CHANGE: b", Level.MAJOR),
            ("fix: größe 日本", Level.PATCH),
            ("fix: a\r\n\r\nBREAKING CHANGE: b\r\n", Level.MAJOR),
        ],
    )
    def test_is_that_of_the_type_or_major_where_it_breaks(self, message: str, expected: Level) -> None:
        assert level(message) is expected

    @pytest.mark.parametrize(
        "message",
        ["", "Update README", "feat", "feat a", "Feat: a", "feature: a", "wip: a", "Merge branch 'x'", "fix:a", "日本"],
    )
    def test_is_none_where_the_message_is_not_conventional(self, message: str) -> None:
        (judged,) = judge([Commit("c" * 40, message)], {})
        assert (judged.level, judged.why) == (Level.NONE, "no conventional commit")

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            ("docs: all (#12)\n\n* docs: a part\n\n* feat: one more\n\n* fix: a third", Level.MINOR),
            ("Everything (#12)\n\n* fix: a part\n\n* chore: one more", Level.PATCH),
            ("docs: all (#12)\n\nCloses it.\n\nfix: #123", Level.NONE),  # one word is a footer, no part
            (
                "Squashed commit of the following:\n\ncommit 63ec09b\nAuthor: A\nDate: x\n\n    feat!: a part",
                Level.MAJOR,
            ),
        ],
    )
    def test_of_a_squashed_commit_is_the_highest_of_its_parts(self, message: str, expected: Level) -> None:
        assert level(message) is expected

    def test_parts_do_not_count_where_the_options_say_so(self) -> None:
        assert level("docs: all (#12)\n\n* feat: a part", parse_squash_commits=False) is Level.NONE

    def test_the_options_of_semantic_release_are_obeyed(self) -> None:
        options = {"minor_tags": ["wip"], "patch_tags": ["docs"], "allowed_tags": ["wip", "docs", "feat"]}
        assert [level(f"{kind}: a", **options) for kind in ("wip", "docs", "feat")] == [
            Level.MINOR,
            Level.PATCH,
            Level.NONE,
        ]

    def test_a_reason_names_type_and_level(self) -> None:
        (judged,) = judge([Commit("c" * 40, "fix!: a")], {})
        assert judged.why == "fix (breaking) asks for major"

    def test_each_commit_is_judged_in_its_place(self) -> None:
        commits = [Commit(str(number) * 40, message) for number, message in enumerate(["fix: a", "x", "feat: b"])]
        judged = judge(commits, {})
        assert [each.commit for each in judged] == commits
        assert [each.level for each in judged] == [Level.PATCH, Level.NONE, Level.MINOR]

    @pytest.mark.parametrize(
        "options",
        [
            {"minor_tags": 3},
            {"allowed_tags": ["("]},
            {"default_bump_level": "much"},
            {"default_bump_level": 1},
        ],
    )
    def test_options_that_semantic_release_refuses_are_an_error_of_the_configuration(
        self, options: dict[str, object]
    ) -> None:
        with pytest.raises(ConfigurationError) as refused:
            judge([], options)
        assert refused.value.code == "RELEASE_PARSER_OPTIONS"
        assert "\n" not in refused.value.message


class TestABump:
    @pytest.mark.parametrize(
        ("level", "expected"), [(Level.PATCH, "1.2.4"), (Level.MINOR, "1.3.0"), (Level.MAJOR, "2.0.0")]
    )
    def test_raises_one_part_and_clears_those_below(self, level: Level, expected: str) -> None:
        assert str(bump(Version(1, 2, 3), level)) == expected

    def test_forgets_pre_release_and_build(self) -> None:
        assert str(bump(Version(1, 2, 3, "rc.1", "x"), Level.PATCH)) == "1.2.4"


def level_and_notes(message: str) -> tuple[Level, list[tuple[str, str, str, tuple[str, ...]]]]:
    (judged,) = judge([Commit("a" * 40, message)], {})
    notes = [(note.kind, note.scope, note.text) for note in judged.notes]
    breaking = tuple(text for note in judged.notes for text in note.breaking)
    # A later piece of a commit's message has an entry of its own, with what breaks and its commit's text.
    return judged.level, [*dict.fromkeys((*note, ()) for note in notes), ("", "", "", breaking)]


PARAGRAPHS = st.one_of(
    st.sampled_from(
        [
            "* fix(web): one more thing",
            "feat: something new",
            "- docs: words (#12)",
            "closes: #12",
            "fix: #3",
            "NOTICE: x",
        ]
    ),
    st.sampled_from(["BREAKING CHANGE: it is gone", "Signed-off-by: A\nCo-authored-by: B", "a word-\nwrapped\nline"]),
    st.text(alphabet="ab \n:-*", min_size=50, max_size=400),
)


class TestALongMessage:
    """Longer than what python-semantic-release is given at once."""

    @settings(max_examples=40)
    @given(paragraphs=st.lists(PARAGRAPHS, min_size=5, max_size=40))
    def test_is_read_as_python_semantic_release_reads_it(self, paragraphs: list[str]) -> None:
        message = "\n\n".join(["feat(api): all of it", *paragraphs])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(conventional, "LONG", 1 << 30)
            whole = level_and_notes(message)
            patch.setattr(conventional, "LONG", 0)
            assert level_and_notes(message) == whole

    @pytest.mark.parametrize("squashed", [True, False])
    def test_may_say_at_its_end_what_breaks(self, squashed: bool) -> None:
        message = "fix: a\n\n" + "word " * 5000 + "\n\nmore\n\nBREAKING CHANGE: b"
        (judged,) = judge([Commit("a" * 40, message)], {"parse_squash_commits": squashed})
        assert judged.level is Level.MAJOR
        assert [note.breaking for note in judged.notes if note.breaking] == [("b",)]

    @pytest.mark.parametrize(
        "part",
        sampled(
            [
                *(
                    "a",
                    " ",
                    "\t",
                    " \t",
                    "a@",
                    "a.",
                    "(#1) ",
                    "closes: #1\n\n",
                    "a\n\n",
                    "k: v\n",
                    "a-\n",
                    "* fix: b c\n\n",
                ),
                *("commit abc\n", "Author: a\n", "BREAKING CHANGE: b\n\n", "closes: #1 BREAKING CHANGE: b\n\n", "): "),
            ],
            one_of=3,
        ),
    )
    def test_takes_time_by_its_length(self, part: str) -> None:
        message = f"fix: x{part}\n\n" + part * (300_000 // len(part)) + "y"
        for text in (message, message.replace("\n\n", "", 1), message[5:].replace("\n", "")):
            started = time.monotonic()
            judged = judge([Commit("a" * 40, text)], {})
            assert len(release_notes(Version(1, 0, 0), judged, "why", "")) < 125_000
            assert time.monotonic() - started < 10  # 300 kB took minutes to hours
