"""Definitions are applied by a run until their kinds are served, or it says why not."""

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
import yaml

from jetscale_cicd.decide.cluster.definition_content import differences, digest_of
from jetscale_cicd.decide.cluster.definitions import DEFINITIONS, PackagedDefinition
from jetscale_cicd.engines.helm.definitions import apply_definitions
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.kubernetes import Kubernetes
from tests.support.accounts import connected
from tests.support.control_plane import Cluster
from tests.support.definitions import crd, field, webhook

MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def api(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """The API as a run has it."""
    with connected(cluster.kubeconfig, tmp_path_factory.mktemp("api")) as opened:
        yield opened


def release(api: Kubernetes, said: list[str] | None = None) -> HelmRelease:
    """A release that nobody else changes, and that helm has nothing to do with here."""
    target = Target(name="live", namespace="shop", release="app", timeout=1)
    announced = [] if said is None else said
    return HelmRelease(
        api,
        cast("Helm", None),
        target,
        lambda: None,
        announced.append,
        lambda _: True,
        "",
        threading.Event(),
        inherited=False,
    )


def packaged(document: Any) -> PackagedDefinition:
    return PackagedDefinition(name=document["metadata"]["name"], digest=digest_of(document), document=document)


def document(group: str, plural: str = "things", **more: Any) -> Any:
    return yaml.safe_load(crd(group, plural, **more))


def code(api: Kubernetes, document: Any) -> str:
    with pytest.raises(Stage6Error) as failed:
        apply_definitions(release(api), [packaged(document)])
    return failed.value.code


def test_what_is_as_packaged_is_left_alone(api: Kubernetes, group: str) -> None:
    several, said = [packaged(document(group)), packaged(document(group, "ones"))], list[str]()
    assert group in apply_definitions(release(api), several)
    assert apply_definitions(release(api, said), several) == ""
    assert said == []
    assert api.get(f"/apis/{group}/v1/namespaces/default/ones") is not None


def test_whatever_others_made_of_it_it_becomes_as_packaged(api: Kubernetes, cluster: Cluster, group: str) -> None:
    """Nobody of them gives up a field by himself: they own what they wrote."""
    before = yaml.safe_load(webhook(crd(group), group))
    before["spec"]["names"] |= {"singular": "other", "listKind": "Others", "categories": ["all"]}
    before["spec"]["conversion"]["webhook"]["clientConfig"] = {"url": "https://a.invalid"}
    cluster.ask(DEFINITIONS, "POST", before)
    after = yaml.safe_load(webhook(crd(group, versions=("v1", "v2")), group))
    del after["spec"]["names"]["shortNames"]
    apply_definitions(release(api), [packaged(after)])
    assert differences(after, cluster.ask(f"{DEFINITIONS}/things.{group}")) == ()


def test_what_the_server_does_not_take_is_its_own_sentence(api: Kubernetes, group: str) -> None:
    odd = document(group)
    field(odd["spec"], type="strings")
    assert code(api, odd) == "CRD_REFUSED"


def test_what_was_changed_since_it_was_checked_is_not_applied(api: Kubernetes, cluster: Cluster, group: str) -> None:
    cluster.ask(DEFINITIONS, "POST", document(group, versions=("v0",)))
    cluster.until(f"/apis/{group}/v0")
    assert code(api, document(group)) == "CRD_CHANGED"
    assert [each["name"] for each in cluster.ask(f"{DEFINITIONS}/things.{group}")["spec"]["versions"]] == ["v0"]


def test_what_is_not_served_in_time_is_named(api: Kubernetes, cluster: Cluster, group: str) -> None:
    taken = document(group)
    taken["spec"]["names"]["shortNames"] = ["mine"]
    apply_definitions(release(api), [packaged(taken)])
    other = document(group, "ones")
    other["spec"]["names"] |= {"kind": "Thing", "listKind": "OneList"}
    assert code(api, other) == "CRD_NOT_ESTABLISHED"
