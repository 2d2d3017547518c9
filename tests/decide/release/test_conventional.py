"""What commit messages ask for. The property against python-semantic-release's own algorithm is in test_version.py."""

import subprocess
import sys

import pytest

from jetscale_cicd.decide.release.conventional import bump, judge
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.version import Level, Version


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

    @pytest.mark.parametrize("options", [{"minor_tags": 3}, {"allowed_tags": ["("]}, {"default_bump_level": "much"}])
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


def test_nothing_heavy_is_imported_before_a_message_is_judged() -> None:
    code = "import sys, jetscale_cicd.decide.release.conventional; print('semantic_release' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"False"
