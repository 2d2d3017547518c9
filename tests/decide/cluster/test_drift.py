"""Where a live object differs from what its release would make of it: each field once, and no field besides."""

from base64 import b64encode
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.drift import compare, without_nulls
from jetscale_cicd.decide.cluster.visible import Visible, public_words
from jetscale_cicd.model.status import Drift, DriftKind, Redeploy
from jetscale_cicd.tools.redact import Redactor

Object = dict[str, Any]


def thing(kind: str = "Deployment", *, metadata: Object | None = None, **fields: Any) -> Object:
    return {"kind": kind, "metadata": {"name": "web", **(metadata or {})}, **fields}


SEES = Visible(redact=Redactor.of(["hunter-22"]), is_secret_name=Redactor.is_secret_name)


def differences(live: Object, wanted: Object, visible: Visible = SEES) -> dict[str, tuple[str, str]]:
    """By path, what is there and what is wanted."""
    found = compare(live, wanted, visible)
    assert len({each.path for each in found}) == len(found)
    return {each.path: (each.live, each.wanted) for each in found}


def spec(**fields: Any) -> Object:
    return thing(spec=fields)


def test_the_same_does_not_differ() -> None:
    assert (
        compare(
            spec(replicas=1, template={"a": [1, {"b": 2}]}),
            spec(replicas=1, template={"a": [1, {"b": 2}]}),
            SEES,
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
    assert compare(live, thing(status={"readyReplicas": 2}), SEES) == ()


def test_every_field_that_differs_is_named_once_in_the_order_of_the_paths() -> None:
    live = spec(replicas=4, containers=[{"image": "a"}], paused=True)
    wanted = spec(replicas=1, containers=[{"image": "b"}], extra={"x": 1})
    assert compare(live, wanted, SEES) == (
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


@pytest.mark.parametrize(("custom", "redeploy"), [(False, Redeploy.RESTORES), (True, Redeploy.HELM_4_RESTORES)])
def test_what_a_redeploy_does_depends_on_helm_for_a_custom_resource(custom: bool, redeploy: Redeploy) -> None:
    (found,) = compare(spec(a=1), spec(a=2), SEES, custom=custom)
    assert found.redeploy is redeploy


def test_the_object_is_named_by_its_kind_and_name() -> None:
    (found,) = compare(spec(a=1), spec(a=2), SEES)
    assert found.subject == "Deployment web"


FROM_ENVIRONMENT = Visible(
    redact=SEES.redact, is_secret_name=SEES.is_secret_name, public=frozenset({"web", "registry", "example", "size"})
)


@pytest.mark.parametrize(
    ("kind", "fields", "shown"),
    [
        ("ConfigMap", {"data": {"size": ("9", "3")}}, True),
        ("ConfigMap", {"data": {"size": ("9", "hunter-22")}}, False),
        ("ConfigMap", {"data": {"size": ("at hunter-22", "3")}}, False),
        ("ConfigMap", {"data": {"size": (b64encode(b"hunter-22").decode(), "3")}}, False),
        ("ConfigMap", {"data": {"DB_PASSWORD": ("a", "b")}}, False),
        ("Deployment", {"spec": {"secretName": ("a", "b")}}, True),
        ("Secret", {"data": {"size": ("YQ==", "Yg==")}}, False),
        ("Secret", {"stringData": {"size": ("a", "b")}}, False),
        ("Secret", {"type": ("Opaque", "kubernetes.io/tls")}, True),
        ("Secret", {"metadata": {"labels": {"a": ("1", "2")}}}, True),
        (
            "Secret",
            {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": ("1", "2")}}},
            False,
        ),
        ("Secret", {"spec": {"odd": ("1", "2")}}, False),
    ],
)
def test_only_what_is_secret_is_masked(kind: str, fields: Object, shown: bool) -> None:
    check_shown(kind, fields, SEES, shown=shown)


@pytest.mark.parametrize(
    ("live", "wanted", "shown"),
    [
        (4, 1, True),
        (True, False, True),
        ("registry.example/web:hotfix", "registry.example/web", True),
        ("changed by somebody", "size", True),
        ("size", "of-the-environment", False),  # a secret of an earlier deploy, perhaps
        ("size", 443322, False),
        ("size", None, True),
        ("hunter-22", "size", False),
    ],
)
def test_of_a_release_with_values_of_the_environment_what_the_chart_says_is_shown(
    live: object, wanted: object, shown: bool
) -> None:
    check_shown("Deployment", {"spec": {"a": (live, wanted)}}, FROM_ENVIRONMENT, shown=shown)


def check_shown(kind: str, fields: Object, visible: Visible, *, shown: bool) -> None:
    """Of an object with a pair of values, what is there and what is wanted."""
    live, wanted = ({"kind": kind, **side(fields, number)} for number in (0, 1))
    (found,) = compare(live, wanted, visible)
    assert (found.live == "(masked)", found.wanted == "(masked)") == (not shown, not shown)


def side(fields: Any, number: int) -> Any:
    """One side of each pair."""
    if isinstance(fields, tuple):
        return fields[number]
    return {key: side(value, number) for key, value in fields.items()}


def test_the_words_of_chart_and_values_are_public_but_for_the_values_of_the_environment() -> None:
    template = b64encode(b"image: {{ .Values.image }}-slim").decode()
    chart = {"metadata": {"name": "app"}, "values": {"image": "web", "port": 8080}, "templates": [{"data": template}]}
    content: Object = {"name": "shop", "config": {"size": "nine", "api": {"token": "olden-days"}}, "chart": chart}
    words = public_words(content, ("api.token",))
    assert {"app", "web", "8080", "slim", "shop", "size", "nine", "token"} <= words
    assert not {"olden", "days"} & words


@pytest.mark.parametrize(
    "content", [{}, {"chart": None}, {"chart": {"templates": [None, {"data": 3}, {"data": "?"}]}, "config": []}]
)
def test_what_helm_keeps_otherwise_has_no_words(content: Object) -> None:
    assert public_words(content, ("a.b",)) <= {"None"}


def test_a_config_map_is_shown() -> None:
    assert differences(thing("ConfigMap", data={"a": "1"}), thing("ConfigMap", data={"a": "2"})) == {
        "data.a": ('"1"', '"2"')
    }


def test_long_values_are_cut() -> None:
    (found,) = compare(spec(a="x" * 1000), spec(a="y" * 1000), SEES)
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
