"""The plan of a run: decision, version and ordered steps, before anything is changed."""

from enum import StrEnum

from jetscale_cicd.errors import Stage6Error, SupersededError
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.commit import JudgedCommit
from jetscale_cicd.model.live import Deployed, Lineage, LiveState, NotDeployed
from jetscale_cicd.model.precondition import Precondition, PreconditionState, refusal
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.step import Step, StepName, StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Level, Version


class Decision(StrEnum):
    """What a commit means for a target; that of the run is the strongest of all targets."""

    NOTHING = "nothing"
    REDEPLOY = "redeploy"
    PUBLISH = "publish"

    @property
    def strength(self) -> int:
        """publish > redeploy > nothing."""
        return list(Decision).index(self)


@frozen(kw_only=True)
class Reason:
    """Why one path, or one observation (path None), counts or does not."""

    scope: str
    why: str
    counts: bool
    path: bytes | None = None
    status: str = ""
    rule: str = ""


@frozen(kw_only=True)
class Hold:
    """A rollback that keeps the latest release away from a target.

    Args:
        revision: the rollback.
        of: the revision that it took back; None where Helm no longer keeps it.
        to: the revision that it brought back; None where Helm does not record it.
        why: why the rollback was made; "" where that is not known.
        status: Helm's status of the rollback.
        sentence: all of it, for people.
    """

    revision: int
    of: int | None
    to: int | None
    why: str
    status: str
    sentence: str

    @property
    def unfinished(self) -> bool:
        """Whether the rollback failed, or was interrupted, and has to be completed."""
        return self.status != "deployed"


@frozen(kw_only=True)
class Waiting:
    """Why a target does not get what the commit has for it yet.

    Args:
        needed: the target that it needs, and waits for.
        why: what that one lacks.
        unseen: that one was not observed.
        left_out: the run leaves that one out, and was asked for this one.
    """

    needed: str
    why: str
    unseen: bool = False
    left_out: bool = False


@frozen(kw_only=True)
class TargetDecision:
    """The decision for one target.

    Args:
        reasons: every reason, whether it counts or not.
        compared: the ends of the values' comparison.
        live: what the target runs.
        lineage: how head descends from it.
        superseded: what is deployed there is newer, so that it is not replaced.
        hold: the rollback that keeps the latest release away; None where none does.
        waiting: for which target that it needs it has to wait; None where it has not.
    """

    target: Target
    decision: Decision
    reasons: tuple[Reason, ...]
    compared: Comparison
    live: LiveState = field(default_factory=NotDeployed)
    lineage: Lineage = Lineage.FORWARD
    superseded: bool = False
    hold: Hold | None = None
    waiting: Waiting | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the rollback that holds the target has to be completed."""
        return self.hold is not None and self.hold.unfinished

    @property
    def unverified(self) -> str:
        """Why what is deployed has to be verified again; "" where it has not, or something else is to be deployed."""
        revision = self.live.revision if isinstance(self.live, Deployed) else None
        stays = self.decision is Decision.NOTHING and self.hold is None and not self.superseded
        return revision.unverified if revision and stays else ""

    @property
    def exposed(self) -> bool:
        """Whether Helm keeps secrets in clear that have to be removed."""
        revision = self.live.revision if isinstance(self.live, Deployed) else None
        return revision is not None and revision.exposed

    @property
    def needs_repair(self) -> bool:
        """Whether the release has to be changed, or verified again, although nothing is deployed."""
        return self.unfinished or self.exposed or bool(self.unverified)


@frozen(kw_only=True)
class VersionChoice:
    """The version that a publish gets, and the commits that ask for it."""

    version: Version
    level: Level
    why: str
    commits: tuple[JudgedCommit, ...] = ()


@frozen(kw_only=True)
class TargetPlan:
    """The part of a plan for one target: its decision, the steps that concern it alone, and why none can be done."""

    decided: TargetDecision
    steps: tuple[Step, ...] = ()
    refused: Stage6Error | None = None

    @property
    def needed(self) -> bool:
        """Whether any step has something left to do."""
        return any(step.state is StepState.NEEDED for step in self.steps)


@frozen(kw_only=True)
class Plan:
    """Everything that a run would do, and nothing else.

    Args:
        shared: steps that all targets share, in order, before those of any target.
        target_plans: decision and steps of each target, each after those that it needs.
        branch: the branch that gets a release commit, "" where none does.
        reserved: the commit for which the remote has a reservation of the version already, None where it has none.
        stale: reservations at the remote that no run needs once this one has released.
        clusters: names of the targets whose cluster the remote has a record of.
        half: the half that is carried out; the steps of the other one are left to it.
        idle: why there is nothing to do, whatever changed, so that nothing was observed; "" where it was.
        preconditions: what has to hold before anything is changed, with the results; () where nothing has to.
    """

    decision: Decision
    head: str
    latest: Release | None
    changes: ChangeSet
    target_plans: tuple[TargetPlan, ...]
    choice: VersionChoice | None
    deploy: Release | None
    shared: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    branch: str = ""
    reserved: str | None = None
    stale: tuple[Release, ...] = ()
    clusters: tuple[str, ...] = ()
    half: Half = Half.BOTH
    idle: str = ""
    preconditions: tuple[Precondition, ...] = ()

    @property
    def targets(self) -> tuple[TargetDecision, ...]:
        """The decision for each target."""
        return tuple(each.decided for each in self.target_plans)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in order: the shared ones, then those of each target."""
        return (*self.shared, *(step for each in self.target_plans for step in each.steps))

    @property
    def version(self) -> Version | None:
        """The version to deploy; None where nothing is deployed."""
        return self.deploy.version if self.deploy and self.decision is not Decision.NOTHING else None

    @property
    def needed(self) -> bool:
        """Whether any step has something left to do."""
        return any(step.state is StepState.NEEDED for step in self.steps)

    @property
    def deploys(self) -> tuple[TargetDecision, ...]:
        """The decisions for the targets whose deploy step is needed."""
        return tuple(each.decided for each in self.target_plans if any(map(_deploys, each.steps)))

    @property
    def due(self) -> tuple[TargetDecision, ...]:
        """The decisions for the targets to which something is to be deployed, by this run or by its other half."""
        return tuple(each.decided for each in self.target_plans if any(map(_is_due, each.steps)))

    @property
    def to_do(self) -> tuple[Target, ...]:
        """The targets that have something to do, in this run or in its other half, each after those that it needs."""
        states = (StepState.NEEDED, StepState.LEFT)
        done = (each for each in self.target_plans if any(step.state in states for step in each.steps))
        return tuple(each.decided.target for each in done)

    @property
    def deployed_targets(self) -> tuple[Target, ...]:
        """Those targets, as they are configured."""
        return tuple(decided.target for decided in self.deploys)

    @property
    def blocker(self) -> Stage6Error | None:
        """The unmet precondition because of which no run could carry out all of this plan; None where one could."""
        return refusal(self.preconditions, to_plan=True)

    @property
    def warnings(self) -> tuple[Stage6Error, ...]:
        """What stops nothing and has to be reported: who is held, who waits, and preconditions that only warn."""
        holds = (_held(decided.hold, decided.target) for decided in self.targets if decided.hold)
        waits = (_waits(decided.waiting, decided.target) for decided in self.targets if decided.waiting)
        return (*holds, *waits, *(each.error for each in self.preconditions if each.error and _warns(each)))


def _held(hold: Hold, target: Target) -> Stage6Error:
    return SupersededError(
        "HELD",
        hold.sentence,
        where=f"{target.namespace}/{target.release}",
        hint=f"correct it with a commit, or: jetscale-cicd stage6 --target {target.name} --release-hold",
    )


def _waits(waiting: Waiting, target: Target) -> SupersededError:
    return SupersededError(
        "WAITING",
        f"{target.name} does not get this yet, because it needs {waiting.needed}: {waiting.why}",
        where=f"{target.namespace}/{target.release}",
        hint=f"bring {waiting.needed} up to date; a later run, of whichever commit, goes on with {target.name}",
    )


def _warns(precondition: Precondition) -> bool:
    return precondition.state is PreconditionState.WARNING


def _deploys(step: Step) -> bool:
    return step.name is StepName.DEPLOY and step.state is StepState.NEEDED


def _is_due(step: Step) -> bool:
    return step.name is StepName.DEPLOY and step.state in (StepState.NEEDED, StepState.LEFT)
