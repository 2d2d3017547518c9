"""Decision, version and ordered steps: everything that a run would do, before it does it."""

from dataclasses import dataclass, field
from enum import StrEnum

from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.commit import JudgedCommit
from jetscale_cicd.model.live import LiveState, NotDeployed
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Level, Version

HELD = "HELD"


class Decision(StrEnum):
    """What a commit means for a target; the strongest of all targets is the run's."""

    NOTHING = "nothing"
    REDEPLOY = "redeploy"
    PUBLISH = "publish"

    @property
    def strength(self) -> int:
        """publish > redeploy > nothing."""
        return list(Decision).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one path, or one observation (path None), counts or does not."""

    scope: str
    why: str
    counts: bool
    path: bytes | None = None
    status: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDecision:
    """The decision for one target, with every reason, and what was seen there."""

    target: Target
    decision: Decision
    reasons: tuple[Reason, ...]
    compared: Comparison
    live: LiveState = field(default_factory=NotDeployed)

    @property
    def hold(self) -> str:
        """Which rollback keeps the latest release away from here; "" where none does."""
        found = (reason.why for reason in self.reasons if reason.why.startswith(f"{HELD}: "))
        return next(found, "").removeprefix(f"{HELD}: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChoice:
    """The version that a publish gets, and who asked for it."""

    version: Version
    level: Level
    why: str
    commits: tuple[JudgedCommit, ...] = ()


class StepName(StrEnum):
    """Steps of DESIGN §5, in order."""

    PACKAGE = "package"
    PUBLISH = "publish"
    SIGN = "sign"
    TAG = "tag"
    GITHUB_RELEASE = "github-release"
    LOCK = "lock"
    UNLOCK = "unlock"
    DEPLOY = "deploy"
    VERIFY = "verify"
    RECORD = "record"


class StepState(StrEnum):
    """Whether a step has anything left to do."""

    SATISFIED = "satisfied"
    NEEDED = "needed"
    HELD = "held"  # a rollback keeps it from being done
    UNKNOWN = "unknown"  # nothing asks for it, and nobody looked whether it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the plan; ``target`` is None for the steps that all targets share."""

    name: StepName
    state: StepState
    why: str
    command: str
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen, complete: a run does exactly this; ``branch`` is the one that gets a release commit."""

    decision: Decision
    head: str
    latest: Release | None
    changes: ChangeSet
    targets: tuple[TargetDecision, ...]
    choice: VersionChoice | None
    deploy: Release | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    branch: str = ""

    @property
    def version(self) -> Version | None:
        """The version that gets deployed; None when nothing is."""
        return self.deploy.version if self.deploy and self.decision is not Decision.NOTHING else None

    @property
    def needed(self) -> bool:
        """Whether any step has something left to do."""
        return any(step.state is StepState.NEEDED for step in self.steps)
