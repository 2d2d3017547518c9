"""A revision of a Helm release: what Helm keeps of it, and what Stage 6 recorded about it."""

from collections.abc import Mapping
from enum import StrEnum

from jetscale_cicd.model.record import field, frozen

PENDING = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")


class RevisionState(StrEnum):
    """What became of a revision that Stage 6 made."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    ROLLBACK = "rollback"


class RollbackCause(StrEnum):
    """Why Stage 6 rolled a release back."""

    FAILED_DEPLOY = "failed-deploy"
    REQUESTED = "requested"
    COMPLETION = "completion"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class RollbackRecord:
    """A rollback that Stage 6 made.

    Args:
        of: the revision that it took back.
        to: the revision that it brought back.
        cause: why it was made.
        code: of the diagnosis, where a failed deploy caused it.
    """

    of: int
    to: int
    cause: RollbackCause
    code: str = ""

    @property
    def why(self) -> str:
        """The cause as a sentence; "" where it is not known."""
        match self.cause:
            case RollbackCause.FAILED_DEPLOY:
                return f"revision {self.of} failed with {self.code}"
            case RollbackCause.REQUESTED:
                return f"requested at revision {self.of}"
            case RollbackCause.COMPLETION:
                return f"completes the rollback of revision {self.of}"
        return ""


@frozen(kw_only=True)
class RevisionRecord:
    """What became of one revision; it counts for the revision that it names and for no other.

    Args:
        revision: the revision that this is about.
        state: what became of it; a rollback that did not succeed is failed or interrupted.
        code: of the diagnosis or of the verification; "" where there is none.
        reason: one sentence.
        rollback: which rollback it is; None where it is an install or an upgrade.
    """

    revision: int
    state: RevisionState
    code: str = ""
    reason: str = ""
    rollback: RollbackRecord | None = None

    @property
    def cause(self) -> str:
        """Code and reason on one line."""
        return " ".join(part for part in (self.code, self.reason) if part)


@frozen(kw_only=True)
class HelmRevision:
    """What Helm keeps of a revision, as far as a decision needs it.

    Args:
        release: name of the release.
        number: counts from 1.
        status: Helm's own (``deployed``, ``failed``, ``superseded``, ``pending-upgrade``, …).
        description: Helm's, the one given with ``--description``, or the one that Stage 6 derived from its record.
        chart_version: version of the chart.
        first: it was deployed when the release was first deployed, so it is an installation.
        uninstalled: the release was uninstalled when this revision was the newest.
        rollback_revision: the revision that it rolled back to, which helm 4 records; None where Helm records none.
        config: the values that were given.
    """

    release: str
    number: int
    status: str
    description: str = ""
    chart_version: str = ""
    first: bool = False
    uninstalled: bool = False
    rollback_revision: int | None = None
    config: Mapping[str, object] = field(default_factory=dict)

    @property
    def pending(self) -> bool:
        """Whether a helm is at work on it, or ended without marking it."""
        return self.status in PENDING
