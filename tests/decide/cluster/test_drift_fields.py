"""Drift: every field in which a live object differs from what its release would make of it, secrets masked."""

import pytest

from jetscale_cicd.decide.cluster.drift import compare, without_nulls
from jetscale_cicd.model.status import Drift


def thing(kind: str = "Deployment", **fields: object) -> dict[str, object]:
    return {"kind": kind, "metadata": {"name": "web"}, **fields}


def test_an_object_that_is_as_its_release_says_has_no_drift() -> None:
    assert compare(thing(spec={"replicas": 1}), thing(spec={"replicas": 1}), masked=False) == ()


def test_every_field_that_differs_is_named_with_both_values() -> None:
    live = thing(spec={"replicas": 4, "containers": [{"image": "a"}], "paused": True})
    wanted = thing(spec={"replicas": 1, "containers": [{"image": "b"}], "extra": {"x": 1}})
    assert compare(live, wanted, masked=False) == (
        Drift(subject="Deployment web", path="spec.containers.0.image", live='"a"', wanted='"b"'),
        Drift(subject="Deployment web", path="spec.extra", live="absent", wanted='{"x": 1}'),
        Drift(subject="Deployment web", path="spec.paused", live="true", wanted="absent"),
        Drift(subject="Deployment web", path="spec.replicas", live="4", wanted="1"),
    )


def test_lists_of_different_lengths_differ_as_a_whole() -> None:
    (found,) = compare(thing(args=["a"]), thing(args=["a", "b"]), masked=False)
    assert (found.path, found.live, found.wanted) == ("args", '["a"]', '["a", "b"]')


@pytest.mark.parametrize("field", ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"])
def test_what_the_api_server_writes_is_no_drift(field: str) -> None:
    live = {**thing(status={"ready": 1}), "metadata": {"name": "web", field: "x"}}
    assert compare(live, thing(status={"ready": 0}), masked=False) == ()


@pytest.mark.parametrize(("kind", "masked"), [("Secret", False), ("Deployment", True)])
def test_what_may_be_secret_is_masked(kind: str, masked: bool) -> None:
    (found,) = compare(thing(kind, data={"a": "hunter2"}), thing(kind, data={"a": "hunter3"}), masked=masked)
    assert (found.path, found.live, found.wanted) == ("data.a", "(masked)", "(masked)")


def test_long_values_are_cut() -> None:
    (found,) = compare(thing(a="x" * 500), thing(a="y"), masked=False)
    assert len(found.live) < 200
    assert found.live.endswith("…")


def test_keys_that_are_null_are_left_out_of_an_apply() -> None:
    assert without_nulls({"a": None, "b": {"c": None, "d": 1}, "e": [None]}) == {"b": {"d": 1}, "e": [None]}
