"""The status of a repository: what is released, published and live, and what the next run would do."""

from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.ledger import Ledger
from jetscale_cicd.model.live import LiveState
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import RegistryAnswer
from jetscale_cicd.model.target import Target


@frozen(kw_only=True)
class Drift:
    """One field in which a live object differs from the manifest of its release.

    Args:
        subject: kind and name of the object.
        path: dotted path of the field; "" where the object itself is absent.
        live, wanted: the live value and that of the release, as JSON; masked where they may be secret.
    """

    subject: str
    path: str
    live: str
    wanted: str


@frozen(kw_only=True)
class TargetStatus:
    """What a target runs.

    Args:
        live: what is deployed, by the record of its release.
        context: kubeconfig context of the cluster, "" where none was observed.
        drift: how the live objects differ from that release; None where they were not observed.
        unseen: what could not be observed, and why, a line each.
        ledger: every object of that release; None where they were not observed.
        fault: the first cause of all that is not as it is to be; None where nothing shows one.
    """

    target: Target
    live: LiveState
    context: str = ""
    drift: tuple[Drift, ...] | None = None
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
