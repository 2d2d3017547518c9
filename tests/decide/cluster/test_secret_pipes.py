"""Whether the operator works, by its Deployments and by what it did."""

import pytest

from jetscale_cicd.decide.cluster.secret_pipes import Pipes, available
from jetscale_cicd.decide.fields import Object
from tests.support.pipes import FAILED, NAMESPACE, NOW, at, event, external_secret, operator, store

HOUR = 3600.0
APP, UNSEEN = external_secret(), external_secret("unseen", None)  # born an hour ago
QUICK = external_secret("quick", refreshInterval="1m")
VALID = event(store(), "Valid", "store validated", 2 * HOUR - 100)


def pipes(*things: Object, later: float = 0, events: tuple[Object, ...] = (), **more: object) -> Pipes:
    fields: dict[str, object] = {
        "stores": {"SecretStore": (store(),), "ClusterSecretStore": ()},
        "operators": (),
        **more,
    }
    now = NOW.timestamp() + later
    return Pipes(namespace=NAMESPACE, now=now, external_secrets=things, events=events, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "stopped"),
    [
        (pipes(APP), False),
        (pipes(APP, later=HOUR), False),
        (pipes(APP, later=2 * HOUR), True),
        (pipes(APP, later=2 * HOUR, operators=None), True),
        (pipes(APP, later=2 * HOUR, operators=(operator(),)), True),
        (pipes(APP, later=2 * HOUR, events=(VALID,)), False),
        (pipes(APP, later=2 * HOUR, operators=(operator(),), events=(VALID,)), False),
        (pipes(QUICK, later=500), True),
        (pipes(QUICK, later=500, operators=(operator(),)), False),  # 9 minutes: its queue may be long
        (pipes(QUICK, later=2000, operators=(operator(),)), True),
        (pipes(APP, UNSEEN), False),  # APP was refreshed since
        (pipes(UNSEEN, stores={}), True),
        (pipes(APP, operators=(operator(0),)), True),
        (pipes(APP, operators=(operator(0), operator())), False),
        (pipes(external_secret(condition=FAILED), later=9 * HOUR), False),
        (pipes(), False),
    ],
)
def test_it_is_stopped_where_no_pod_is_there_or_nothing_was_done_for_what_is_overdue(
    seen: Pipes, stopped: bool
) -> None:
    assert bool(seen.stopped(["app", "quick", "unseen", "absent"])) is stopped


def test_what_nobody_requires_may_be_of_an_operator_that_is_gone() -> None:
    assert pipes(UNSEEN, stores={}).stopped(["app"]) == ""


@pytest.mark.parametrize(
    ("seen", "proven"),
    [
        (pipes(), True),  # its store was validated a minute ago
        (pipes(later=HOUR), False),
        (pipes(later=HOUR, operators=None), False),
        (pipes(later=HOUR, operators=(operator(0),)), False),
        (pipes(later=HOUR, operators=(operator(),)), True),
        (pipes(later=2 * HOUR, events=(VALID,)), True),
    ],
)
def test_a_pod_that_is_available_or_a_recent_act_proves_that_it_works(seen: Pipes, proven: bool) -> None:
    assert seen.proven is proven


@pytest.mark.parametrize(
    "status", [{}, {"availableReplicas": 0}, {"availableReplicas": "1"}, {"availableReplicas": None}]
)
def test_a_deployment_that_is_scaled_to_nothing_is_not_available(status: Object) -> None:
    scaled = {
        "status": {**status, "conditions": [{"type": "Available", "status": "True", "lastTransitionTime": at(0)}]}
    }
    assert not available(scaled)
