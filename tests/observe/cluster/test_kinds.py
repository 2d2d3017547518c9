"""The kinds that a server serves: each version is asked for once, and an odd answer serves nothing."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.served import Resource
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.kubernetes import ApiFailure, Object
from tests.support.fake_kubernetes import FakeKubernetes

DEPLOYMENTS = {"name": "deployments", "kind": "Deployment", "namespaced": True}


class Server(FakeKubernetes):
    def __init__(self, answers: dict[str, object]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[str] = []

    def request(self, method: str, path: str, **_: Any) -> Object:
        self.asked.append(path)
        answer = self.answers.get(path, ApiFailure(404, "no such group"))
        if isinstance(answer, ApiFailure):
            raise answer
        return {"resources": answer}


def one(api_version: str, kind: str, name: str = "x", namespace: str = "") -> Manifest:
    return Manifest(api_version, kind, namespace, name, {})


def test_each_version_is_asked_for_once() -> None:
    api = Server({"/apis/apps/v1": [DEPLOYMENTS]})
    kinds, web = Kinds(api), one("apps/v1", "Deployment", "web")
    expected = Resource("apps", "v1", "deployments", True)
    assert kinds.served([web, one("apps/v1", "Unknown"), one("gone/v1", "X")]) == {("apps/v1", "Deployment"): expected}
    assert kinds.resource(web) == expected
    assert kinds.path(web, "shop") == "/apis/apps/v1/namespaces/shop/deployments/web"
    assert sorted(api.asked) == ["/apis/apps/v1", "/apis/gone/v1"]


def test_a_version_that_cannot_be_read_is_no_version_without_kinds() -> None:
    kinds = Kinds(Server({"/apis/apps/v1": ApiFailure(503, "away")}))
    for _ in range(2):
        with pytest.raises(ApiFailure) as failed:
            kinds.served([one("apps/v1", "Deployment")])
        assert failed.value.status == 503


@pytest.mark.parametrize(
    "answer",
    [None, {}, "x", [1, None, []], [{"name": 1, "kind": "Deployment"}], [{"kind": "Deployment"}], [{"name": "x"}]],
)
def test_an_answer_of_another_shape_serves_nothing(answer: object) -> None:
    assert Kinds(Server({"/apis/apps/v1": answer})).served([one("apps/v1", "Deployment")]) == {}


@pytest.mark.parametrize("version", ["../v1", "apps/../v1", "", "/", "a/b/c", "apps/v1?x=y", "apps/v1/namespaces"])
def test_a_version_that_is_none_is_not_asked_for(version: str) -> None:
    api = Server({})
    assert Kinds(api).served([one(version, "Deployment")]) == {}
    assert api.asked == []


def test_a_name_stays_one_part_of_a_path() -> None:
    kinds = Kinds(Server({"/apis/apps/v1": [DEPLOYMENTS]}))
    path = kinds.path(one("apps/v1", "Deployment", "a/../b", "other/x"), "shop")
    assert path == "/apis/apps/v1/namespaces/other%2Fx/deployments/a%2F..%2Fb"
