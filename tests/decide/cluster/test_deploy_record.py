"""The record in a revision's values, and values that came from the environment."""

from dataclasses import replace
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.deploy_record import (
    KEY,
    LABEL,
    exposes,
    masked,
    nested,
    record_labels,
    record_values,
    recorded,
    recorded_deploy,
    recorded_run,
)
from jetscale_cicd.model.live import Deployed

Object = dict[str, Any]
DIGEST = "sha256:" + "0123456789abcdef" * 4
RECORD = Deployed(version="1.2.3", commit="a" * 40, digest=DIGEST, values_digest=DIGEST)


def written(**changed: object) -> Object:
    """Values with a record, some of whose fields are changed; None takes one away."""
    values: Any = record_values(RECORD, "https://ci.example/runs/1", "d1")
    fields = {**values["global"][KEY], **changed}
    return {"global": {KEY: {name: value for name, value in fields.items() if value is not None}}}


def test_what_is_recorded_is_read_again() -> None:
    assert recorded(written()) == RECORD
    assert recorded_deploy(written()) == "d1"
    assert recorded_run(written()) == "https://ci.example/runs/1"


def test_a_commit_of_a_sha_256_repository_is_read() -> None:
    assert recorded(written(commit="b" * 64)) == replace(RECORD, commit="b" * 64)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"global": None},
        {"global": []},
        {"global": "text"},
        {"global": {KEY: None}},
        {"global": {KEY: "text"}},
        {"global": {KEY: {}}},
        *[written(**{name: None}) for name in ("version", "commit", "digest", "values")],
        *[written(**{name: 7}) for name in ("version", "commit", "digest", "values")],
        *[written(commit=commit) for commit in ("", "main", "a" * 39, "a" * 41, "A" * 40, "a" * 40 + "\n")],
    ],
)
def test_what_nobody_of_ours_wrote_is_no_record(values: Object) -> None:
    assert recorded(values) is None


@pytest.mark.parametrize("values", [{}, {"global": None}, {"global": {KEY: "text"}}, {"global": {KEY: {}}}])
def test_values_without_a_record_are_of_no_deploy_and_no_run(values: Object) -> None:
    assert (recorded_deploy(values), recorded_run(values)) == ("", "")


def test_the_record_is_beside_the_charts_own_globals() -> None:
    assert record_values(RECORD, "", "").keys() == {"global"}


def test_labels_are_what_kubernetes_takes() -> None:
    labels = record_labels(RECORD)
    assert {name.partition("/")[0] for name in labels} == {LABEL}
    assert all(value.isalnum() and len(value) <= 63 for value in labels.values())
    assert {name.partition("/")[2] for name in labels} >= {"commit", "digest", "values"}


@pytest.mark.parametrize("field", ["commit", "digest", "values_digest"])
def test_labels_tell_two_records_apart(field: str) -> None:
    other = replace(RECORD, **{field: "c" * 40})  # type: ignore[arg-type]
    assert record_labels(other) != record_labels(RECORD)


@pytest.mark.parametrize(
    ("dotted", "tree"),
    [
        ({}, {}),
        ({"a": "1"}, {"a": "1"}),
        ({"a.b": "1", "a.c": "2", "d": "3"}, {"a": {"b": "1", "c": "2"}, "d": "3"}),
        ({"a.b.c": "1", "a.b.d": "2"}, {"a": {"b": {"c": "1", "d": "2"}}}),
    ],
)
def test_dotted_keys_are_a_tree(dotted: dict[str, str], tree: Object) -> None:
    assert nested(dotted) == tree


@pytest.mark.parametrize(
    ("config", "keys", "shown"),
    [
        ({"a": "s"}, ["a"], {}),
        ({"a": {"b": "s", "c": 1}}, ["a.b"], {"a": {"c": 1}}),
        ({"a": {"b": {"c": "s"}, "d": 2}}, ["a.b.c"], {"a": {"b": {}, "d": 2}}),
        ({"a": "s", "b": "t", "c": 1}, ["a", "b"], {"c": 1}),
        ({"a": {"b": ["s"]}}, ["a"], {}),
    ],
)
def test_secret_values_are_masked_and_the_others_stay(config: Object, keys: list[str], shown: Object) -> None:
    before = repr(config)
    hidden = masked(config, keys)
    assert exposes(config, keys)
    assert not exposes(hidden, keys)
    assert masked(hidden, keys) == hidden
    assert without_text(hidden) == shown
    assert repr(config) == before


def without_text(config: Object) -> Object:
    """Values without those that are text, as the mask is."""
    kept = {key: without_text(value) if isinstance(value, dict) else value for key, value in config.items()}
    return {key: value for key, value in kept.items() if not isinstance(value, str)}


@pytest.mark.parametrize("config", [{}, {"b": 1}, {"a": {"c": 1}}, {"a": 7}, {"a": None}, {"a": ["b"]}])
def test_a_secret_that_is_not_there_changes_nothing(config: Object) -> None:
    assert masked(config, ["a.b"]) == config
    assert not exposes(config, ["a.b"])
