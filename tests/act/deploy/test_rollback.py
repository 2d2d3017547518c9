"""`rollback`: which revision it goes to, under the lock, and what is said of it afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.act.deploy.rollback import roll_back
from jetscale_cicd.errors import (
    ConfigurationError,
    DeployError,
    PreconditionError,
    Stage6Error,
    SupersededError,
    VerificationError,
)
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.observe.cluster.lease import holder_of
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.act.deploy.conftest import LEASE, RUN, Around
from tests.support.fake_helm import failed
from tests.support.helm_secret import SECRETS, Object, ours, record, rolled_back, secret

SECOND = record("0.2.0", "b")


def put(around: Around, *revisions: Object) -> None:
    for number, made in enumerate(revisions, 1):
        around.release.add(number, made)


def two(around: Around) -> None:
    """The second of two deploys is live."""
    put(around, ours(1, "superseded"), ours(2, record=SECOND))


def back(around: Around, to: int | None = None) -> Rollback:
    return roll_back(around.context, around.target, to)


def refused(around: Around, to: int | None = None) -> Stage6Error:
    with pytest.raises(Stage6Error) as error:
        back(around, to)
    lease = around.api.objects[LEASE]
    assert lease is None or holder_of(lease) == ""
    return error.value


def rollbacks(around: Around) -> list[int]:
    """Where helm was told to go back to."""
    return [to for verb, to in around.release.calls if verb == "rollback"]


@pytest.mark.parametrize("to", [None, 1])
def test_the_revision_before_is_brought_back(around: Around, to: int | None) -> None:
    two(around)
    done = back(around, to)
    assert (done.to, rollbacks(around), around.release.status(3)) == (1, [1], "deployed")
    assert (done.before.version, done.after.version) == ("0.2.0", "0.1.0")
    assert done.after.revision
    assert (done.after.revision.number, done.after.revision.rollback_to) == (3, 1)
    assert done.after.revision.attempted
    assert done.after.revision.attempted.commit == "b" * 40


def test_the_lock_is_held_meanwhile_and_given_back(around: Around) -> None:
    two(around)
    held: list[str] = []

    def ends() -> Any:
        lease = around.api.objects[LEASE]
        held.append(holder_of(lease) if lease else "")
        return failed("no")

    around.release.rollback_ends = ends
    refused(around)
    assert held[0].startswith(RUN)


@pytest.mark.parametrize(
    ("statuses", "to"),
    [
        (("superseded", "failed", "deployed"), 1),
        (("superseded", "superseded", "deployed"), 2),
        (("superseded", "superseded", "failed"), 2),
    ],
)
def test_what_failed_is_not_gone_back_to(around: Around, statuses: tuple[str, ...], to: int) -> None:
    put(around, *(ours(number, status) for number, status in enumerate(statuses, 1)))
    assert back(around).to == to


def test_a_second_rollback_goes_on_from_where_the_first_went(around: Around) -> None:
    deploys = [ours(number, "superseded", record=record(f"0.{number}.0", "abc"[number - 1])) for number in (1, 2, 3)]
    put(around, *deploys, rolled_back(4, 2, deploys[1]))
    assert back(around).to == 1


@pytest.mark.parametrize(("to", "kept"), [(9, True), (2, True), (1, False)])
def test_a_revision_that_is_not_kept_or_the_newest_or_was_never_good_is_refused(
    around: Around, to: int, kept: bool
) -> None:
    put(around, ours(1, "superseded" if kept else "failed"), ours(2))
    error = refused(around, to)
    assert isinstance(error, ConfigurationError)
    assert error.code == "NO_SUCH_RELEASE_REVISION"
    assert rollbacks(around) == []


@pytest.mark.parametrize("revisions", [[], [ours(1)], [ours(1, "failed"), ours(2)]])
def test_nothing_good_before_is_nothing_to_go_back_to(around: Around, revisions: list[Object]) -> None:
    put(around, *revisions)
    error = refused(around)
    assert isinstance(error, PreconditionError)
    assert error.code == "NOTHING_TO_ROLL_BACK"
    assert rollbacks(around) == []


def test_without_a_cluster_there_is_nothing_to_act_on(around: Around) -> None:
    around.cluster = False
    assert refused(around).code == "NO_KUBECONFIG"


def test_a_deploy_that_came_while_it_waited_for_the_lock_is_not_taken_back(around: Around) -> None:
    two(around)
    around.api.script("GET", LEASE, lambda: around.release.add(3, ours(3, record=record("0.3.0", "c"))))
    error = refused(around)
    assert isinstance(error, SupersededError)
    assert (error.code, rollbacks(around)) == ("RELEASE_MOVED", [])


def test_a_revision_that_a_person_named_is_gone_to_all_the_same(around: Around) -> None:
    two(around)
    around.api.script("GET", LEASE, lambda: around.release.add(3, ours(3, record=record("0.3.0", "c"))))
    assert back(around, 1).to == 1


def test_a_rollback_that_died_is_brought_to_its_own_end(around: Around) -> None:
    first = ours(1, "superseded")
    put(around, first, ours(2, "superseded", record=SECOND), rolled_back(3, 1, first, "failed"))
    done = back(around)
    assert (done.to, rollbacks(around)) == (1, [1])


def test_where_a_person_names_another_one_only_that_is_gone_to(around: Around) -> None:
    first = ours(1, "superseded")
    put(around, first, ours(2, "superseded", record=SECOND), rolled_back(3, 1, first, "failed"))
    assert (back(around, 2).to, rollbacks(around)) == (2, [2])


def test_a_rollback_that_fails_is_an_error_and_on_record(around: Around, tmp_path: Path) -> None:
    two(around)
    around.audit = tmp_path / "audit"
    around.release.rollback_ends = failed("ROLLBACK FAILED: services is forbidden: exceeded quota: q")
    error = refused(around)
    assert isinstance(error, DeployError)
    entry = json.loads(around.audit.read_text())
    assert (entry["result"], entry["to"], entry["error"]["code"]) == ("failed", 1, "QUOTA")


def test_a_rollback_whose_result_is_not_as_it_should_be_is_done_and_red(around: Around, tmp_path: Path) -> None:
    two(around)
    around.audit = tmp_path / "audit"
    around.target = replace(around.target, required_secrets=("db",))
    around.api.put(f"{SECRETS}/db", None)
    error = refused(around)
    assert isinstance(error, VerificationError)
    assert around.release.status(3) == "deployed"
    entry = json.loads(around.audit.read_text())
    assert (entry["result"], entry["version"], entry["revision"]) == ("rolled back", "0.1.0", 3)


def test_secret_values_are_not_brought_back_in_clear(around: Around) -> None:
    around.target = type(around.target)(
        name="live", client_name="shop", release="app", timeout=5, required_secrets=(), secrets={"token": "TOKEN"}
    )
    put(around, ours(1, "superseded", config={"token": "t"}), ours(2))
    back(around)
    assert all(around.release.content(number)["config"].get("token") != "t" for number in (1, 2, 3))


def test_an_audit_that_cannot_be_kept_is_refused_before_anything_is_changed(around: Around, tmp_path: Path) -> None:
    two(around)
    around.audit = tmp_path
    assert refused(around).code == "AUDIT_UNWRITABLE"
    assert rollbacks(around) == []


def test_who_may_not_list_the_revisions_is_told_so(around: Around) -> None:
    two(around)
    around.api.script("LIST", "/api/v1/namespaces/shop-prod/secrets", ApiFailure(403, "no"))
    assert refused(around).code == "CLUSTER_FORBIDDEN"


def test_what_was_deployed_outside_stage_6_can_be_gone_back_to(around: Around) -> None:
    put(around, secret(1, "superseded", description="Install complete"), ours(2))
    assert back(around).to == 1
