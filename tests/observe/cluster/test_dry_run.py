"""Objects tried on a server that is told what to answer: what is sent, and what each answer means."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import replace
from jetscale_cicd.observe.cluster.dry_run import PolicyReview, check_policy
from jetscale_cicd.tools.kubernetes import ApiFailure, Object
from tests.decide.cluster.test_trials import config, parsed, workload
from tests.support.fake_kubernetes import FakeKubernetes

SCOPE = DeployScope(namespace="shop", release="app")
SERVED = {
    "/api/v1": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}],
    "/apis/apps/v1": [{"name": "deployments", "kind": "Deployment", "namespaced": True}],
    "/apis/batch/v1": [{"name": "jobs", "kind": "Job", "namespaced": True}],
}
CONFIG = "/api/v1/namespaces/shop/configmaps/c"
MAPS, PODS = "/api/v1/namespaces/shop/configmaps", "/api/v1/namespaces/shop/pods"
DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/web"
JOBS = "/apis/batch/v1/namespaces/shop/jobs"
HOOK = workload("Job", api_version="batch/v1").replace(
    "{name: web}", "{name: web, annotations: {helm.sh/hook: pre-upgrade}}"
)


class Server(FakeKubernetes):
    """Takes everything but what it is told to refuse, by method and path."""

    def __init__(self, *refused: tuple[str, str, ApiFailure]) -> None:
        super().__init__()
        self.refusals = {(method, path): failure for method, path, failure in refused}
        self.warnings: dict[str, list[str]] = {}
        self.sent: list[tuple[str, str, Object, dict[str, Any]]] = []
        self.managed: list[Object] | ApiFailure = [{"manager": "helm", "operation": "Apply"}]

    def get(self, path: str, **query: str | int) -> Object | None:
        if isinstance(self.managed, ApiFailure):
            raise self.managed
        return {"metadata": {"managedFields": self.managed}}

    def request(self, method: str, path: str, **more: Any) -> Object:
        if method == "GET":
            if path not in SERVED:
                raise ApiFailure(404, "no")
            return {"resources": SERVED[path]}
        self.sent.append((method, path, more["body"], more["query"]))
        more["warnings"] += self.warnings.get(path, [])
        if failure := self.refusals.get((method, path)):
            raise failure
        return {}


def refuse(method: str, path: str, status: int, message: str, reason: str = "") -> tuple[str, str, ApiFailure]:
    return method, path, ApiFailure(status, message, reason=reason)


def test_nothing_is_kept_and_every_field_has_to_be_one() -> None:
    api = Server()
    assert check_policy(api, SCOPE, parsed(config(), workload(), HOOK)) == PolicyReview()
    assert {(method, path) for method, path, *_ in api.sent} == {
        ("PATCH", f"{MAPS}/c"),
        ("PATCH", DEPLOYMENT),
        ("POST", PODS),
        ("POST", JOBS),
    }
    assert {(query["dryRun"], query["fieldValidation"]) for *_, query in api.sent} == {("All", "Strict")}


def test_a_hook_that_is_there_is_tried_under_another_name() -> None:
    api = Server(refuse("POST", JOBS, 409, 'jobs.batch "web" already exists', "AlreadyExists"))
    (error,) = check_policy(api, SCOPE, parsed(HOOK)).refused
    named = [body["metadata"].get("name") for _, path, body, _ in api.sent if path == JOBS]
    assert named == ["web", None]
    assert error.code == "OBJECT_CONFLICT"


@pytest.mark.parametrize(
    ("refusal", "codes", "notes"),
    [
        (refuse("PATCH", DEPLOYMENT, 422, 'x "web" is invalid: spec.a: Required value'), ["POLICY_INVALID"], 0),
        (refuse("POST", PODS, 403, 'pods is forbidden: User "ci" cannot create resource "pods"'), [], 1),
        (refuse("POST", PODS, 403, 'pods "p" is forbidden: no PriorityClass with name x was found'), [], 0),
        (refuse("POST", PODS, 403, 'pods "p" is forbidden: exceeded quota: q, x'), ["QUOTA_EXCEEDED"], 0),
        (refuse("PATCH", DEPLOYMENT, 403, 'x is forbidden: User "ci" cannot patch resource "deployments"'), [], 1),
        (refuse("PATCH", DEPLOYMENT, 404, 'namespaces "shop" not found'), [], 1),
    ],
)
def test_each_answer_is_a_finding_a_note_or_nothing(
    refusal: tuple[str, str, ApiFailure], codes: list[str], notes: int
) -> None:
    found = check_policy(Server(refusal), SCOPE, parsed(workload()))
    assert [error.code for error in found.refused] == codes
    assert len(found.notes) == notes


def test_a_pod_that_is_refused_like_its_workload_is_not_told_again() -> None:
    invalid = "x is invalid: spec.template.spec.containers[0].image: Required value"
    api = Server(refuse("PATCH", DEPLOYMENT, 422, invalid), refuse("POST", PODS, 422, invalid))
    (error,) = check_policy(api, SCOPE, parsed(workload())).refused
    assert "a pod of" not in error.message


def test_a_quota_is_none_for_a_pod_that_takes_the_place_of_another() -> None:
    api = Server(refuse("POST", PODS, 403, 'pods "p" is forbidden: exceeded quota: q, x'))
    recreate = "  strategy: {type: Recreate}\n"
    before, after = workload(more=recreate), workload(more=recreate, pod="hostNetwork: true, ")
    assert check_policy(api, SCOPE, parsed(after), parsed(before)) == PolicyReview()


def test_a_server_that_is_away_is_asked_for_nothing_more() -> None:
    def away(path: str) -> tuple[str, str, ApiFailure]:
        return refuse("PATCH", path, 0, "Connection refused")

    api = Server(*(away(f"{MAPS}/c-{number}") for number in range(500)))
    with pytest.raises(CannotTellError) as error:
        check_policy(api, SCOPE, parsed(*(config(f"c-{number}") for number in range(500))))
    assert (error.value.code, error.value.unreachable) == ("DRY_RUN_FAILED", True)
    assert len(api.sent) < 20


def test_warnings_are_told_once_with_all_that_they_are_about() -> None:
    api = Server()
    api.warnings = {DEPLOYMENT: ["deprecated"], PODS: ["deprecated"], f"{MAPS}/c": ["another"]}
    notes = check_policy(api, SCOPE, parsed(workload(), config())).notes
    assert sorted(note.rpartition(": ")[2] for note in notes) == ["another", "deprecated"]
    assert any("Deployment web, a pod of Deployment web" in note for note in notes)


def test_more_objects_than_can_be_tried_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetscale_cicd.observe.cluster.dry_run._MOST", 3)
    api = Server()
    found = check_policy(api, SCOPE, parsed(*(config(f"c-{number}") for number in range(5))))
    assert (len(api.sent), len(found.notes)) == (3, 1)


@pytest.mark.parametrize(
    ("message", "status", "missing", "terminates"),
    [
        ('namespaces "shop" not found', 404, True, False),
        ("unable to create new content in namespace shop because it is being terminated", 403, False, True),
        ('User "me" cannot patch resource "configmaps" in the namespace "shop"', 403, False, False),
    ],
)
def test_what_the_server_says_of_the_namespace_is_no_lack_of_a_right(
    message: str, status: int, missing: bool, terminates: bool
) -> None:
    server = Server(refuse("PATCH", CONFIG, status, message))
    found = check_policy(server, SCOPE, parsed(config()))
    assert (found.untried, found.namespace_is_missing, found.namespace_terminates) == (True, missing, terminates)


def test_of_another_namespace_which_may_come_with_the_release_nothing_is_concluded() -> None:
    path = CONFIG.replace("/shop/", "/other/")
    server = Server(refuse("PATCH", path, 404, 'namespaces "other" not found'))
    found = check_policy(server, SCOPE, parsed(config().replace("{name: c", "{namespace: other, name: c")))
    assert (found.untried, found.namespace_is_missing) == (True, False)


def test_a_login_that_ends_is_no_refusal_of_an_object() -> None:
    with pytest.raises(ApiFailure, match="Unauthorized"):
        check_policy(Server(refuse("PATCH", CONFIG, 401, "Unauthorized")), SCOPE, parsed(config()))


@pytest.mark.parametrize(
    "document",
    [
        "apiVersion: 1\nkind: [x]\nmetadata: text\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [1], labels: 1, annotations: [2]}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {volumes: 1}}}\n",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: 1\n",
    ],
)
def test_an_object_of_another_shape_is_no_bug(document: str) -> None:
    codes = {error.code for error in check_policy(Server(), SCOPE, parsed(document)).refused}
    assert codes <= {"KIND_REMOVED", "POLICY_INVALID"}


APPLIED = refuse("PATCH", DEPLOYMENT, 422, 'x "web" is invalid: spec.a: Forbidden')


def test_what_helm_3_does_not_find_as_it_left_it_is_refused_as_it_was_applied() -> None:
    there = refuse("POST", DEPLOYMENT.rpartition("/")[0], 409, 'deployments.apps "web" already exists', "AlreadyExists")
    (error,) = check_policy(Server(APPLIED, there), replace(SCOPE, applies=False), parsed(workload())).refused
    assert error.code == "POLICY_INVALID"


@pytest.mark.parametrize(
    "managed",
    [
        [{"manager": "helm", "operation": "Apply"}, {"manager": "kube-controller-manager", "operation": "Update"}],
        [],
        ApiFailure(403, "no"),
    ],
)
def test_what_helm_4_applied_itself_is_tried_once(managed: list[Object] | ApiFailure) -> None:
    api = Server(APPLIED)
    api.managed = managed
    assert len(check_policy(api, SCOPE, parsed(workload()), parsed(workload(more="  paused: true\n"))).refused) == 1
    assert [method for method, path, *_ in api.sent if path == DEPLOYMENT] == ["PATCH"]


def test_what_helm_3_deployed_and_helm_4_takes_over_is_tried_as_a_client_merges_it() -> None:
    api = Server(APPLIED)
    api.managed = [{"manager": "helm", "operation": "Update"}]
    check_policy(api, SCOPE, parsed(workload()), parsed(workload(more="  paused: true\n")))
    assert [body for _, path, body, _ in api.sent if path == DEPLOYMENT][1:] == [{"spec": {"paused": None}}]
