"""The release that the targets should run, a new version or the latest one, and its artifact in the registry."""

from typing import NamedTuple

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.classify import strongest
from jetscale_cicd.decide.plan import ArtifactState
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.plan import Decision, VersionChoice
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import NotAsked, Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.planning.decision import Observed

# Shown where only commits are compared, and the branch of the change is not given.
_UNKNOWN_BRANCH = "BRANCH"
_NO_RELEASE = ("there is no release yet: a run publishes the first one",)


@frozen
class DesiredRelease:
    """The release to deploy, None where there is none; with the choice of the version where it is a new one.

    Args:
        passed: versions that the registry alone held, with other content; another run may be about to tag them.
    """

    release: Release | None = None
    choice: VersionChoice | None = None
    artifact: ArtifactState | None = None
    notes: tuple[str, ...] = ()
    passed: tuple[Version, ...] = ()


def find_desired_release(context: RunContext, observed: Observed) -> DesiredRelease:
    """The release that the decisions ask for.

    Raises:
        CannotTellError: the registry does not report what it holds.
        ConfigurationError: the commit has no usable chart, or no commit asks for a release and ``default_bump`` is
            ``error``.
    """
    decision = strongest(observed.targets)
    if observed.lacking:  # neither the new version nor the latest one is known
        return DesiredRelease()
    if decision is Decision.PUBLISH:
        return _new(context, observed)
    if decision is Decision.NOTHING and context.request.compares_only:
        return DesiredRelease()
    if observed.releases.latest:
        return _latest(context, observed.releases.latest)
    if not context.request.compares_only:
        _chart(context, observed.head)  # refuses a wrong chart.path: a chart would have been published
    return DesiredRelease(notes=_NO_RELEASE)


def _new(context: RunContext, observed: Observed) -> DesiredRelease:
    from jetscale_cicd.planning.tag_formats import begin_tag_format
    from jetscale_cicd.planning.version import check_line, choose, not_asked, resolve_version

    chart, head, registry = observed.chart, observed.head, context.registry
    name, stamps_app_version, notes = _chart(context, head)
    if not context.request.compares_only:
        begin_tag_format(context, observed.releases)
    choice = choose(context.repository, chart, context.rules, observed.releases.latest, head)
    if why := _not_asked(context):
        resolved = not_asked(choice, why)
    else:
        resolved = resolve_version(
            choice, name, head, observed.releases, downloads=context.downloads, packager=context.packager
        )
    version = resolved.choice.version
    check_line(context, version, observed.releases, head)
    release = Release(version, context.tag_format.replace("{version}", str(version)), head)
    artifact = ArtifactState(
        chart=name,
        path=chart.path,
        stamps_app_version=stamps_app_version,
        reference=registry.reference(name, str(version)),
        answer=resolved.answer,
        proven=resolved.proven,
        branch=(observed.releases.branch.name or _UNKNOWN_BRANCH) if observed.releases.branch else "",
        reserved=next((each.commit for each in observed.releases.reserved if each.tag == release.tag), None),
        stale=_stale(context, observed),
        provenance=context.settings.keeps_provenance,
        sign_key=context.settings.signing.key,
        sign_command=context.settings.signing.command,
        page=context.github,
    )
    notes = (*notes, *_unsigned(context), *_other_formats(context, observed, name, version))
    return DesiredRelease(release, resolved.choice, artifact, notes, resolved.passed)


def _stale(context: RunContext, observed: Observed) -> tuple[Release, ...]:
    """The reservations that no run needs once this one has released."""
    if not observed.releases.reserved or not context.request.acts:
        return ()
    from jetscale_cicd.observe.git.reservations import stale_reservations

    return stale_reservations(context.repository, observed.releases, observed.head)


def _latest(context: RunContext, latest: Release) -> DesiredRelease:
    from jetscale_cicd.planning.lookup import ask

    name, stamps_app_version, notes = _chart(context, latest.commit)
    version = latest.version
    why = _not_asked(context)
    answer = NotAsked(why) if why else ask(context.registry, name, version)
    reference = context.registry.reference(name, str(version))
    artifact = ArtifactState(
        chart=name,
        path=context.settings.chart.path,
        stamps_app_version=stamps_app_version,
        reference=reference,
        answer=answer,
        tagged=True,
        provenance=context.settings.keeps_provenance,
        sign_key=context.settings.signing.key,
        sign_command=context.settings.signing.command,
        page=context.github,
    )
    return DesiredRelease(release=latest, artifact=artifact, notes=notes)


def _not_asked(context: RunContext) -> str:
    """Why the registry is not asked; "" where it is."""
    if context.request.compares_only:
        return "only commits are compared"
    # Somebody else's registry, which would get the login of this run; and a run that acts is refused anyway.
    return "" if context.settings.sets("chart.registry") else "chart.registry is not set"


def _other_formats(context: RunContext, observed: Observed, chart: str, version: Version) -> tuple[str, ...]:
    """A note where only commits are compared; otherwise a precondition says it."""
    if not context.request.compares_only or observed.releases.all:
        return ()
    from jetscale_cicd.planning.tag_formats import first_release_blocker

    blocker = first_release_blocker(context, observed.releases, chart, version)
    return (f"a run would stop here: {blocker.message}; {blocker.hint}",) if blocker else ()


def _unsigned(context: RunContext) -> tuple[str, ...]:
    release = context.settings.release
    if context.settings.chart.keeps_signatures or not (release.sign_key or release.sign_command):
        return ()
    registry = context.settings.chart.registry
    return (f"packages are not signed: {registry} is a directory, which keeps no signatures",)


class _Chart(NamedTuple):
    """The chart of a commit; with a note in place of an error where only commits are compared."""

    name: str
    stamps_app_version: bool = False
    notes: tuple[str, ...] = ()


def _chart(context: RunContext, commit: str) -> _Chart:
    """What a plan has to know of the chart of a commit."""
    from jetscale_cicd.decide.chart.stamp import follows_version
    from jetscale_cicd.observe.git.chart_name import read_chart

    settings = context.settings.chart
    try:
        chart = read_chart(context.repository, commit, settings.path, settings.registry)
        return _Chart(chart.name, follows_version(chart.version, chart.app_version, settings.app_version))
    except ConfigurationError as unusable:
        if not context.request.compares_only:
            raise
        note = f"a run would stop here: {unusable.message} ({unusable.where})"
        return _Chart(settings.path.rpartition("/")[2], notes=(note,))
