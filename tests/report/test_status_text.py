"""The status of a target as lines: what is not as it is to be, and counts of the rest, on one screen."""

from dataclasses import replace

import pytest

from jetscale_cicd.model.ledger import Ledger, LedgerRow, ObjectState, Pods
from jetscale_cicd.model.status import Differences, Drift, DriftKind, Redeploy
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.text.objects import object_lines
from jetscale_cicd.report.text.status import status_text
from tests.report.samples import HEALTHY, STATUSES

READY, LEFT = ObjectState.READY, ObjectState.LEFT_OVER
SCREEN = 24
TTL = "it ended, and was removed"
ADDED = Drift(
    subject="ConfigMap c-1",
    path="",
    live="1",
    wanted="absent",
    kind=DriftKind.ADDED,
    redeploy=Redeploy.KEEPS,
    by="kubectl-edit",
    undo="kubectl patch configmap c-1",
)


def workload(number: int, ready: int = 1) -> LedgerRow:
    state = READY if ready else ObjectState.PROGRESSING
    return LedgerRow(kind="Deployment", name=f"web-{number}", state=state, pods=Pods(ready=ready, wanted=1))


def thing(name: str, state: ObjectState = READY, reason: str = "", kind: str = "ConfigMap") -> LedgerRow:
    return LedgerRow(kind=kind, name=name, state=state, reason=reason)


def lines(*rows: LedgerRow) -> list[str]:
    return object_lines(Ledger(rows))


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ((workload(1),), "1 workload ready"),
        ((workload(1), workload(2)), "2 workloads ready"),
        ((workload(1), workload(2), thing("a")), "2 workloads ready; 1 other object in place"),
        ((workload(1), workload(2, ready=0)), "1 of 2 workloads ready"),
        ((thing("a"), thing("b", ObjectState.ABSENT)), "1 of 2 other objects in place"),
    ],
)
def test_what_is_as_it_is_to_be_is_counted(rows: tuple[LedgerRow, ...], count: str) -> None:
    assert count in lines(*rows)


def test_nothing_is_counted_where_there_is_nothing() -> None:
    assert lines() == []


def test_objects_of_which_the_same_is_to_be_said_share_a_line() -> None:
    left = [thing(name, LEFT, "left over from revision 2") for name in "abcdef"]
    jobs = [thing(name, reason=TTL, kind="Job") for name in ("one", "two")]
    shown = lines(*left, *jobs, workload(1, ready=0), workload(2, ready=0))
    assert shown[:3] == [
        "ConfigMap a, ConfigMap b, ConfigMap c, ConfigMap d and 2 more: left over from revision 2",
        "Deployment web-1: 0/1 ready",
        "Deployment web-2: 0/1 ready",
    ]
    assert shown[-1] == f"Job one, Job two: {TTL}"
    assert "prune: true" in shown[3]


def test_sixty_workloads_fit_a_screen() -> None:
    rows = [workload(number, ready=number % 20 and 1) for number in range(60)]
    rows += [thing(f"c-{number}") for number in range(90)]
    rows += [thing("old", LEFT, "left over from revision 2"), thing("seed", reason=TTL, kind="Job")]
    drift = tuple(replace(ADDED, path=f"data.{number}") for number in range(4))
    seen = replace(HEALTHY, ledger=Ledger(tuple(rows)), differences=Differences(drift=drift))
    status = STATUSES["present"]
    alone = replace(status, plan=replace(status.plan, target_plans=status.plan.target_plans[:1]), targets=(seen,))
    shown = status_text(alone, Paint(enabled=False)).splitlines()
    assert len(shown) <= SCREEN
    assert "57 of 60 workloads ready; 91 of 92 other objects in place" in "\n".join(shown)
    assert sum("take it back: kubectl patch" in line for line in shown) == 1
