"""The version of a publish: by the commits, and free both among the tags and in the registry."""

from typing import NamedTuple

from jetscale_cicd.build.package import Packager
from jetscale_cicd.config.release_rules import ReleaseRules
from jetscale_cicd.config.settings import ChartSettings
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.release.conventional import counts_merges, judge
from jetscale_cicd.decide.release.version import VersionRules, choose_version, next_free
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import VersionChoice
from jetscale_cicd.model.release import NotAsked, Present, RegistryAnswer, Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.heads import is_on_default_branch
from jetscale_cicd.observe.git.releases import Releases
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.reservations import known_tips
from jetscale_cicd.planning.lookup import ask
from jetscale_cicd.tools.registry.downloads import Downloads

# Questions to the registry about versions that runs have reserved: one may have died after it published.
_MAX_RESERVED_ASKED = 10
# Versions in a row that the registry holds with other content: two runs meet, or a tag was lost.
_MAX_HELD = 50


class ResolvedVersion(NamedTuple):
    """A version that is free, or under which the registry holds exactly the chart of this commit (``proven``).

    Args:
        passed: versions that were free among tags and reservations, and under which the registry holds other content.
    """

    choice: VersionChoice
    answer: RegistryAnswer
    proven: bool = False
    passed: tuple[Version, ...] = ()


def choose(
    repository: Repository, chart: ChartSettings, rules: ReleaseRules, latest: Release | None, head: str
) -> VersionChoice:
    """The version that the commits since the latest release ask for.

    Raises:
        ConfigurationError: no commit asks for a release, and ``default_bump`` is ``error``.
    """
    merges = counts_merges(rules.parser_options)
    found = repository.commits(latest.commit if latest else None, head, chart.watched, merges=merges)
    commits = judge(found, rules.parser_options)
    first = Version.parse(chart.first_version) or Version(0, 1, 0)
    if first.major == 0 and not rules.allow_zero_version:
        first = Version(1, 0, 0)  # the first version of python-semantic-release where 0.x is not allowed
    own = chart.major_on_zero is not None
    version_rules = VersionRules(
        major_on_zero=bool(chart.major_on_zero) if own else rules.major_on_zero,
        major_on_zero_origin="chart.major_on_zero" if own else rules.major_on_zero_origin,
        allow_zero_version=rules.allow_zero_version,
        first=first,
        default_bump=chart.default_bump,
    )
    return choose_version(latest, commits, version_rules)


def resolve_version(
    choice: VersionChoice, name: str, head: str, releases: Releases, *, downloads: Downloads, packager: Packager
) -> ResolvedVersion:
    """Raise the choice past versions that are tagged, reserved, or in the registry with other content."""
    # A tag that only this clone has, at this commit, names this release: it was created before this run. With release
    # commits, the tag of this run points at another commit.
    ours = head if releases.branch is None else None
    published = {release.tag for release in releases.published}
    possible = (release for release in releases.all if release.version.core >= choice.version.core)
    taken = {release.version for release in possible if release.tag in published or release.commit != ours}
    choice = next_free(choice, taken, "it is tagged already")
    reserved = {release.version for release in releases.reserved if release.commit != head}
    passed: list[Version] = []
    held = asked = 0
    while True:
        if choice.version in reserved:
            if asked == _MAX_RESERVED_ASKED:
                choice = next_free(choice, taken | reserved, f"{len(reserved)} versions are reserved")
                continue
            asked += 1
        answer = ask(downloads.registry, name, choice.version)
        if isinstance(answer, Present) and packager.holds(
            downloads, answer, packager.released_commit(head, choice.version), choice.version
        ):
            # Also where a run for an earlier commit was interrupted before its tag.
            return ResolvedVersion(choice, answer, proven=True, passed=tuple(passed))
        if not isinstance(answer, Present) and choice.version not in reserved:
            return ResolvedVersion(choice, answer, passed=tuple(passed))
        is_held = isinstance(answer, Present)
        held += is_held
        if held > _MAX_HELD:
            raise _too_many(downloads.registry.reference(name, str(choice.version)), choice)
        taken.add(choice.version)
        if choice.version not in reserved:
            passed.append(choice.version)
        why = "the registry holds other content under it" if is_held else "another run reserved it for another commit"
        choice = next_free(choice, taken, why)


def _too_many(reference: str, choice: VersionChoice) -> PreconditionError:
    return PreconditionError(
        "VERSIONS_TAKEN",
        f"the registry holds other content under {_MAX_HELD} versions in a row, up to {choice.version}, and none of "
        "them is tagged",
        where=reference,
        hint="who else publishes there? Delete what nobody needs, or tag the last one that was really released",
    )


def check_line(context: RunContext, version: Version, releases: Releases, head: str) -> None:
    """Refuse a version of a maintenance line that reaches into those of another line.

    It would count as newer than what the other line released, although it lacks that. The default branch is the line
    that goes past all others, and what is on no released branch is no line.

    Raises:
        PreconditionError: ``VERSION_OF_ANOTHER_LINE``.
    """
    latest = releases.latest.version.core if releases.latest else (-1, -1, -1)
    others = [each for each in releases.published if latest < each.version.core <= version.core]
    if not others or is_on_default_branch(context.repository, head, releases.heads):
        return
    tips = known_tips(context.repository, releases, context.branches)
    lines = set(context.repository.releases(context.tag_format, tips)) if tips else set(others)
    if reached := next((each for each in reversed(others) if each in lines), None):
        raise PreconditionError(
            "VERSION_OF_ANOTHER_LINE",
            f"the commits ask for {version}, and {reached.tag} at {reached.commit[:12]} is of another line: a release "
            f"of {head[:12]} has to be lower than that",
            where=head,
            hint="merge that line first, release the change from the default branch, or ask for a smaller change",
        )


def not_asked(choice: VersionChoice, why: str) -> ResolvedVersion:
    """The choice itself, where the registry is not asked."""
    return ResolvedVersion(choice, NotAsked(why))
