"""Which release the targets should run: a new version, or the latest one; and what the registry holds of it."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from jetscale_cicd.config.release_rules import ReleaseRules
from jetscale_cicd.config.settings import Settings
from jetscale_cicd.decide.classify import strongest
from jetscale_cicd.decide.plan import ArtifactState
from jetscale_cicd.errors import ConfigurationError, PublishError, Stage6Error
from jetscale_cicd.model.plan import Decision, VersionChoice
from jetscale_cicd.model.release import NotAsked, Present, Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git.release_branch import branch_blocker
from jetscale_cicd.observe.git.releases import Releases
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.tag_message import recorded_digest
from jetscale_cicd.planning.decision import Observed

if TYPE_CHECKING:
    from jetscale_cicd.planning.version import Packages, RegistryReader

# Where commits alone are compared, nobody may have said which branch the change is for.
_SOME_BRANCH = "BRANCH"
_NO_RELEASE = ("there is no release yet: a run publishes the first one",)


class DesiredRelease(NamedTuple):
    """The release to deploy, None where there is none; the version's choice where it is a new one.

    ``blocker`` is why that release must not be deployed.
    """

    release: Release | None = None
    choice: VersionChoice | None = None
    artifact: ArtifactState | None = None
    notes: tuple[str, ...] = ()
    blocker: Stage6Error | None = None


class Surroundings(Protocol):
    """What finding the wanted release needs from the context."""

    @property
    def request(self) -> Request: ...
    @property
    def repository(self) -> Repository: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def rules(self) -> ReleaseRules: ...
    @property
    def tag_format(self) -> str: ...
    @property
    def github(self) -> str: ...
    @property
    def registry(self) -> "RegistryReader": ...
    @property
    def packager(self) -> "Packages": ...


def find_desired_release(context: Surroundings, observed: Observed) -> DesiredRelease:
    """The release that the decisions ask for.

    Raises:
        CannotTellError: the registry was asked and did not say what it holds.
        ConfigurationError: the commit has no usable chart, or no commit asks for a release that the settings want.
    """
    decision = strongest(observed.targets)
    if decision is Decision.PUBLISH:
        return _new(context, observed)
    if decision is Decision.NOTHING and context.request.compares_only:
        return DesiredRelease()
    if observed.releases.latest:
        return _latest(context, observed.releases.latest, observed.releases)
    if not context.request.compares_only:
        _name(context, observed.head)  # a chart that is there would be published, so this refuses a wrong chart.path
    return DesiredRelease(notes=_NO_RELEASE)


def _new(context: Surroundings, observed: Observed) -> DesiredRelease:
    from jetscale_cicd.planning.version import choose, not_asked, settle

    chart, head = observed.chart, observed.head
    name, notes = _name(context, head)
    choice = choose(context.repository, chart, context.rules, observed.releases.latest, head)
    blocker: Stage6Error | None = None
    if context.request.compares_only:
        resolved = not_asked(choice)
    else:
        if observed.releases.branch:
            blocker = branch_blocker(context.repository, observed.releases.branch, head)
        resolved = settle(choice, name, head, observed.releases, registry=context.registry, packages=context.packager)
    version = resolved.choice.version
    release = Release(version, context.tag_format.replace("{version}", str(version)), head)
    artifact = ArtifactState(
        chart=name,
        path=chart.path,
        reference=context.registry.reference(name, str(version)),
        answer=resolved.answer,
        proven=resolved.proven,
        branch=(observed.releases.branch.name or _SOME_BRANCH) if observed.releases.branch else "",
        sign_key=_sign_key(context),
        sign_command=_sign_command(context),
        page=context.github,
    )
    return DesiredRelease(
        release=release, choice=resolved.choice, artifact=artifact, notes=(*notes, *_unsigned(context)), blocker=blocker
    )


def _latest(context: Surroundings, latest: Release, releases: Releases) -> DesiredRelease:
    from jetscale_cicd.planning.version import ask

    name, notes = _name(context, latest.commit)
    version = latest.version
    answer = (
        NotAsked("only commits are compared") if context.request.compares_only else ask(context.registry, name, version)
    )
    reference = context.registry.reference(name, str(version))
    blocker = _touched(context, latest, releases, answer, reference) if isinstance(answer, Present) else None
    artifact = ArtifactState(
        chart=name,
        path=context.settings.chart.path,
        reference=reference,
        answer=answer,
        tagged=True,
        sign_key=_sign_key(context),
        sign_command=_sign_command(context),
        page=context.github,
    )
    return DesiredRelease(release=latest, artifact=artifact, notes=notes, blocker=blocker)


def _sign_command(context: Surroundings) -> tuple[str, ...]:
    return context.settings.release.sign_command if context.settings.chart.keeps_signatures else ()


def _sign_key(context: Surroundings) -> str:
    return context.settings.release.sign_key or "" if context.settings.chart.keeps_signatures else ""


def _unsigned(context: Surroundings) -> tuple[str, ...]:
    release = context.settings.release
    if context.settings.chart.keeps_signatures or not (release.sign_key or release.sign_command):
        return ()
    return (f"a directory of packages keeps no signature: {context.settings.chart.registry} is not an oci:// registry",)


def _touched(
    context: Surroundings, latest: Release, releases: Releases, answer: Present, reference: str
) -> PublishError | None:
    """``PUBLISHED_DIFFERS``: a released version whose package was replaced is deployed nowhere."""
    recorded = recorded_digest(context.repository, latest.tag)
    by_hand = [each for each in releases.reserved if each.tag == latest.tag and each.commit != latest.commit]
    if recorded is None and by_hand:
        return PublishError(
            "PUBLISHED_DIFFERS",
            f"{latest.tag} was made by hand at {latest.commit[:12]}, a run published {by_hand[0].commit[:12]} as it",
            where=reference,
            hint=f"compare them: jetscale-cicd verify-chart {latest.tag}; then release a new version",
        )
    if recorded and recorded != answer.digest:
        return PublishError(
            "PUBLISHED_DIFFERS",
            f"{latest.tag} was released with {recorded}, but the registry now holds {answer.digest}",
            where=reference,
            hint=f"what differs: jetscale-cicd verify-chart {latest.tag}; then delete that version in the registry, "
            "and the next run rebuilds it from its tag, or release a new one",
        )
    return None


def _name(context: Surroundings, commit: str) -> tuple[str, tuple[str, ...]]:
    """Name of the chart; a replay of old commits goes on without one, and says so."""
    from jetscale_cicd.observe.git.chart_name import chart_name

    path = context.settings.chart.path
    try:
        return chart_name(context.repository, commit, path), ()
    except ConfigurationError as unusable:
        if not context.request.compares_only:
            raise
        return path.rpartition("/")[2], (f"a run would stop here: {unusable.message} ({unusable.where})",)
