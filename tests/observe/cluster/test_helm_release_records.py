"""What a release is, from the revisions that Helm keeps; a real cluster's are in tests/cluster."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from jetscale_cicd.decide.cluster.revision_record import unverified, with_record
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.live import Deployed, NotDeployed
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.helm_release import newest_good, observe_release
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

TARGET = Target(name="live", client_name="acme", env="prod", release="app")
SECRETS = "/api/v1/namespaces/acme-prod/secrets"


@dataclass
class Revisions:
    """Secrets of Helm's as an API server gives them; nothing else is there."""

    kept: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, status: str, record: RevisionRecord | None = None, **more: Any) -> "Revisions":
        number = len(self.kept) + 1
        deployed = Deployed(version="1.0.0", commit=f"{number:040x}", digest="sha256:1", values_digest="sha256:2")
        config = with_record({}, record, deployed, "", f"d{number}") if record else {}
        self.kept[number] = {
            "name": "app",
            "version": number,
            "info": {"status": status, "first_deployed": 1, "last_deployed": number, **more},
            "chart": {"metadata": {"version": "9.9.9"}},
            "config": config,
        }
        return self

    def items(self, path: str, **_: object) -> list[dict[str, Any]]:
        return [{"metadata": {"labels": {"version": str(number)}}} for number in self.kept if path == SECRETS]

    def get(self, path: str, **_: object) -> dict[str, Any] | None:
        content = self.kept.get(int(path.rpartition(".v")[2])) if path.startswith(SECRETS) else None
        if content is None:
            return None
        packed = base64.b64encode(gzip.compress(json.dumps(content).encode()))
        return {"metadata": {"name": path}, "data": {"release": base64.b64encode(packed).decode()}}


def of(number: int, state: RevisionState, code: str = "") -> RevisionRecord:
    return RevisionRecord(revision=number, state=state, code=code)


def good(revisions: Revisions, before: int) -> int | None:
    return newest_good(cast("Kubernetes", revisions), TARGET, before)


def observed(revisions: Revisions) -> Deployed:
    live = observe_release(cast("Kubernetes", revisions), TARGET)
    assert isinstance(live, Deployed)
    return live


def test_without_a_revision_nothing_is_deployed() -> None:
    assert observe_release(cast("Kubernetes", Revisions()), TARGET) == NotDeployed()
    assert observe_release(cast("Kubernetes", Revisions().add("uninstalled")), TARGET) == NotDeployed()


def test_what_is_deployed_is_what_the_bound_record_names() -> None:
    live = observed(Revisions().add("deployed", of(1, RevisionState.VERIFIED)))
    assert live.revision
    assert (live.version, live.commit, live.revision.unverified) == ("1.0.0", f"{1:040x}", "")


def test_before_an_unmanaged_revision_the_last_record_is_found() -> None:
    revisions = Revisions().add("superseded", of(1, RevisionState.VERIFIED)).add("superseded").add("deployed")
    live = observed(revisions)
    assert (live.version, live.commit) == ("9.9.9", "")
    assert live.revision
    assert live.revision.attempted
    assert (live.revision.attempted.commit, live.revision.record) == (f"{1:040x}", None)


def test_a_rollback_names_what_it_took_back() -> None:
    revisions = Revisions().add("superseded", of(1, RevisionState.VERIFIED)).add("superseded", unverified(2))
    revisions.add("deployed", of(1, RevisionState.VERIFIED), description="Rollback to 1")
    live = observed(revisions)
    assert live.revision
    assert live.revision.attempted
    assert (live.revision.rollback, live.revision.rollback_to) == (True, 1)
    assert live.revision.attempted.commit == f"{2:040x}"


def test_a_record_of_a_later_version_is_not_guessed_at() -> None:
    revisions = Revisions().add("deployed", of(1, RevisionState.VERIFIED))
    revisions.kept[1]["config"]["global"]["stage6"]["schema"] = 99
    with pytest.raises(CannotTellError) as caught:
        observed(revisions)
    assert caught.value.code == "RECORD_NEWER"


def test_the_newest_good_revision_passed_its_verification() -> None:
    revisions = Revisions().add("superseded", of(1, RevisionState.VERIFIED))
    revisions.add("superseded", of(2, RevisionState.UNVERIFIED, "PROBE_ADDRESS"))
    revisions.add("superseded", of(3, RevisionState.FAILED, "QUOTA")).add("failed")
    assert [good(revisions, before) for before in (0, 1, 2, 4)] == [None, 1, 1, 1]


def test_one_that_failed_its_verification_is_better_than_none() -> None:
    revisions = Revisions().add("superseded", of(1, RevisionState.UNVERIFIED, "PROBE_ADDRESS")).add("failed")
    assert good(revisions, 2) == 1


def test_one_that_was_not_checked_yet_is_good() -> None:
    revisions = Revisions().add("superseded", of(1, RevisionState.VERIFIED)).add("superseded", unverified(2))
    assert good(revisions, 2) == 2


@pytest.mark.parametrize(
    ("status", "code", "unreachable"),
    [
        (0, "CLUSTER_UNREACHABLE", True),
        (503, "CLUSTER_UNREACHABLE", True),
        (401, "CLUSTER_UNAUTHORIZED", False),
        (403, "CLUSTER_FORBIDDEN", False),
    ],
)
def test_why_a_cluster_could_not_be_read_is_data(status: int, code: str, unreachable: bool) -> None:
    error = cannot_tell(ApiFailure(status, "no"), TARGET)
    assert (error.code, error.unreachable) == (code, unreachable)
