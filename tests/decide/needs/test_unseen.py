"""What could not be seen, and what a deploy may do without."""

import pytest

from jetscale_cicd.decide.needs.inventory import Inventory
from jetscale_cicd.decide.needs.judge import logins_of
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.errors import CannotTellError
from tests.decide.needs.release import (
    CLAIM,
    KEY,
    NAMESPACE,
    PULL,
    SECRET,
    codes,
    job,
    judged,
    manifests,
    seen,
    thing,
    unmet,
    workload,
)

UNSEEN: dict[str, tuple[str, Inventory, list[str]]] = {
    "Secrets": (workload(SECRET), seen(unseen=("Secret",)), ["NEED_UNSEEN"]),
    "what a later object makes": (
        job("m", "db", "pre-upgrade") + thing("v1", "Secret", "db"),
        seen(unseen=("Secret",)),
        ["NEED_UNSEEN"],
    ),
    "the keys of a Secret": (workload(KEY), seen({("Secret", "db"): None}), ["NEED_UNSEEN"]),
    "what the release makes is not asked for": (
        workload(SECRET) + thing("v1", "Secret", "db"),
        seen(unseen=("Secret",)),
        [],
    ),
    "one that was asked for by name": (
        workload(SECRET),
        seen(unseen=("Secret",), absent=frozenset({Thing("", "Secret", NAMESPACE, "db")})),
        ["NEEDED_SECRET_MISSING"],
    ),
    "kinds of an API that is down": (
        thing("metrics.test/v1", "Thing", "t"),
        seen(unlisted=frozenset({"metrics.test/v1"})),
        ["NEED_UNSEEN"],
    ),
    "all kinds": (thing("v1", "Secret", "t"), seen(resources=None), ["NEED_UNSEEN"]),
    "a namespace that does not exist": (
        workload(SECRET),
        seen(unseen=("Secret",), new_namespaces=frozenset({NAMESPACE})),
        ["NEEDED_SECRET_MISSING"],
    ),
}


@pytest.mark.parametrize(("text", "inventory", "expected"), UNSEEN.values(), ids=UNSEEN)
def test_what_may_not_be_seen_is_never_missing(text: str, inventory: Inventory, expected: list[str]) -> None:
    found = judged(text, inventory, install=False)
    assert [each.code for each in found] == expected
    assert all(isinstance(each, CannotTellError) == (each.code == "NEED_UNSEEN") for each in found)


def test_several_secrets_that_may_not_be_seen_are_one_finding() -> None:
    text = workload(SECRET) + workload(SECRET.replace("db", "other"))
    assert codes(text, seen(unseen=("Secret",))) == ["NEED_UNSEEN"]


def test_a_kind_of_which_nothing_is_served_has_no_objects() -> None:
    text = thing(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "h",
        "spec: {scaleTargetRef: {apiVersion: new.test/v1, kind: Thing, name: t}}",
    )
    assert codes(text) == ["REFERENCE_MISSING"]
    assert codes(text, seen(unlisted=frozenset({"new.test/v1"}))) == ["NEED_UNSEEN"]


def test_a_class_of_storage_is_missing_only_where_no_volume_is_of_it() -> None:
    assert codes(CLAIM, seen(unseen=("PersistentVolume",))) == ["NEED_UNSEEN"]
    assert codes(CLAIM, seen({("StorageClass", "fast"): None}, unseen=("PersistentVolume",))) == []


CLASSES = {
    "IngressClass": thing("networking.k8s.io/v1", "Ingress", "i", "spec: {ingressClassName: alb}"),
    "StorageClass": CLAIM,
    "PriorityClass": workload("{priorityClassName: p, containers: []}"),
    "RuntimeClass": workload("{runtimeClassName: p, containers: []}"),
    "ClusterIssuer": thing(
        "cert-manager.io/v1", "Certificate", "c", "spec: {issuerRef: {name: i, kind: ClusterIssuer}}"
    ),
}


@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_of_the_cluster_that_an_account_of_a_namespace_may_not_see_warns(kind: str) -> None:
    found = unmet(CLASSES[kind], seen(unseen=(kind, "PersistentVolume")))
    assert ([each.code for each in found.errors], [each.code for each in found.warnings]) == ([], ["NEED_UNSEEN"])


def test_what_is_unseen_in_a_namespace_is_an_error() -> None:
    found = unmet(workload(SECRET), seen(unseen=("Secret",)))
    assert ([each.code for each in found.errors], found.warnings) == (["NEED_UNSEEN"], ())


def test_a_login_that_the_live_revision_did_without_warns() -> None:
    live = logins_of(needs_of(manifests(workload(PULL)), NAMESPACE))
    found = unmet(workload(PULL), lived_without=live)
    assert live == {Thing("", "Secret", NAMESPACE, "db")}
    assert (found.errors, [each.code for each in found.warnings]) == ((), ["PULL_SECRET_MISSING"])


def test_a_login_is_an_error_where_its_secret_is_needed_otherwise_too() -> None:
    live = logins_of(needs_of(manifests(workload(PULL)), NAMESPACE))
    both = workload(PULL.replace("[]}", "[{name: main, envFrom: [{secretRef: {name: db}}]}]}"))
    assert [each.code for each in unmet(both, lived_without=live).errors]
    assert [each.code for each in unmet(workload(PULL)).errors] == ["PULL_SECRET_MISSING"]
