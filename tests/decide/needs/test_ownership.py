"""What Helm would refuse to take, and what a hook would delete, because it is of somebody else."""

import pytest

from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.ownership import foreign_objects, own_namespace, to_compare
from jetscale_cicd.errors import CannotTellError, Stage6Error
from tests.decide.needs.release import NAMESPACE, job, manifests, seen, thing

OURS = ("app", NAMESPACE)
CONFIG = thing("v1", "ConfigMap", "settings")
ROLE = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "reader")
AT = Thing("", "ConfigMap", NAMESPACE, "settings")
JOB = Thing("batch", "Job", NAMESPACE, "migrate")


def foreign(
    text: str, there: dict[Thing, Present], live: str = "", *, install: bool = True, inventory: Inventory | None = None
) -> tuple[Stage6Error, ...]:
    found = inventory or seen(things=there)
    return foreign_objects(manifests(text), manifests(live), found, install=install, release=OURS[0], namespace=OURS[1])


OBJECTS: dict[str, tuple[Present, list[str]]] = {
    "of this release": (Present(helm=True, release=OURS), []),
    "of no release": (Present(), ["OBJECT_OF_ANOTHER"]),
    "of another release": (Present(helm=True, release=("other", NAMESPACE)), ["OBJECT_OF_ANOTHER"]),
    "of that name in another namespace": (Present(helm=True, release=("app", "else")), ["OBJECT_OF_ANOTHER"]),
    "without Helm's label": (Present(release=OURS), ["OBJECT_OF_ANOTHER"]),
    "without Helm's annotations": (Present(helm=True), ["OBJECT_OF_ANOTHER"]),
}


@pytest.mark.parametrize(("present", "expected"), OBJECTS.values(), ids=OBJECTS)
def test_an_object_that_is_there_is(present: Present, expected: list[str]) -> None:
    found = foreign(CONFIG, {AT: present})
    assert [each.code for each in found] == expected
    assert all("kubectl label configmap settings --namespace shop" in each.hint for each in found)


@pytest.mark.parametrize("present", [present for present, _ in OBJECTS.values()])
def test_what_the_live_revision_has_is_taken_without_a_question(present: Present) -> None:
    assert foreign(CONFIG, {AT: present}, CONFIG, install=False) == ()
    assert to_compare(manifests(CONFIG), manifests(CONFIG), install=False, namespace=NAMESPACE) == frozenset()


def test_what_is_not_there_is_of_nobody() -> None:
    assert foreign(CONFIG + ROLE, {}) == ()


def test_the_other_release_is_named_with_what_would_adopt_the_object() -> None:
    (found,) = foreign(
        ROLE, {Thing("rbac.authorization.k8s.io", "ClusterRole", "", "reader"): Present(helm=True, release=("b", "a"))}
    )
    assert "release a/b" in found.message
    assert "kubectl annotate clusterrole.rbac.authorization.k8s.io reader --overwrite" in found.hint
    assert "kubectl delete clusterrole.rbac.authorization.k8s.io reader" in found.hint
    assert found.where == "app/templates/clusterrole.yaml"


def test_crds_of_the_chart_are_left_as_they_are() -> None:
    crd = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "a.b").replace("app/templates/", "app/crds/")
    assert foreign(crd, {Thing("apiextensions.k8s.io", "CustomResourceDefinition", "", "a.b"): Present()}) == ()


def test_a_kind_whose_objects_lie_in_no_namespace_is_found_there() -> None:
    issuer = thing("cert-manager.io/v1", "ClusterIssuer", "le")
    assert [
        each.code for each in foreign(issuer, {Thing("cert-manager.io", "ClusterIssuer", "", "le"): Present()})
    ] == ["OBJECT_OF_ANOTHER"]


HOOKS: dict[str, tuple[str, Present, list[str]]] = {
    "of an earlier run": (job("migrate", "x", "pre-install"), Present(hook=True), []),
    "of an earlier object of this release": (job("migrate", "x", "pre-install"), Present(helm=True, release=OURS), []),
    "of another release": (
        job("migrate", "x", "pre-install"), Present(helm=True, release=("b", "a")), ["HOOK_DELETES_ANOTHERS"],
    ),
    "of nobody": (job("migrate", "x", "pre-install"), Present(), ["HOOK_DELETES_ANOTHERS"]),
    "not deleted before": (job("migrate", "x", "pre-install", hook_delete_policy="hook-succeeded"), Present(), []),
    "not of this deploy": (job("migrate", "x", "pre-upgrade"), Present(), []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "present", "expected"), HOOKS.values(), ids=HOOKS)
def test_what_has_the_name_of_a_hook_is(text: str, present: Present, expected: list[str]) -> None:
    assert [each.code for each in foreign(text, {JOB: present})] == expected


def test_what_may_not_be_seen_is_one_finding_for_each_kind() -> None:
    hidden = seen(unseen=("ConfigMap",), why_unseen={Place("", "ConfigMap", NAMESPACE): "configmaps is forbidden"})
    (found,) = foreign(CONFIG + thing("v1", "ConfigMap", "more"), {}, inventory=hidden)
    assert (found.code, type(found), found.details) == ("OWNER_UNSEEN", CannotTellError, ("configmaps is forbidden",))
    assert "settings, more" in found.message


def test_in_a_new_namespace_nothing_is_there() -> None:
    hidden = seen(unseen=("ConfigMap",), new_namespaces=frozenset({NAMESPACE}))
    assert foreign(CONFIG, {}, inventory=hidden) == ()


def test_a_name_that_the_server_makes_up_is_of_nobody() -> None:
    text = CONFIG.replace("name: settings", "generateName: settings")
    assert foreign(text, {AT: Present()}) == ()


def test_a_chart_that_renders_the_namespace_which_the_run_makes_is_refused() -> None:
    own, other = thing("v1", "Namespace", NAMESPACE), thing("v1", "Namespace", "other")
    assert [each.code for each in own_namespace(manifests(own), NAMESPACE)] == ["NAMESPACE_RENDERED"]
    assert own_namespace(manifests(other), NAMESPACE) == ()
