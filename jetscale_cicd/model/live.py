"""What runs on a target now."""

from collections.abc import Mapping
from enum import StrEnum

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.revision import PENDING, RevisionRecord, RevisionState


@frozen(kw_only=True)
class Deployed:
    """The record that the last deploy left on the target; of an unmanaged deploy all but the version is "".

    Args:
        version: of the chart.
        commit: whose values are deployed.
        digest: of the chart's archive.
        values_digest: of the values.
        revision: of the Helm release, where a cluster was observed.
        definitions: digests of the CustomResourceDefinitions of the package, by their names; of what is to be deployed.
    """

    version: str
    commit: str
    digest: str
    values_digest: str
    revision: "Revision | None" = None
    definitions: Mapping[str, str] = field(default_factory=dict, compare=False)


@frozen(kw_only=True)
class Revision:
    """The newest revision of a Helm release.

    Args:
        number: counts from 1.
        status: Helm's own (``deployed``, ``failed``, ``pending-upgrade``, …).
        description: what `helm history` shows, for people alone.
        record: what Stage 6 recorded about this revision; None where it did not make it.
        rollback: whether it brings an earlier revision back.
        rollback_to: that revision; None where it is no rollback, or Helm does not record it (helm 3, after a failure).
        attempted: where it is a rollback, or has no record, the newest revision before it that is neither.
        holder: who holds the lock of the release, where it is pending.
        exposed: Helm keeps secrets of the release in clear, which an interrupted run could not remove.
        failures: how many revisions failed, where no revision has ever worked; else 0.
    """

    number: int
    status: str
    description: str = ""
    record: RevisionRecord | None = None
    rollback: bool = False
    rollback_to: int | None = None
    attempted: Deployed | None = None
    holder: str = ""
    exposed: bool = False
    failures: int = 0

    @property
    def unverified(self) -> str:
        """Why it is not verified: a code or a reason; "" where it is, or where nothing has to be verified."""
        record = self.record if self.status == "deployed" else None
        if record is None or record.rollback or record.state is RevisionState.VERIFIED:
            return ""
        return record.code or record.reason

    @property
    def pending(self) -> bool:
        """Whether an operation is in progress, or ended without a result."""
        return self.status in PENDING


@frozen
class NotDeployed:
    """The target was observed and holds no release."""


@frozen
class NotObserved:
    """The target was not observed: a pull request, a replay, no kubeconfig, an engine that this run does not reach.

    Args:
        why: in a few words.
        error: where it could not be.
    """

    why: str
    error: Stage6Error | None = field(default=None, compare=False)


class Lineage(StrEnum):
    """How the commit of a run descends from the one that is deployed, or was tried last."""

    FORWARD = "forward"  # it descends from it, or is it; or nothing is deployed
    BACK = "back"  # the other one descends from it
    ASIDE = "aside"  # neither: another line, or a branch that is not merged
    UNKNOWN = "unknown"  # no commit is recorded, or it is in no history any more


def last_recorded(live: Deployed) -> Deployed:
    """The last record that Stage 6 wrote: before a rollback or an unmanaged deploy, or that of what is deployed."""
    before = live.revision.attempted if live.revision else None
    return before or live


LiveState = Deployed | NotDeployed | NotObserved
