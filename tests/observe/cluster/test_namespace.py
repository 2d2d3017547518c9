"""Whether a deploy has a namespace to go to, found out before anything is published."""

from dataclasses import dataclass, replace

import pytest

from jetscale_cicd.errors import CannotTellError, PreconditionError
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision, Plan, TargetDecision
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.namespace import missing_namespace
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from tests.support.fake_kubernetes import FakeKubernetes

PATH = "/api/v1/namespaces/shop-prod"
BETWEEN = Comparison(None, "a" * 40, "")


@dataclass
class Around:
    """Gives the cluster of a target."""

    api: Kubernetes | NotObserved

    def kubernetes(self, target: Target) -> Kubernetes | NotObserved:
        return self.api


def plan(target: Target, decision: Decision = Decision.REDEPLOY) -> Plan:
    decided = TargetDecision(target=target, decision=decision, reasons=(), compared=BETWEEN)
    return Plan(
        decision=decision,
        head="a" * 40,
        latest=None,
        changes=ChangeSet(comparison=BETWEEN, count=0, watched=()),
        targets=(decided,),
        choice=None,
        deploy=None,
        steps=(),
    )


def found(api: Kubernetes | NotObserved, made: Plan) -> str:
    error = missing_namespace(Around(api), made)
    assert error is None or isinstance(error, PreconditionError)
    return error.code if error else ""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "NAMESPACE_MISSING"),
        ({"metadata": {}, "status": {"phase": "Active"}}, ""),
        ({"metadata": {}}, ""),
        ({"metadata": {}, "status": {"phase": "Terminating"}}, "NAMESPACE_TERMINATING"),
    ],
)
def test_a_namespace_has_to_be_there_and_to_stay(target: Target, content: dict[str, object] | None, code: str) -> None:
    assert found(FakeKubernetes({PATH: content}), plan(target)) == code


def test_where_nothing_is_to_be_deployed_nobody_asks(target: Target) -> None:
    assert found(FakeKubernetes(), plan(target, Decision.NOTHING)) == ""
    assert found(FakeKubernetes(), plan(replace(target, engine="render"))) == ""


def test_where_there_is_no_cluster_nobody_can_ask(target: Target) -> None:
    assert found(NotObserved("no kubeconfig"), plan(target)) == ""


def test_who_may_not_read_it_finds_out_by_the_lock(target: Target) -> None:
    api = FakeKubernetes({PATH: None})
    api.script("GET", PATH, ApiFailure(403, "no"))
    assert found(api, plan(target)) == ""


@pytest.mark.parametrize(("status", "code"), [(401, "CLUSTER_UNAUTHORIZED"), (0, "CLUSTER_UNREACHABLE")])
def test_a_server_that_does_not_answer_is_no_sign_of_anything(target: Target, status: int, code: str) -> None:
    api = FakeKubernetes({PATH: None})
    api.script("GET", PATH, ApiFailure(status, "no"))
    with pytest.raises(CannotTellError) as error:
        found(api, plan(target))
    assert error.value.code == code
