"""The version that a publish gets."""

from collections.abc import Collection, Sequence
from typing import Literal

from jetscale_cicd.decide.release.conventional import bump
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.commit import JudgedCommit
from jetscale_cicd.model.plan import VersionChoice
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Level, Version


@frozen(kw_only=True)
class VersionRules:
    """How levels become versions.

    Args:
        major_on_zero, allow_zero_version: as in the configuration of python-semantic-release.
        major_on_zero_origin: what sets ``major_on_zero``, for the plan.
        first: version of the first release.
        default_bump: what happens where the chart changed and no commit asks for a release.
    """

    first: Version
    major_on_zero: bool = True
    major_on_zero_origin: str = "major_on_zero"
    allow_zero_version: bool = True
    default_bump: Literal["patch", "error"] = "patch"


def choose_version(latest: Release | None, commits: Sequence[JudgedCommit], rules: VersionRules) -> VersionChoice:
    """The next version after ``latest`` for a chart whose content changed (docs/how-it-works.md).

    It differs from python-semantic-release's ``next_version`` in two places: the first release is ``rules.first``, and
    a change of content for which no commit asks for a release is a patch (or an error).

    Raises:
        ConfigurationError: ``NO_COMMIT_ASKS``, no commit asks for a release, and ``default_bump`` is ``error``.
    """
    commits = tuple(commits)
    asked = max((commit.level for commit in commits), default=Level.NONE)
    if latest is None:
        return VersionChoice(version=rules.first, level=asked, why="the first release", commits=commits)
    if asked is Level.NONE and rules.default_bump == "error":
        raise ConfigurationError(
            "NO_COMMIT_ASKS",
            f"the chart changed since {latest.tag}, but no commit message asks for a release",
            hint="write feat:, fix: or perf: in a commit that touches the chart, or set chart.default_bump: patch",
        )
    level, why = _effective(latest.version, asked, rules)
    return VersionChoice(version=bump(latest.version, level), level=level, why=why, commits=commits)


def next_free(choice: VersionChoice, taken: Collection[Version], why: str) -> VersionChoice:
    """The same choice, moved up by patches past every version in ``taken``."""
    version = choice.version
    while version in taken:
        version = version.next_patch()
    if version == choice.version:
        return choice
    return VersionChoice(
        version=version,
        level=choice.level,
        why=f"{choice.why}; {choice.version} is taken: {why}",
        commits=choice.commits,
    )


def _effective(version: Version, asked: Level, rules: VersionRules) -> tuple[Level, str]:
    """Level after the rules for 0.x, which mirror `_increment_version` of python-semantic-release 10."""
    if asked is Level.NONE:
        asked, why = Level.PATCH, "the chart changed, but no commit message asks for a release: patch"
    else:
        why = f"the commits ask for {asked.label}"
    if version.major == 0 and not rules.allow_zero_version:
        return Level.MAJOR, f"{why}; 0.x is not allowed (allow_zero_version = false)"
    if version.major == 0 and asked is Level.MAJOR:
        if rules.major_on_zero:
            return asked, f"{why}, which ends 0.x ({rules.major_on_zero_origin})"
        return Level.MINOR, f"{why}, which is minor on 0.x ({rules.major_on_zero_origin})"
    return asked, why
