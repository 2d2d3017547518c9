"""What a deploy records in values and labels."""

from jetscale_cicd.decide.cluster.deploy_record import (
    nested,
    record_labels,
    record_values,
    recorded,
    recorded_definitions,
    recorded_deploy,
    recorded_run,
    state_labels,
)
from jetscale_cicd.decide.cluster.masking import MASKED, exposes, masked
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.revision import RevisionRecord, RevisionState

DEPLOYED = Deployed(version="1.2.3", commit="a" * 40, digest=f"sha256:{'b' * 64}", values_digest=f"sha256:{'c' * 64}")


def test_a_deploy_is_read_back_from_its_values() -> None:
    values = record_values(DEPLOYED, "run", "d1")
    assert (recorded(values), recorded_run(values), recorded_deploy(values)) == (DEPLOYED, "run", "d1")


def test_the_digests_of_definitions_are_read_back_and_no_others() -> None:
    values = record_values(replace(DEPLOYED, definitions={"a.test": "1"}), "run", "d1")
    assert recorded_definitions(values) == {"a.test": "1"}
    assert recorded(values) == DEPLOYED
    assert "definitions" not in record_values(DEPLOYED, "run", "d1")["global"]["stage6"]  # type: ignore[index]
    assert recorded_definitions({"global": {"stage6": {"definitions": ["a"]}}}) == {}


def test_values_that_name_no_deploy_give_none() -> None:
    unmanaged = Deployed(version="1.2.3", commit="", digest="", values_digest="")
    for values in ({}, {"global": None}, {"global": {"stage6": "x"}}, record_values(unmanaged, "", "")):
        assert recorded(values) is None
    broken = record_values(DEPLOYED, "", "")
    broken["global"]["stage6"]["commit"] = "main"  # type: ignore[index]
    assert recorded(broken) is None


def test_labels_keep_to_what_kubernetes_allows() -> None:
    labels = record_labels(DEPLOYED) | state_labels(RevisionRecord(revision=7, state=RevisionState.FAILED))
    assert labels == {
        "stage6.jetscale.ai/commit": "a" * 40,
        "stage6.jetscale.ai/digest": "b" * 40,
        "stage6.jetscale.ai/values": "c" * 40,
        "stage6.jetscale.ai/revision": "7",
        "stage6.jetscale.ai/state": "failed",
    }


def test_dotted_keys_are_nested() -> None:
    assert nested({"a.b": "1", "a.c": "2", "d": "3"}) == {"a": {"b": "1", "c": "2"}, "d": "3"}


def test_values_from_the_environment_are_masked_and_nothing_else() -> None:
    values = {"api": {"token": "hunter2", "url": "u"}, "plain": "p"}
    assert exposes(values, ["api.token"])
    hidden = masked(values, ["api.token", "gone", "plain.deeper"])
    assert hidden == {"api": {"token": MASKED, "url": "u"}, "plain": "p"}
    assert not exposes(hidden, ["api.token"])
