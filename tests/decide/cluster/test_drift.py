"""Where a live object differs from what its release would make of it: each field once, and no field besides."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.drift import compare, without_nulls
from jetscale_cicd.model.status import Drift, DriftKind

Object = dict[str, Any]


def thing(kind: str = "Deployment", *, metadata: Object | None = None, **fields: Any) -> Object:
    return {"kind": kind, "metadata": {"name": "web", **(metadata or {})}, **fields}


def differences(live: Object, wanted: Object, *, masked: bool = False) -> dict[str, tuple[str, str]]:
    """By path, what is there and what is wanted."""
    found = compare(live, wanted, masked=masked)
    assert len({each.path for each in found}) == len(found)
    return {each.path: (each.live, each.wanted) for each in found}


def spec(**fields: Any) -> Object:
    return thing(spec=fields)


def test_the_same_does_not_differ() -> None:
    assert (
        compare(
            spec(replicas=1, template={"a": [1, {"b": 2}]}),
            spec(replicas=1, template={"a": [1, {"b": 2}]}),
            masked=False,
        )
        == ()
    )


@pytest.mark.parametrize(
    ("live", "wanted", "found"),
    [
        ({"replicas": 2}, {"replicas": 1}, {"spec.replicas": ("2", "1")}),
        ({"replicas": 2}, {}, {"spec.replicas": ("2", "absent")}),
        ({}, {"replicas": 1}, {"spec.replicas": ("absent", "1")}),
        ({"paused": True}, {"paused": False}, {"spec.paused": ("true", "false")}),
        ({"image": "a"}, {"image": "b"}, {"spec.image": ('"a"', '"b"')}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, {"spec.a.b.c": ("1", "2")}),
        ({"l": [1, 2]}, {"l": [1, 3]}, {"spec.l.1": ("2", "3")}),
        ({"l": [{"n": "a", "v": 1}]}, {"l": [{"n": "a", "v": 2}]}, {"spec.l.0.v": ("1", "2")}),
        ({"l": [1]}, {"l": [1, 2]}, {"spec.l": ("[1]", "[1, 2]")}),
        ({"a": {"b": 1}}, {"a": [1]}, {"spec.a": ('{"b": 1}', "[1]")}),
        ({"a": 1, "b": 1}, {"a": 2, "b": 2}, {"spec.a": ("1", "2"), "spec.b": ("1", "2")}),
        ({"a": 1}, {"a": "1"}, {"spec.a": ("1", '"1"')}),
        ({"a": {}}, {}, {"spec.a": ("{}", "absent")}),
        ({"args": ["a"]}, {"args": ["a", "b"]}, {"spec.args": ('["a"]', '["a", "b"]')}),
        ({"rules": [{"a": 1}, {"b": 2}]}, {"rules": [{"b": 2}]}, {"spec.rules.0": ('{"a": 1}', "absent")}),
        ({"rules": [{"b": 2}]}, {"rules": [{"b": 2}, {"a": 1}]}, {"spec.rules.1": ("absent", '{"a": 1}')}),
        (
            {"rules": [{"b": 2}]},
            {"rules": [{"c": 2}, {"a": 1}]},
            {"spec.rules": ('[{"b": 2}]', '[{"c": 2}, {"a": 1}]')},
        ),
        ({"rules": []}, {"rules": [{"a": 1}]}, {"spec.rules": ("[]", '[{"a": 1}]')}),
        ({}, {"extra": {"x": 1}}, {"spec.extra": ("absent", '{"x": 1}')}),
    ],
)
def test_each_field_that_differs_is_told_at_its_path(live: Object, wanted: Object, found: object) -> None:
    assert differences(spec(**live), spec(**wanted)) == found


def test_what_the_server_and_controllers_write_is_no_drift() -> None:
    names = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
    live = thing(metadata=dict.fromkeys(names, "x"), status={"readyReplicas": 1})
    assert compare(live, thing(status={"readyReplicas": 2}), masked=False) == ()


def test_every_field_that_differs_is_named_once_in_the_order_of_the_paths() -> None:
    live = spec(replicas=4, containers=[{"image": "a"}], paused=True)
    wanted = spec(replicas=1, containers=[{"image": "b"}], extra={"x": 1})
    assert compare(live, wanted, masked=False) == (
        Drift(subject="Deployment web", path="spec.containers.0.image", live='"a"', wanted='"b"'),
        Drift(subject="Deployment web", path="spec.extra", live="absent", wanted='{"x": 1}', kind=DriftKind.REMOVED),
        Drift(subject="Deployment web", path="spec.paused", live="true", wanted="absent", kind=DriftKind.ADDED),
        Drift(subject="Deployment web", path="spec.replicas", live="4", wanted="1"),
    )


def test_labels_and_annotations_are_wanted() -> None:
    live = thing(metadata={"labels": {"a": "1"}, "annotations": {"b": "1"}})
    wanted = thing(metadata={"labels": {"a": "2"}})
    assert differences(live, wanted).keys() == {"metadata.labels.a", "metadata.annotations"}


def test_a_field_of_the_name_of_a_written_one_is_told_where_it_is_wanted() -> None:
    assert differences(spec(status="a", generation=1), spec(status="b", generation=2)).keys() == {
        "spec.status",
        "spec.generation",
    }


def test_the_object_is_named_by_its_kind_and_name() -> None:
    (found,) = compare(spec(a=1), spec(a=2), masked=False)
    assert found.subject == "Deployment web"


@pytest.mark.parametrize(("kind", "masked"), [("Secret", False), ("Deployment", True)])
def test_what_may_be_secret_is_told_to_differ_and_not_shown(kind: str, masked: bool) -> None:
    live, wanted = (thing(kind, data={"password": value}) for value in ("c2VjcmV0LW9uZQ==", "c2VjcmV0LXR3bw=="))
    (found,) = compare(live, wanted, masked=masked)
    assert (found.path, found.live, found.wanted) == ("data.password", "(masked)", "(masked)")
    assert "c2VjcmV0" not in found.live + found.wanted


def test_a_config_map_is_shown() -> None:
    assert differences(thing("ConfigMap", data={"a": "1"}), thing("ConfigMap", data={"a": "2"})) == {
        "data.a": ('"1"', '"2"')
    }


def test_long_values_are_cut() -> None:
    (found,) = compare(spec(a="x" * 1000), spec(a="y" * 1000), masked=False)
    assert len(found.live) == len(found.wanted) < 200
    assert found.live.endswith("…")


@pytest.mark.parametrize(
    ("document", "applied"),
    [
        ({"a": None}, {}),
        ({"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": {"b": None}}, {"a": {}}),
        ({"a": None, "b": {"c": None, "d": 1}, "e": [None]}, {"b": {"d": 1}, "e": [None]}),
        ({"a": [None, {"b": None}]}, {"a": [None, {"b": None}]}),
        ({"a": 0, "b": "", "c": False, "d": []}, {"a": 0, "b": "", "c": False, "d": []}),
    ],
)
def test_a_key_that_says_nothing_is_not_applied(document: Object, applied: Object) -> None:
    assert without_nulls(document) == applied
