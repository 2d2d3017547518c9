"""Manifests object by object, and not one byte of a Secret in what is shown."""

import base64
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.manifest_diff import compare_manifests
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.simulation import ManifestDiff

KEY = b"k" * 32
CANARY = "kanarienvogel-7f3a"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def rendered(*documents: Any) -> bytes:
    """A stream as helm renders it."""
    return yaml.safe_dump_all(documents, sort_keys=False).encode()


def diff(old: bytes, new: bytes, key: bytes = KEY) -> tuple[str, int]:
    """The diff of two streams."""
    changes = compare_manifests(parse_manifests(old, "old"), parse_manifests(new, "new"), key)
    compared = ManifestDiff(target="live", changes=changes)
    return compared.text, compared.objects


def thing(kind: str = "ConfigMap", name: str = "a", **more: Any) -> dict[str, Any]:
    """An object."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **more}


SECRETS: dict[str, dict[str, Any]] = {
    "data": thing("Secret", data={"password": base64.b64encode(CANARY.encode()).decode(), "other": CANARY}),
    "string data": thing("Secret", stringData={"password": CANARY}),
    "both": thing("Secret", data={"a": CANARY}, stringData={"b": CANARY}),
    "several lines": thing("Secret", stringData={"password": f"one\n{CANARY}\nthree"}),
    "a nested value": thing("Secret", data={"password": {"deeper": [CANARY]}}),
    "a list for data": thing("Secret", data=[CANARY, {"a": CANARY}]),
    "text for data": thing("Secret", data=CANARY),
    "binary": thing("Secret", data={"a": CANARY.encode()}),
    "no metadata": {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": CANARY}},
    "odd metadata": {"apiVersion": "v1", "kind": "Secret", "metadata": ["a"], "stringData": {"a": CANARY}},
    "a misspelt key": thing("Secret", stringdata={"a": CANARY}, Data={"b": CANARY}),
    "another API group": {**thing("Secret", data={"a": CANARY}), "apiVersion": "example.org/v1"},
    "kubectl's copy": {
        **thing("Secret"),
        "metadata": {"name": "a", "annotations": {LAST_APPLIED: json.dumps({"data": {"a": CANARY}}), "kept": "yes"}},
    },
    "a List": {"apiVersion": "v1", "kind": "List", "items": [thing("Secret", data={"a": CANARY}), thing()]},
    "a List in a List": {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "List", "items": [thing("Secret", stringData={"a": CANARY})]}],
    },
    "a SecretList": {
        "apiVersion": "v1",
        "kind": "SecretList",
        "items": [{"metadata": {"name": "x"}, "data": {"a": CANARY}}],
    },
    "a List with something odd in it": {"kind": "List", "items": [thing("Secret", data={"a": CANARY}), "odd"]},
    "an object that carries one": thing("Template", objects=[thing("Secret", data={"a": CANARY})]),
    "an object that wraps one": thing("Work", spec={"manifest": {"raw": thing("Secret", stringData={"a": CANARY})}}),
}


class TestASecretIsNeverShown:
    @pytest.mark.parametrize("document", SECRETS.values(), ids=SECRETS.keys())
    def test_not_when_it_comes_goes_or_changes(self, document: dict[str, Any]) -> None:
        changed = json.loads(json.dumps(document, default=str).replace(CANARY, f"new-{CANARY}"))
        streams = rendered(document), rendered(changed), rendered()
        for old in streams:
            for new in streams:
                shown, _ = diff(old, new)
                assert CANARY not in shown
                assert base64.b64encode(CANARY.encode()).decode()[:-4] not in shown

    @pytest.mark.parametrize("document", SECRETS.values(), ids=SECRETS.keys())
    def test_but_that_it_changed_is_shown(self, document: dict[str, Any]) -> None:
        changed = json.loads(json.dumps(document, default=str).replace(CANARY, f"new-{CANARY}"))
        if rendered(changed) != rendered(document):
            shown, count = diff(rendered(document), rendered(changed))
            assert "(masked " in shown
            assert count == 1

    def test_name_keys_type_and_labels_stay(self) -> None:
        secret = {**thing("Secret", data={"password": CANARY}), "type": "Opaque"}
        secret["metadata"] = {"name": "db", "labels": {"app": "x"}, "annotations": {"note": "kept"}}
        shown, _ = diff(rendered(), rendered(secret))
        for kept in ("b/Secret/db", "password: (masked ", "type: Opaque", "app: x", "note: kept"):
            assert kept in shown

    def test_equal_values_show_equal_masks_within_a_run_and_other_masks_in_the_next(self) -> None:
        secret = rendered(thing("Secret", data={"a": CANARY, "b": CANARY, "c": "other"}))
        shown, _ = diff(rendered(), secret)
        masks = [line.partition("masked ")[2] for line in shown.splitlines() if "masked" in line]
        assert masks[0] == masks[1] != masks[2]
        assert diff(rendered(), secret, b"another key")[0] != shown

    def test_an_unchanged_secret_is_no_difference(self) -> None:
        secret = rendered(thing("Secret", data={"a": CANARY}))
        assert diff(secret, secret) == ("", 0)

    @settings(max_examples=30)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
        )
    )
    def test_whatever_its_data_is(self, value: Any) -> None:
        secret = thing("Secret", data={"a": {"canary": CANARY, "and": value}})
        assert CANARY not in diff(rendered(), rendered(secret))[0]

    @pytest.mark.parametrize(
        "document",
        [
            {**thing("SealedSecret", spec={"encryptedData": {"a": "AgBy3"}}), "apiVersion": "bitnami.com/v1alpha1"},
            {**thing("ExternalSecret", spec={"data": [{"secretKey": "a"}]}), "apiVersion": "external-secrets.io/v1"},
            thing("ConfigMap", data={"a": "plain"}),
            thing("Release", valuesFrom=[{"kind": "Secret", "name": "a", "valuesKey": "data"}]),
        ],
    )
    def test_what_only_speaks_of_secrets_is_shown(self, document: dict[str, Any]) -> None:
        assert "masked" not in diff(rendered(), rendered(document))[0]


class TestADifference:
    def test_objects_are_compared_wherever_they_stand_in_the_stream(self) -> None:
        one, two = thing(name="a", data={"k": "1"}), thing(name="b", data={"k": "2"})
        assert diff(rendered(one, two), rendered(two, one)) == ("", 0)

    def test_a_changed_line_is_shown_under_its_object(self) -> None:
        shown, count = diff(rendered(thing(data={"k": "old"})), rendered(thing(data={"k": "new"})))
        assert count == 1
        assert shown.splitlines()[:2] == ["--- a/ConfigMap/a", "+++ b/ConfigMap/a"]
        assert {"-  k: old", "+  k: new"} <= set(shown.splitlines())

    def test_an_added_and_a_removed_object_have_nothing_at_the_other_end(self) -> None:
        shown, count = diff(rendered(thing(name="gone")), rendered(thing(name="come")))
        assert count == 2
        assert "+++ b/ConfigMap/come" in shown
        assert "--- a/ConfigMap/gone" in shown
        assert shown.count("/dev/null") == 2

    def test_a_namespace_is_part_of_the_name(self) -> None:
        there = {**thing(), "metadata": {"name": "a", "namespace": "prod"}}
        shown, count = diff(rendered(thing()), rendered(there))
        assert count == 2
        assert "b/ConfigMap/a (prod)" in shown

    def test_an_api_version_is_part_of_the_name(self) -> None:
        assert diff(rendered(thing()), rendered({**thing(), "apiVersion": "v2"}))[1] == 2

    def test_a_list_is_taken_apart(self) -> None:
        together = {"apiVersion": "v1", "kind": "List", "items": [thing(name="a"), thing(name="b")]}
        assert diff(rendered(together), rendered(thing(name="a"), thing(name="b"))) == ("", 0)

    def test_objects_without_a_name_are_not_lost(self) -> None:
        def job(number: int) -> dict[str, Any]:
            return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "x-"}, "size": number}

        shown, count = diff(rendered(job(1), job(2)), rendered(job(3), job(2)))
        assert count == 1
        assert {"-size: 1", "+size: 3"} <= set(shown.splitlines())

    def test_empty_documents_and_comments_are_nothing(self) -> None:
        assert parse_manifests(b"---\n# Source: a\n---\n---\nnull\n", "x") == ()

    def test_keys_keep_their_order(self) -> None:
        shown, _ = diff(rendered(), rendered({"kind": "A", "apiVersion": "v1", "b": 1, "a": 2}))
        assert shown.index("+b: 1") < shown.index("+a: 2")

    @pytest.mark.parametrize("stream", [b"- a\n", b"text", b"a: [", b"\xff", b"a: &a [*a]"])
    def test_what_is_no_manifest_is_an_error_with_its_place(self, stream: bytes) -> None:
        with pytest.raises(ConfigurationError) as refused:
            parse_manifests(stream, "live after")
        assert refused.value.code == "MANIFESTS"
        assert refused.value.where.startswith("live after")
