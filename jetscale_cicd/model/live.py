"""What runs on a target now."""

from dataclasses import dataclass, replace

# In the description of a revision that is deployed: until it was looked at, and after it was found wanting.
UNVERIFIED = " unverified: "
NOT_YET = f"{UNVERIFIED}nobody has looked yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The record that the last deploy left on the target; of a deploy by other hands all but the version is "".

    Args:
        version: of the chart.
        commit: whose values are deployed.
        digest: of the chart's archive.
        values_digest: of the values.
        revision: of the Helm release, where a cluster was looked at.
    """

    version: str
    commit: str
    digest: str
    values_digest: str
    revision: "Revision | None" = None

    def with_revision(self, revision: "Revision") -> "Deployed":
        """The same record, of a revision."""
        return replace(self, revision=revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The newest revision of a Helm release.

    Args:
        number: counts from 1.
        status: Helm's word (``deployed``, ``failed``, ``pending-upgrade``, …).
        description: Helm's, or ours.
        rollback: whether it brings an earlier revision back.
        rollback_to: that revision, None where it is no rollback, or Helm does not say (helm 3, of one that failed).
        attempted: where it is a rollback, or has no record, the newest revision before it that is neither.
        holder: who is at work on it, where it is pending and the lock says so.
        exposed: Helm keeps secrets of it in clear, which a run that died could not take out.
    """

    number: int
    status: str
    description: str = ""
    rollback: bool = False
    rollback_to: int | None = None
    attempted: Deployed | None = None
    holder: str = ""
    exposed: bool = False

    @property
    def unverified(self) -> str:
        """Why it is not known to be what was promised; "" where it is."""
        deployed = self.status == "deployed" and not self.rollback
        return self.description.partition(UNVERIFIED)[2].strip() if deployed else ""

    @property
    def pending(self) -> bool:
        """Whether an operation is under way, or died on its way."""
        return self.status.startswith("pending-") or self.status == "uninstalling"


@dataclass(frozen=True, slots=True)
class NotDeployed:
    """The target was looked at and holds no release."""


@dataclass(frozen=True, slots=True)
class NotObserved:
    """Nobody looked (a pull request, a replay, no kubeconfig, an engine that this run does not reach)."""

    why: str


def last_recorded(live: Deployed) -> Deployed:
    """What Stage 6 last tried on a target: what a rollback took back or a hand changed, or what is deployed."""
    before = live.revision.attempted if live.revision else None
    return before or live


LiveState = Deployed | NotDeployed | NotObserved
