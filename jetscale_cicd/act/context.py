"""What the steps of one run share, while its plan is carried out."""

import secrets
from dataclasses import dataclass, field
from typing import NamedTuple

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.engine import Session
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Decision, Plan, TargetPlan
from jetscale_cicd.model.release import Artifact, Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import Values, read_values
from jetscale_cicd.observe.secret_values import secrets_of
from jetscale_cicd.planning.notes import notes_of


class Skipped(NamedTuple):
    """A step that was needed and did nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class ActContext:
    """A plan while it is carried out.

    Args:
        release: at its own commit.
        values, secrets: of each target that gets deployed; secrets by their dotted keys.
        manifests: of each target, as far as they are rendered.
        sessions: of each target whose steps have begun.
        outcomes: of the steps so far.
        deploy_id: in the values of all that this run deploys, and of nothing else.
    """

    plan: Plan
    release: Release
    context: RunContext
    values: dict[str, Values]
    secrets: dict[str, dict[str, str]]
    manifests: dict[str, bytes] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    outcomes: list[StepOutcome] = field(default_factory=list)
    deploy_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def artifact(self) -> Artifact:
        """The chart of the release's commit, packaged here."""
        return self.context.packager.package(self.release.commit, self.release.version)

    @property
    def built_artifact(self) -> Artifact | None:
        """That archive, if it was packaged."""
        return self.context.packager.built.get((self.release.commit, self.release.version))

    @property
    def reservation(self) -> Release:
        """A version is reserved for the commit that is released, which the remote has already."""
        return self.release._replace(commit=self.plan.head)

    @property
    def notes(self) -> str:
        """Release notes as Markdown."""
        return notes_of(self.plan, self.context.repository, self.context.web)

    @property
    def failed(self) -> StepOutcome | None:
        """The first step that failed."""
        return next((outcome for outcome in self.outcomes if outcome.result is Result.FAILED), None)

    def is_locked(self, each: TargetPlan) -> bool:
        """Whether this run holds the lock of a target."""
        session = self.sessions.get(each.decided.target.name)
        return session is not None and session.locked


def begin(plan: Plan, release: Release, context: RunContext) -> ActContext:
    """Read all that the steps need, before the first of them.

    Args:
        release: the one that the plan deploys.

    Raises:
        Stage6Error: values or secrets cannot be read; nothing was changed.
    """
    if plan.decision is Decision.PUBLISH:
        release = release._replace(commit=context.packager.released_commit(plan.head, release.version))
    targets = plan.deployed_targets
    return ActContext(
        plan=plan,
        release=release,
        context=context,
        values={target.name: read_values(context.repository, plan.head, target) for target in targets},
        secrets={target.name: secrets_of(target) for target in targets},
    )


def record_of(acting: ActContext, target: Target, digest: str) -> Deployed:
    """What the deploy of an archive leaves on a target."""
    return Deployed(
        version=str(acting.release.version),
        commit=acting.plan.head,
        digest=digest,
        values_digest=acting.values[target.name].digest,
    )
