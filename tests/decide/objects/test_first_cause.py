"""Of several faults the one that explains the others comes first, whatever their number and order."""

from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.objects.first_cause import in_order_of_cause
from jetscale_cicd.model.diagnosis import Diagnosis

Names = tuple[tuple[str, str], ...]


def fault(code: FaultCode, subject: str = "x", *, waits_for: Names = (), blocks: Names = ()) -> Diagnosis:
    return Diagnosis(code=code, subject=subject, verdict="", next_step="", waits_for=waits_for, blocks=blocks)


SECRET, STORE, CLAIM, CLASS = (
    ("Secret", "db"),
    ("SecretStore", "aws"),
    ("PersistentVolumeClaim", "d"),
    ("StorageClass", "s"),
)
MISSING = fault(FaultCode.MISSING_SECRET, "pod", waits_for=(SECRET,))
SYNC = fault(FaultCode.SYNC_FAILED, "es", waits_for=(STORE,), blocks=(SECRET,))
NO_STORE = fault(FaultCode.STORE_FAILED, "store", blocks=(STORE,))
NO_NODE = fault(FaultCode.UNSCHEDULABLE, "pod", waits_for=(CLAIM,))
PENDING = fault(FaultCode.CLAIM_PENDING, "claim", waits_for=(CLASS,), blocks=(CLAIM,))
CRASH, IMAGE = fault(FaultCode.CRASH_LOOP), fault(FaultCode.IMAGE_PULL)


def test_a_store_explains_its_external_secrets_and_those_the_pods() -> None:
    assert in_order_of_cause([MISSING, SYNC, NO_STORE]) == (NO_STORE, SYNC, MISSING)
    assert in_order_of_cause([MISSING, SYNC]) == (SYNC, MISSING)


def test_a_claim_explains_the_pod_that_no_node_takes() -> None:
    assert in_order_of_cause([NO_NODE, PENDING]) == (PENDING, NO_NODE)


def test_what_explains_nothing_is_told_by_the_rank_of_its_code() -> None:
    assert in_order_of_cause([CRASH, IMAGE]) == (IMAGE, CRASH)


def test_a_chain_comes_after_an_independent_fault_only_by_rank() -> None:
    assert in_order_of_cause([MISSING, CRASH, SYNC]) == (SYNC, CRASH, MISSING)


def test_a_circle_ends() -> None:
    one = fault(FaultCode.NOT_RECONCILED, "a", waits_for=(SECRET,), blocks=(STORE,))
    other = fault(FaultCode.NOT_RECONCILED, "b", waits_for=(STORE,), blocks=(SECRET,))
    assert len(in_order_of_cause([one, other, MISSING])) == 3


FAULTS = [MISSING, SYNC, NO_STORE, NO_NODE, PENDING, CRASH, IMAGE]


@given(st.permutations(FAULTS), st.integers(0, len(FAULTS)))
def test_the_order_in_which_faults_are_seen_decides_nothing(faults: list[Diagnosis], repeated: int) -> None:
    assert in_order_of_cause([*faults, *faults[:repeated]]) == in_order_of_cause(FAULTS)
