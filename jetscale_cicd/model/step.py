"""The steps of a plan: which there are, and in which state one is."""

from enum import StrEnum

from jetscale_cicd.model.record import frozen


class StepName(StrEnum):
    """The steps of a run, in order (docs/how-it-works.md)."""

    PACKAGE = "package"
    PUBLISH = "publish"
    PROVENANCE = "provenance"
    SIGN = "sign"
    TAG = "tag"
    GITHUB_RELEASE = "github-release"
    LOCK = "lock"
    RECOVER = "recover"
    DEPLOY = "deploy"
    VERIFY = "verify"
    RECORD = "record"


class StepState(StrEnum):
    """Whether a step has something left to do."""

    SATISFIED = "satisfied"
    NEEDED = "needed"
    HELD = "held"  # a rollback holds the target
    SUPERSEDED = "superseded"  # what is deployed is newer
    WAITING = "waiting"  # a target that this one needs does not have it yet
    LEFT = "left"  # to the other half of the run
    REFUSED = "refused"  # a precondition of the target is not met
    UNKNOWN = "unknown"  # not needed, and not checked


@frozen(kw_only=True)
class Step:
    """One step of the plan; ``target`` is None for the steps that all targets share."""

    name: StepName
    state: StepState
    why: str
    command: str
    target: str | None = None
