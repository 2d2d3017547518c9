"""Of all faults of a release the one that explains the others: what keeps others waiting comes before what waits."""

from collections.abc import Iterable

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.model.diagnosis import Diagnosis

# From a pod over its claim or its Secret to the store: no chain of Kubernetes is longer.
_LONGEST_CHAIN = 5


def in_order_of_cause(faults: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """The faults, each once, what explains others first; of those that explain nothing of each other by their codes."""
    unique = tuple(dict.fromkeys(faults))
    depths = dict.fromkeys(range(len(unique)), 0)
    causes = {
        number: [other for other, cause in enumerate(unique) if other != number and _explains(cause, fault)]
        for number, fault in enumerate(unique)
        if fault.waits_for
    }
    for _ in range(_LONGEST_CHAIN):
        for number, before in causes.items():
            depths[number] = max((depths[other] + 1 for other in before), default=0)
    order = sorted(depths, key=lambda number: (depths[number], FaultCode[unique[number].code].rank))
    return tuple(unique[number] for number in order)


def _explains(cause: Diagnosis, fault: Diagnosis) -> bool:
    return not set(cause.blocks).isdisjoint(fault.waits_for)
