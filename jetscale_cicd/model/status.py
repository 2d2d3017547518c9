"""The status of a repository: what is released, published and live, and what the next run would do."""

from enum import StrEnum

from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.ledger import Ledger
from jetscale_cicd.model.live import LiveState
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import RegistryAnswer
from jetscale_cicd.model.target import Target


class DriftKind(StrEnum):
    """How a field of a live object differs from its release."""

    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


class Redeploy(StrEnum):
    """What becomes of a difference at the next deploy of the same release."""

    RESTORES = "restores"  # it is as the release says again
    KEEPS = "keeps"  # neither helm 3 nor helm 4 takes away what no manifest had
    HELM_4_RESTORES = "helm 4 restores"  # of a custom resource, helm 3 compares two manifests, and not what is there


@frozen(kw_only=True)
class Drift:
    """One field in which a live object differs from the manifest of its release.

    Args:
        subject: kind and name of the object.
        path: dotted path of the field; "" where the object itself is absent.
        live, wanted: the live value and that of the release, as JSON; masked where they may be secret.
        by: the field manager that set it, "" where the object does not say.
        at: when that one wrote last, RFC 3339; "" where the object does not say.
        undo: the command that takes back what was added to the object; "" where a redeploy does.
    """

    subject: str
    path: str
    live: str
    wanted: str
    kind: DriftKind = DriftKind.CHANGED
    by: str = ""
    at: str = ""
    redeploy: Redeploy = Redeploy.RESTORES
    undo: str = ""


@frozen(kw_only=True)
class Differences:
    """How live objects differ from their release.

    Args:
        drift: what was changed, removed, or added by people.
        others: what other programs added, such as operators, which may have every right to.
    """

    drift: tuple[Drift, ...] = ()
    others: tuple[Drift, ...] = ()


@frozen(kw_only=True)
class TargetStatus:
    """What a target runs.

    Args:
        live: what is deployed, by the record of its release.
        context: kubeconfig context of the cluster, "" where none was observed.
        differences: of the live objects from that release; None where they were not observed.
        unseen: what could not be observed, and why, a line each.
        ledger: every object of that release; None where they were not observed.
        fault: the first cause of all that is not as it is to be; None where nothing shows one.
    """

    target: Target
    live: LiveState
    context: str = ""
    differences: Differences | None = None
    unseen: tuple[str, ...] = ()
    ledger: Ledger | None = None
    fault: Diagnosis | None = None


@frozen(kw_only=True)
class Status:
    """The status of a repository and of its targets.

    Args:
        plan: the plan of the next run.
        reference: where the latest release is published.
        published: the registry's answer for it, None where there is no release.
        targets: what each of them runs.
    """

    plan: Plan
    reference: str = ""
    published: RegistryAnswer | None = None
    targets: tuple[TargetStatus, ...] = ()
