"""The state that the steps of a run share."""

import secrets
import threading
from typing import NamedTuple

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.engine import Session
from jetscale_cicd.errors import Interrupted
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import StepOutcome, StepPart
from jetscale_cicd.model.plan import Decision, Plan, TargetPlan
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import Artifact, Present, Release
from jetscale_cicd.model.step import Step, StepName, StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import Values, read_values
from jetscale_cicd.observe.secret_values import secrets_of, stand_ins
from jetscale_cicd.planning.notes import notes_of


class Skipped(NamedTuple):
    """The result of a needed step that did nothing, and why."""

    why: str


@frozen
class ActContext:
    """A plan that is being carried out.

    Args:
        release: the release to deploy, at the commit of its tag.
        values, secrets: those of each target to deploy or to render; secrets by their dotted keys.
        manifests: those of each target that was rendered.
        tags: the tag of the release as an object, by the digest of the archive that it names.
        sessions: that of each target whose steps have begun.
        outcomes: those of the steps so far.
        deploy_id: written into the values of every deploy of this run; unique to it.
        turn: held by a target while it uses what all share: the package, and the programs that render it.
    """

    plan: Plan
    release: Release
    context: RunContext
    values: dict[str, Values]
    secrets: dict[str, dict[str, str]]
    manifests: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    outcomes: list[StepOutcome] = field(default_factory=list)
    deploy_id: str = field(default_factory=lambda: secrets.token_hex(8))
    turn: "threading.RLock" = field(default_factory=threading.RLock, repr=False)

    @property
    def only_rendered(self) -> tuple[Target, ...]:
        """The other targets that have to be able to render a new version, whatever this run deploys."""
        return _only_rendered(self.plan, self.context)

    def artifact(self) -> Artifact:
        """The artifact of the release's commit, packaged where it is not yet."""
        return self.context.packager.package(self.release.commit, self.release.version)

    def is_published_as(self, answer: Present) -> bool:
        """Whether the registry holds the content of the artifact, in whatever archive."""
        downloads = self.context.downloads
        return self.context.packager.holds(downloads, answer, self.release.commit, self.release.version)

    @property
    def built_artifact(self) -> Artifact | None:
        """The artifact, if it was packaged in this run."""
        return self.context.packager.built.get((self.release.commit, self.release.version))

    @property
    def reservation(self) -> Release:
        """The release at head, for which the version is reserved: the remote does not have the release commit yet."""
        return self.release._replace(commit=self.plan.head)

    @property
    def notes(self) -> str:
        """Release notes as Markdown."""
        return notes_of(self.plan, self.context.repository, self.context.web)

    @property
    def interrupted(self) -> bool:
        """Whether a step was interrupted, after which none begins."""
        return any(isinstance(outcome.error, Interrupted) for outcome in self.outcomes)

    def parts_of(self, step: Step) -> tuple[StepPart, ...]:
        """How long each part of a step of a target took."""
        session = self.sessions.get(step.target or "")
        return session.parts_of(step.name) if session else ()

    def is_locked(self, each: TargetPlan) -> bool:
        """Whether this run holds the lock of a target."""
        session = self.sessions.get(each.decided.target.name)
        return session is not None and session.locked


def begin(plan: Plan, release: Release, context: RunContext) -> ActContext:
    """Read everything that the steps need, before the first of them.

    Args:
        release: the release that the plan deploys.

    Raises:
        Stage6Error: values or secrets cannot be read, or the registry takes no push; nothing was changed.
    """
    if plan.decision is Decision.PUBLISH:
        release = release._replace(commit=context.packager.released_commit(plan.head, release.version))
    deployed, rendered = plan.deployed_targets, _only_rendered(plan, context)
    values = {target.name: read_values(context.repository, plan.head, target) for target in (*deployed, *rendered)}
    secret = {target.name: secrets_of(target) for target in deployed}
    secret |= {target.name: stand_ins(target) for target in rendered}
    if any(step.name is StepName.PUBLISH and step.state is StepState.NEEDED for step in plan.shared):
        context.registry.check_push(context.packager.chart_name(release.commit))
    if context.request.jobs > 1:
        _ = context.helm  # made once, before several threads ask for it: a cached property has no lock (Python 3.12)
    return ActContext(plan, release, context, values, secret)


def _only_rendered(plan: Plan, context: RunContext) -> tuple[Target, ...]:
    if plan.decision is not Decision.PUBLISH:
        return ()
    names = {target.name for target in plan.deployed_targets}
    every = (*context.settings.targets, *context.settings.left_out)
    return tuple(target for target in every if target.name not in names)


def record_of(acting: ActContext, target: Target, digest: str) -> Deployed:
    """The record that a deploy of an archive writes on a target."""
    return Deployed(
        version=str(acting.release.version),
        commit=acting.plan.head,
        digest=digest,
        values_digest=acting.values[target.name].digest,
    )
