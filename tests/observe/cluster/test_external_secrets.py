"""What a cluster shows of the pipes, in a fixed number of calls; a right that lacks is not an absence."""

from datetime import timedelta
from typing import Any

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.external_secrets import read_pipes
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.pipes import NAMESPACE, NOW, event, external_secret, operator, store

GROUP = "/apis/external-secrets.io"
LISTED = "external_secrets", "secret_stores", "cluster_stores", "secrets", "operators"
CALLS = 10


def paths(version: str = "v1") -> dict[str, str]:
    within = f"{GROUP}/{version}/namespaces/{NAMESPACE}"
    return {
        "external_secrets": f"{within}/externalsecrets",
        "secret_stores": f"{within}/secretstores",
        "cluster_stores": f"{GROUP}/{version}/clustersecretstores",
        "secrets": f"/api/v1/namespaces/{NAMESPACE}/secrets",
        "operators": "/apis/apps/v1/deployments",
        "events": f"/api/v1/namespaces/{NAMESPACE}/events",
        "other_events": "/api/v1/namespaces/default/events",
    }


def cluster(*versions: str, number: int = 1) -> FakeKubernetes:
    """An API server that serves these versions, with so many ExternalSecrets and Secrets."""
    at = paths(versions[0] if versions else "v1")
    names = [f"app-{each}" for each in range(number)]
    served = {"versions": [{"groupVersion": f"external-secrets.io/{each}", "version": each} for each in versions]}
    resources = {"resources": [{"name": "externalsecrets"}, {"name": "externalsecrets/status"}]}
    api = FakeKubernetes(
        {
            GROUP: served if versions else None,
            **{f"{GROUP}/{each}": resources for each in versions},
            **{f"{at['external_secrets']}/{name}": external_secret(name) for name in names},
            **{f"{at['secrets']}/{name}": {} for name in names},
            f"{at['secret_stores']}/aws": store(),
            f"{at['cluster_stores']}/shared": store("shared", "ClusterSecretStore"),
            f"{at['operators']}/eso": operator(labels={"app.kubernetes.io/name": "external-secrets"}),
            f"{at['operators']}/web": operator(labels={"app.kubernetes.io/name": "external-secrets-webhook"}),
            f"{at['events']}/a": event(external_secret("app-0"), "Created", "secret created"),
            f"{at['other_events']}/b": event(store("shared", "ClusterSecretStore"), "Valid", "store validated"),
        }
    )
    assert NOW - api.now.moment == timedelta()
    return api


@pytest.mark.parametrize("versions", [("v1", "v1beta1"), ("v1beta1",), ("v1beta1", "v1alpha1")])
def test_all_of_it_is_seen_in_the_newest_version_that_can_be_read(target: Target, versions: tuple[str, ...]) -> None:
    seen = read_pipes(cluster(*versions), target)
    assert (seen.namespace, seen.now, seen.served, seen.readable) == (NAMESPACE, NOW.timestamp(), versions, True)
    assert seen.external_secret("app-0")
    assert seen.store("SecretStore", "aws")
    assert seen.store("ClusterSecretStore", "shared")
    assert (seen.secrets, len(seen.operators or ())) == (frozenset({"app-0"}), 1)
    assert {each["reason"] for each in seen.events} == {"Created", "Valid"}


@pytest.mark.parametrize("versions", [(), ("v1alpha1",)])
def test_without_a_version_that_can_be_read_nothing_more_is_asked(target: Target, versions: tuple[str, ...]) -> None:
    api = cluster(*versions)
    seen = read_pipes(api, target)
    assert (seen.readable, seen.served, len(api.calls)) == (False, versions, 1)


def test_a_group_without_external_secrets_cannot_be_read(target: Target) -> None:
    api = cluster("v1")
    api.put(f"{GROUP}/v1", {"resources": [{"name": "pushsecrets"}, {"name": 7}, "x"]})
    assert not read_pipes(api, target).readable


def test_the_number_of_calls_does_not_depend_on_the_number_of_objects(target: Target) -> None:
    few, many = cluster("v1"), cluster("v1", number=300)
    read_pipes(few, target), read_pipes(many, target)
    assert len(few.calls) == len(many.calls) == CALLS


@pytest.mark.parametrize("what", LISTED)
def test_what_may_not_be_listed_is_unseen_and_all_else_is_seen(target: Target, what: str) -> None:
    api = cluster("v1")
    api.script("LIST", paths()[what], ApiFailure(403, "no"))
    seen = read_pipes(api, target)
    found: dict[str, Any] = {
        "external_secrets": seen.external_secrets,
        "secret_stores": seen.stores["SecretStore"],
        "cluster_stores": seen.stores["ClusterSecretStore"],
        "secrets": seen.secrets,
        "operators": seen.operators,
    }
    assert [name for name, value in found.items() if value is None] == [what]
    assert len(api.calls) == CALLS


@pytest.mark.parametrize("what", ["events", "other_events"])
def test_without_events_the_rest_is_seen(target: Target, what: str) -> None:
    api = cluster("v1")
    api.script("LIST", paths()[what], ApiFailure(403, "no"), ApiFailure(403, "no"))
    assert read_pipes(api, target).external_secrets


def test_a_kind_that_is_not_served_has_no_objects(target: Target) -> None:
    api = cluster("v1")
    api.script("LIST", paths()["cluster_stores"], ApiFailure(404, "no such kind"))
    assert read_pipes(api, target).stores["ClusterSecretStore"] == ()


@pytest.mark.parametrize("what", [*LISTED, "events"])
@pytest.mark.parametrize(("status", "code"), [(0, "CLUSTER_UNREACHABLE"), (401, "CLUSTER_UNAUTHORIZED")])
def test_a_server_that_does_not_answer_is_an_error(target: Target, what: str, status: int, code: str) -> None:
    api = cluster("v1")
    api.script("LIST", paths()[what], ApiFailure(status, "away"))
    with pytest.raises(CannotTellError) as failed:
        read_pipes(api, target)
    assert failed.value.code == code


def test_secrets_are_listed_without_their_content(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted: dict[str, str] = {}
    listed = FakeKubernetes.items

    def items(api: FakeKubernetes, path: str, **given: Any) -> Any:
        accepted[path] = given.get("accept", "")
        return listed(api, path, **given)

    monkeypatch.setattr(FakeKubernetes, "items", items)
    read_pipes(cluster("v1"), target)
    assert "as=PartialObjectMetadataList" in accepted[paths()["secrets"]]
