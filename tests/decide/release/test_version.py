"""The version of a publish: python-semantic-release's own `next_version` is the oracle on linear histories."""

import pytest

from jetscale_cicd.decide.release.version import VersionRules, choose_version, next_free
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.commit import Commit, JudgedCommit
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Level, Version

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


# -- messages of all kinds ---------------------------------------------------------------------------------------------


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
    def test_a_change_that_nobody_claims_is_a_patch(self, commits: tuple[JudgedCommit, ...]) -> None:
        chosen = choose_version(release("1.2.3"), commits, VersionRules(first=FIRST))
        assert (str(chosen.version), chosen.level) == ("1.2.4", Level.PATCH)
        assert "no commit message asks" in chosen.why

    def test_or_an_error_that_names_the_way_out_where_so_configured(self) -> None:
        with pytest.raises(ConfigurationError) as refused:
            choose_version(release("1.2.3"), asking(Level.NONE), VersionRules(first=FIRST, default_bump="error"))
        assert refused.value.code == "NO_COMMIT_ASKS"
        assert "chart.default_bump" in refused.value.hint

    def test_a_commit_that_asks_needs_no_leave(self) -> None:
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


def test_a_number_that_no_program_reads_is_no_version() -> None:
    assert Version.parse(f"1.2.{'9' * 5000}") is None
