"""What a change does to objects, apart from what differs anyway: labels with the chart's version, and random values."""

import json
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.manifest_diff import (
    STABLE,
    Unstable,
    compare_images,
    compare_manifests,
    compare_renders,
)
from jetscale_cicd.decide.cluster.manifests import Manifest, check_rendered_once, parse_manifests
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.simulation import ChangeKind, ObjectChange, OnlyDiffers

Given = dict[str, Any]
LABELS, RANDOM = OnlyDiffers.CHART_LABELS, OnlyDiffers.EVERY_RENDER


def thing(kind: str = "ConfigMap", name: str = "a", version: str = "", **more: Any) -> Given:
    """An object, with the label of a chart's version where one is given."""
    labels = {"labels": {"helm.sh/chart": f"app-{version}", "app": "a"}} if version else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **labels}, **more}


def workload(version: str, checksum: str = "1", image: str = "web:1") -> Given:
    """A Deployment whose pods have the version's label, and a checksum of their configuration."""
    metadata = {"labels": {"helm.sh/chart": f"app-{version}"}, "annotations": {"checksum/config": checksum * 64}}
    template = {"metadata": metadata, "spec": {"containers": [{"name": "web", "image": image}]}}
    return thing("Deployment", "web", version, spec={"template": template})


def manifests(*documents: Given) -> tuple[Manifest, ...]:
    """The objects of a render."""
    return parse_manifests("".join(f"---\n{json.dumps(each)}\n" for each in documents).encode(), "x")


def compared(old: list[Given], new: list[Given], unstable: Unstable = STABLE) -> dict[str, ObjectChange]:
    """Each change by the name of its object."""
    changes = compare_manifests(manifests(*old), manifests(*new), b"k", ("1.0.0", "1.1.0"), unstable)
    return {each.name: each for each in changes}


def only(changes: dict[str, ObjectChange]) -> dict[str, OnlyDiffers | None]:
    """Why each difference is none of the change."""
    return {name: each.only for name, each in changes.items()}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"helm.sh/chart": ("app-1.0.0", "app-1.1.0")}, LABELS),
        ({"helm.sh/chart": ("sub-3.0.0", "sub-4.0.0")}, LABELS),
        ({"app.kubernetes.io/version": ("1.0.0", "1.1.0")}, LABELS),
        ({"example.org/release": ("app-1.0.0-x", "app-1.1.0-x")}, LABELS),
        ({"tier": ("web", "db")}, None),
        ({"helm.sh/chart": ("app-1.0.0", "app-1.1.0"), "tier": ("web", "db")}, None),
        ({"helm.sh/chart": (None, "app-1.1.0")}, None),
    ],
)
@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_labels_that_hold_the_version_are_no_change(
    where: str, labels: dict[str, tuple[str, str]], expected: OnlyDiffers | None
) -> None:
    def one(side: int) -> Given:
        values = {key: pair[side] for key, pair in labels.items() if pair[side]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", where: values}}

    assert only(compared([one(0)], [one(1)])) == {"a": expected}


def test_a_version_outside_labels_is_a_change() -> None:
    for key in ("data", "spec"):
        old, new = ({**thing(), key: {"version": version}} for version in ("1.0.0", "1.1.0"))
        assert only(compared([old], [new])) == {"a": None}
    old, new = ({**thing(), "spec": {"selector": {"matchLabels": {"chart": each}}}} for each in ("a-1", "a-2"))
    assert only(compared([old], [new])) == {"a": None}


@pytest.mark.parametrize(("kind", "field"), [("Job", "template"), ("StatefulSet", "volumeClaimTemplates")])
def test_a_label_that_the_server_lets_nobody_change_is_a_change(kind: str, field: str) -> None:
    def render(kind: str, version: str) -> Given:
        return thing(kind, spec={field: {"metadata": {"labels": {"helm.sh/chart": f"app-{version}"}}}})

    assert only(compared([render(kind, "1.0.0")], [render(kind, "1.1.0")])) == {"a": None}
    assert only(compared([render("Deployment", "1.0.0")], [render("Deployment", "1.1.0")])) == {"a": LABELS}


def test_a_checksum_of_labels_alone_is_no_change_and_one_of_a_change_is() -> None:
    old = [thing(version="1.0.0", data={"k": "1"}), workload("1.0.0", "1")]
    same = [thing(version="1.1.0", data={"k": "1"}), workload("1.1.0", "2")]
    other = [thing(version="1.1.0", data={"k": "2"}), workload("1.1.0", "2")]
    assert only(compared(old, same)) == {"a": LABELS, "web": LABELS}
    assert only(compared(old, other)) == {"a": None, "web": None}


def test_a_checksum_next_to_an_added_object_may_be_the_change() -> None:
    changes = compared([workload("1.0.0", "1")], [workload("1.1.0", "2"), thing(name="new")])
    assert only(changes) == {"web": None, "new": None}


def test_what_differs_in_every_render_is_marked_and_the_rest_is_shown() -> None:
    def render(random: str, user: str = "app") -> list[Given]:
        return [thing("Secret", "db", stringData={"password": random, "user": user}), thing(data={"k": "1"})]

    unstable = compare_renders(manifests(*render("2")), manifests(*render("3")))
    assert only(compared(render("1"), render("2"), unstable)) == {"db": RANDOM}
    changes = compared(
        render("1"), render("2", "other"), compare_renders(manifests(*render("2")), manifests(*render("3")))
    )
    assert only(changes) == {"db": None}
    assert sum(line.startswith("+") for line in changes["db"].hunks) == 1


def test_an_object_whose_name_differs_in_every_render_is_marked() -> None:
    old, new, again = ([thing(name=f"job-{number}")] for number in (1, 2, 3))
    unstable = compare_renders(manifests(*new), manifests(*again))
    assert only(compared(old, new, unstable))["job-2"] is RANDOM


def test_a_list_of_another_length_in_every_render_is_marked() -> None:
    new, again = ([thing(data={"a": [1] * number, "b": 1})] for number in (2, 3))
    unstable = compare_renders(manifests(*new), manifests(*again))
    assert only(compared([thing(data={"a": [1], "b": 1})], new, unstable)) == {"a": RANDOM}
    assert only(compared([thing(data={"a": [1], "b": 2})], new, unstable)) == {"a": None}


def test_added_changed_and_removed_objects_and_hooks_are_told_apart() -> None:
    hook = thing("Job", "migrate")
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}
    changes = compared([thing(name="gone"), thing(data={"k": "1"})], [thing(data={"k": "2"}), hook])
    assert {name: (each.change, each.hook) for name, each in changes.items()} == {
        "a": (ChangeKind.CHANGED, ""),
        "gone": (ChangeKind.REMOVED, ""),
        "migrate": (ChangeKind.ADDED, "pre-upgrade"),
    }
    assert changes["migrate"].diff[:2] == ("--- /dev/null", "+++ b/Job/migrate (hook pre-upgrade)")


def test_images_that_would_be_others() -> None:
    custom = {"apiVersion": "example.org/v1", "kind": "Proxy", "metadata": {"name": "p"}, "spec": {"image": "proxy:1"}}
    images = compare_images(manifests(workload("1.0.0")), manifests(workload("1.1.0", image="web:2"), custom))
    assert {(each.subject, each.container): (each.before, each.after) for each in images} == {
        ("Deployment/web", "web"): ("web:1", "web:2"),
        ("Proxy/p", "spec"): (None, "proxy:1"),
    }


@pytest.mark.parametrize(
    "document", [{"metadata": None}, {"metadata": [1]}, {"metadata": {"annotations": "x"}}, {"spec": 1}]
)
def test_an_object_of_an_odd_shape_is_compared_all_the_same(document: Given) -> None:
    old, new = ({"apiVersion": "v1", "kind": "Odd", **document, "n": number} for number in (1, 2))
    assert len(compare_manifests(manifests(old), manifests(new), b"k")) == 1
    assert compare_images(manifests(old), manifests(new)) == ()
    check_rendered_once(manifests(old), "live", "prod")


# One object rendered twice


def stream(*rendered: tuple[str, Given]) -> tuple[Manifest, ...]:
    """Objects below the line with which helm names their template."""
    text = "".join(f"---\n# Source: {source}\n{json.dumps(each)}\n" for source, each in rendered)
    return parse_manifests(text.encode(), "x")


ACCOUNT = thing("ServiceAccount", "runner")
ONE, OTHER = "app/charts/one/templates/sa.yaml", "app/charts/other/templates/sa.yaml"


def with_metadata(given: Given, **more: Any) -> Given:
    """The object with more metadata."""
    return {**given, "metadata": {**given["metadata"], **more}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ACCOUNT, ACCOUNT),
        (ACCOUNT, with_metadata(ACCOUNT, namespace="prod")),
        (ACCOUNT, {"apiVersion": "v1", "kind": "List", "items": [ACCOUNT]}),
        ({**thing("Ingress"), "apiVersion": "a.io/v1"}, {**thing("Ingress"), "apiVersion": "a.io/v1beta1"}),
        (thing("ClusterRole"), with_metadata(thing("ClusterRole"), namespace="other")),
    ],
)
def test_an_object_that_is_rendered_twice_is_refused_with_both_templates(first: Given, second: Given) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_rendered_once(stream((ONE, first), (OTHER, second)), "live", "prod")
    assert refused.value.code == "OBJECT_TWICE"
    assert all(template in refused.value.message for template in (ONE, OTHER))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ACCOUNT, thing("Role", "runner")),
        (ACCOUNT, with_metadata(ACCOUNT, namespace="other")),
        ({**thing("Ingress"), "apiVersion": "a.io/v1"}, {**thing("Ingress"), "apiVersion": "b.io/v1"}),
        (with_metadata(ACCOUNT, annotations={"helm.sh/hook": "pre-install"}), ACCOUNT),
        ({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "a-"}},) * 2,
    ],
)
def test_what_helm_installs_is_not(first: Given, second: Given) -> None:
    check_rendered_once(stream((ONE, first), (OTHER, second)), "live", "prod")


def test_a_crd_that_two_charts_bring_along_is_not() -> None:
    crd = thing("CustomResourceDefinition", "a.example.org")
    check_rendered_once(stream(("app/charts/one/crds/a.yaml", crd), ("app/crds/a.yaml", crd)), "live", "prod")


def test_a_template_is_named_once_for_all_its_documents() -> None:
    text = f"---\n# Source: {ONE}\n# Source: forged\n{json.dumps(ACCOUNT)}\n---\n{json.dumps(thing())}\n"
    assert [each.source for each in parse_manifests(text.encode(), "x")] == [ONE, ONE]
