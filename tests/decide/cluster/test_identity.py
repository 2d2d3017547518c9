"""Which cluster is meant: what a target says outranks what was recorded, and what cannot be seen is no answer."""

import pytest

from jetscale_cicd.decide.cluster.identity import needs_address, wrong_cluster
from jetscale_cicd.model.cluster_identity import CLUSTER_RECORD, ClusterIdentity
from jetscale_cicd.model.target import Target

UID, OTHER = "7c0f5a5e-5b0e-4a43-9f0b-2f3a1f6f9f6e", "00000000-0000-4000-8000-000000000000"
CA, ANOTHER = "ab" * 32, "cd" * 32
COLONS = ":".join(["AB"] * 32)
SERVER = "https://api.example.com:6443"
SEEN = ClusterIdentity(server=SERVER, authorities=(CA,), uid=UID)
PLACE = "refs/stage6/cluster/live/{record}"


def code(cluster: str, *recorded: str, seen: ClusterIdentity = SEEN) -> str | None:
    wrong = wrong_cluster(Target(name="live", cluster=cluster), seen, recorded, PLACE)
    return wrong.code if wrong else None


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        (UID, None),
        (f"sha256:{CA}", None),
        (f"sha256:{COLONS}", None),
        (SERVER, None),
        (f"{SERVER}/", None),
        (OTHER, "CLUSTER_DIFFERS"),
        (f"sha256:{ANOTHER}", "CLUSTER_DIFFERS"),
        ("https://api.example.com", "CLUSTER_DIFFERS"),
    ],
)
def test_a_target_says_which_cluster_it_is_in_three_forms(cluster: str, expected: str | None) -> None:
    assert code(cluster) == expected


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ((), None),
        ((f"uid-{UID}",), None),
        ((f"ca-{CA}",), None),
        ((f"uid-{OTHER}",), "CLUSTER_DIFFERS"),
        ((f"ca-{ANOTHER}",), "CLUSTER_DIFFERS"),
        ((f"uid-{UID}", f"uid-{OTHER}"), "CLUSTER_RECORDED_TWICE"),
    ],
)
def test_a_target_that_says_nothing_is_held_to_its_record(recorded: tuple[str, ...], expected: str | None) -> None:
    assert code("", *recorded) == expected


def test_what_a_target_says_outranks_its_record() -> None:
    assert code(UID, f"uid-{OTHER}") is None


def test_who_may_not_read_kube_system_cannot_tell() -> None:
    hidden = ClusterIdentity(server=SERVER, authorities=(CA,))
    assert code(UID, seen=hidden) == "CLUSTER_IDENTITY"
    assert code("", f"uid-{UID}", seen=hidden) == "CLUSTER_IDENTITY"
    assert code(SERVER, seen=hidden) is None


def test_kubectl_is_asked_for_an_address_where_one_is_compared_alone() -> None:
    assert not needs_address(Target(name="live", cluster=UID), ())
    assert not needs_address(Target(name="live"), (f"uid-{UID}",))
    assert needs_address(Target(name="live", cluster=SERVER), ())
    assert needs_address(Target(name="live"), (f"ca-{CA}",))
    assert not needs_address(Target(name="live", cluster=UID), (f"ca-{CA}",))


def test_a_record_is_the_uid_else_an_authority_and_can_be_a_part_of_a_ref() -> None:
    records = [SEEN.record, ClusterIdentity(authorities=(CA,)).record, ClusterIdentity(server=SERVER).record]
    assert records == [f"uid-{UID}", f"ca-{CA}", ""]
    assert all(CLUSTER_RECORD.fullmatch(record) for record in records if record)
