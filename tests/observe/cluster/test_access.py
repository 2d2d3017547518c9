"""What a run may do, as reviews answer: who is asked how often, and what an odd answer means."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.rights import Access
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.cluster.access import check_rights, review_rights, who_am_i
from jetscale_cicd.tools.kubernetes import ApiFailure, Object
from tests.decide.cluster.test_rights import SCOPE, WEB
from tests.support.fake_kubernetes import FakeKubernetes

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO = "/apis/authentication.k8s.io/{}/selfsubjectreviews"


class Server(FakeKubernetes):
    """Grants what it is told, as (verb, resource, name); ``answer`` is what it says of everything else."""

    def __init__(self, *granted: tuple[str, str, str], answer: object = None) -> None:
        super().__init__()
        self.granted = granted
        self.answer = {"allowed": False} if answer is None else answer
        self.reviewed: list[dict[str, Any]] = []
        self.who: dict[str, Object | ApiFailure] = {}

    def request(self, method: str, path: str, **_: Any) -> Object:
        return {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]}

    def create(self, path: str, body: Object) -> Object:
        if path != REVIEWS:
            answer = self.who.get(path, ApiFailure(404, "no"))
            if isinstance(answer, ApiFailure):
                raise answer
            return answer
        asked = body["spec"]["resourceAttributes"]
        self.reviewed.append(asked)
        key = (asked["verb"], asked["resource"], asked.get("name", ""))
        return {"status": {"allowed": True} if key in self.granted else self.answer}


def access(verb: str, *names: str, resource: str = "deployments") -> Access:
    return Access(group="apps", resource=resource, namespace="shop", verb=verb, names=names, purposes=("a test",))


def test_who_may_do_everything_is_asked_once() -> None:
    api = Server(("*", "*", ""))
    assert review_rights(api, [access("get"), access("patch")]).missing == ()
    assert len(api.reviewed) == 1


def test_who_may_do_all_with_a_resource_is_asked_once_more_for_each() -> None:
    api = Server(("*", "deployments", ""))
    assert review_rights(api, [access("get"), access("patch"), access("create")]).missing == ()
    assert [each["verb"] for each in api.reviewed] == ["*", "*"]


def test_others_are_asked_for_each_verb() -> None:
    api = Server(("get", "deployments", ""))
    (error,) = review_rights(api, [access("get"), access("create")]).missing
    assert "may not create deployments.apps" in error.message


def test_a_part_of_a_resource_is_asked_for_as_such() -> None:
    api = Server()
    review_rights(api, [access("get", resource="pods/log")])
    assert {(each["resource"], each.get("subresource")) for each in api.reviewed} == {("*", None), ("pods", "log")}


@pytest.mark.parametrize(
    ("verb", "names", "asked"),
    [("patch", ("a", "b"), {"a", "b"}), ("create", ("a", "b"), set()), ("patch", (), set())],
)
def test_names_are_asked_for_where_a_right_can_depend_on_them(
    verb: str, names: tuple[str, ...], asked: set[str]
) -> None:
    api = Server((verb, "deployments", "a"))
    found = review_rights(api, [access(verb, *names)])
    assert {each["name"] for each in api.reviewed if "name" in each} == asked
    assert len(found.missing) == 1


def test_too_many_names_are_not_asked_for_one_by_one() -> None:
    api = Server()
    review_rights(api, [access("patch", *map(str, range(1000)))])
    assert len(api.reviewed) < 10


@pytest.mark.parametrize(
    "answer", [{}, {"allowed": "true"}, {"allowed": False, "denied": True}, {"allowed": None}, "yes", []]
)
def test_what_is_not_allowed_is_denied(answer: object) -> None:
    assert len(review_rights(Server(answer=answer), [access("get")]).missing) == 1


def test_a_binding_without_its_role_hides_no_right() -> None:
    api = Server(answer={"allowed": False, "evaluationError": 'clusterrole.rbac.authorization.k8s.io "x" not found'})
    assert len(review_rights(api, [access("get")]).missing) == 1


def test_an_authorizer_that_does_not_answer_has_not_denied() -> None:
    api = Server(answer={"allowed": False, "evaluationError": "Post https://webhook: connection refused"})
    with pytest.raises(CannotTellError) as error:
        review_rights(api, [access("get")])
    assert error.value.code == "RIGHTS_UNSEEN"


def test_kinds_that_cannot_be_listed_leave_rights_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Server()

    def down(*_: object, **__: object) -> Object:
        raise ApiFailure(503, "away")

    monkeypatch.setattr(api, "request", down)
    with pytest.raises(CannotTellError) as error:
        check_rights(api, SCOPE, [WEB])
    assert (error.value.code, error.value.unreachable) == ("RIGHTS_UNSEEN", True)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_an_older_server_says_who_a_run_is_in_an_older_version(version: str) -> None:
    api = Server()
    api.who[WHO.format(version)] = {"status": {"userInfo": {"username": "me", "groups": ["a", "b"]}}}
    assert (who_am_i(api).name, who_am_i(api).groups) == ("me", ("a", "b"))


@pytest.mark.parametrize(
    "answer", [{}, {"status": {}}, {"status": {"userInfo": []}}, {"status": {"userInfo": {"groups": 1}}}]
)
def test_a_server_that_does_not_say_who_a_run_is_is_no_bug(answer: Object) -> None:
    api = Server()
    api.who[WHO.format("v1")] = answer
    assert who_am_i(api).name == ""
    assert len(review_rights(api, [access("get")]).missing) == 1
