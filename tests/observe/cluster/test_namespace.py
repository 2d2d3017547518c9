"""Whether a deploy has a namespace to go to, found out before anything is published."""

import pytest

from jetscale_cicd.errors import CannotTellError, PreconditionError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.namespace import check_namespace
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from tests.support.fake_kubernetes import FakeKubernetes

PATH = "/api/v1/namespaces/shop-prod"


def found(api: Kubernetes, target: Target) -> str:
    """The code of the refusal, "" where the namespace is there, and ``unread`` where this run may not read it."""
    try:
        return "" if check_namespace(api, target) else "unread"
    except PreconditionError as refused:
        return refused.code


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
    assert found(FakeKubernetes({PATH: content}), target) == code


def test_who_may_not_read_it_finds_out_by_the_lock(target: Target) -> None:
    api = FakeKubernetes({PATH: None})
    api.script("GET", PATH, ApiFailure(403, "no"))
    assert found(api, target) == "unread"


@pytest.mark.parametrize(("status", "code"), [(401, "CLUSTER_UNAUTHORIZED"), (0, "CLUSTER_UNREACHABLE")])
def test_a_server_that_does_not_answer_is_no_sign_of_anything(target: Target, status: int, code: str) -> None:
    api = FakeKubernetes({PATH: None})
    api.script("GET", PATH, ApiFailure(status, "no"))
    with pytest.raises(CannotTellError) as error:
        found(api, target)
    assert error.value.code == code
