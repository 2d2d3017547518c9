"""A Helm release as the cluster has it: present, absent, or an error, and never a guess."""

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.live import Deployed, NotDeployed, Revision
from jetscale_cicd.model.revision import RevisionState, RollbackCause, RollbackRecord
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.helm_release import (
    newest_good,
    observe_release,
    read_revision,
    revision_numbers,
    secret_path,
    upgraded_revision,
)
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.observe.cluster.conftest import CONFIG_MAPS, LEASE
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import (
    SECRETS,
    Object,
    ours,
    path_of,
    record,
    rolled_back,
    rolled_back_by_us,
    secret,
    unpacked,
)


def put(api: FakeKubernetes, *revisions: Object) -> None:
    """Declare revisions, the first of which is number 1."""
    for number, made in enumerate(revisions, 1):
        api.put(path_of(number), made)


def unverified(number: int, code: str) -> Object:
    """A deploy that was superseded before it was verified; with a code, its verification failed."""
    return ours(number, "superseded", state=RevisionState.UNVERIFIED, code=code)


def observed(api: FakeKubernetes, target: Target) -> tuple[Deployed, Revision]:
    live = observe_release(api, target)
    assert isinstance(live, Deployed)
    assert live.revision
    return live, live.revision


def code_of(failure: ApiFailure, api: FakeKubernetes, target: Target, path: str = SECRETS, method: str = "LIST") -> str:
    api.script(method, path, failure)
    with pytest.raises(CannotTellError) as error:
        observe_release(api, target)
    return error.value.code


# Numbers, and one revision


def test_revisions_are_counted_and_not_spelled(api: FakeKubernetes, target: Target) -> None:
    put(api, *(secret(number) for number in range(1, 12)))
    assert revision_numbers(api, target) == list(range(11, 0, -1))


def test_another_releases_secrets_are_not_counted(api: FakeKubernetes, target: Target) -> None:
    put(api, secret(1))
    other = secret(7)
    other["metadata"]["labels"]["name"] = "app-two"
    api.put(f"{SECRETS}/sh.helm.release.v1.app-two.v7", other)
    api.put(f"{SECRETS}/db", {"metadata": {"labels": {"name": "app"}}})
    assert revision_numbers(api, target) == [1]


def test_a_secret_without_a_number_is_not_counted(api: FakeKubernetes, target: Target) -> None:
    put(api, secret(1))
    for name, version in (("a", ""), ("b", "two")):
        api.put(f"{SECRETS}/{name}", {"metadata": {"labels": {"owner": "helm", "name": "app", "version": version}}})
    assert revision_numbers(api, target) == [1]


def test_a_revision_is_where_helm_keeps_it(api: FakeKubernetes, target: Target) -> None:
    put(api, secret(1), secret(2))
    assert secret_path(target, 2) == path_of(2)
    found = read_revision(api, target, 2)
    assert found
    assert found.number == 2
    assert read_revision(api, target, 3) is None


def test_what_cannot_be_read_is_no_absence(api: FakeKubernetes, target: Target) -> None:
    put(api, {"metadata": {"labels": {"owner": "helm", "name": "app", "version": "1"}}, "data": {"release": "bm8="}})
    with pytest.raises(CannotTellError) as error:
        observe_release(api, target)
    assert error.value.code == "RECORD_UNREADABLE"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "CLUSTER_UNAUTHORIZED"),
        (403, "CLUSTER_FORBIDDEN"),
        (404, "CLUSTER_UNREACHABLE"),
        (0, "CLUSTER_UNREACHABLE"),
        (503, "CLUSTER_UNREACHABLE"),
    ],
)
def test_a_refusal_is_told_by_its_status(api: FakeKubernetes, target: Target, status: int, code: str) -> None:
    failure = ApiFailure(status, "why")
    error = cannot_tell(failure, target)
    assert (error.code, error.unreachable) == (code, status in (0, 503))
    assert code_of(failure, api, target) == code
    put(api, secret(1))
    assert code_of(failure, api, target, path_of(1), "GET") == code


# What is deployed


def test_nothing_there_is_not_deployed(api: FakeKubernetes, target: Target) -> None:
    assert observe_release(api, target) == NotDeployed()


def test_what_was_uninstalled_and_kept_is_not_deployed(api: FakeKubernetes, target: Target) -> None:
    put(api, secret(1, "uninstalled"))
    assert observe_release(api, target) == NotDeployed()


def test_a_deploy_of_ours_is_told_with_its_record(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1, "superseded"), ours(2, record=record("0.2.0", "b")))
    live, revision = observed(api, target)
    assert (live.version, live.commit, live.digest, live.values_digest) == (
        "0.2.0",
        "b" * 40,
        "sha256:b1",
        "sha256:b2",
    )
    assert (revision.number, revision.status, revision.rollback, revision.attempted) == (2, "deployed", False, None)


def test_a_deploy_that_was_verified_is_not_unverified(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1))
    live, revision = observed(api, target)
    assert (live.version, live.commit, revision.unverified) == ("0.1.0", "a" * 40, "")


def test_a_record_of_a_later_version_is_not_guessed_at(api: FakeKubernetes, target: Target) -> None:
    config = unpacked(ours(1))["config"]
    config["global"]["stage6"]["schema"] = 99
    put(api, secret(1, config=config))
    with pytest.raises(CannotTellError) as error:
        observe_release(api, target)
    assert error.value.code == "RECORD_NEWER"


def test_the_newest_revision_counts_whatever_became_of_it(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1), ours(2, "failed", record=record("0.2.0", "b")))
    live, revision = observed(api, target)
    assert (live.version, revision.number, revision.status) == ("0.2.0", 2, "failed")


def test_a_deploy_outside_stage_6_has_a_version_and_no_record(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1, "superseded"), secret(2, chart={"metadata": {"version": "9.9.9"}}))
    live, revision = observed(api, target)
    assert (live.version, live.commit, live.digest, live.values_digest) == ("9.9.9", "", "", "")
    assert revision.attempted
    assert (revision.attempted.version, revision.attempted.commit, revision.record) == ("0.1.0", "a" * 40, None)


def test_before_unmanaged_revisions_the_last_record_is_found(api: FakeKubernetes, target: Target) -> None:
    unmanaged = {"metadata": {"version": "9.9.9"}}
    put(api, ours(1, "superseded"), secret(2, "superseded", chart=unmanaged), secret(3, chart=unmanaged))
    live, revision = observed(api, target)
    assert (live.version, live.commit, revision.record) == ("9.9.9", "", None)
    assert revision.attempted
    assert revision.attempted.commit == "a" * 40


def test_a_rollback_has_the_record_of_where_it_went_and_what_it_took_back(api: FakeKubernetes, target: Target) -> None:
    first = ours(1, "superseded")
    second = ours(2, "superseded", record=record("0.2.0", "b"))
    put(api, first, second, rolled_back(3, 1, first))
    live, revision = observed(api, target)
    assert (live.version, live.commit) == ("0.1.0", "a" * 40)
    assert (revision.rollback, revision.rollback_to) == (True, 1)
    assert revision.attempted
    assert revision.attempted.commit == "b" * 40


def test_a_rollback_that_is_recorded_says_which_it_is(api: FakeKubernetes, target: Target) -> None:
    first = ours(1, "superseded")
    second = ours(2, "superseded", record=record("0.2.0", "b"))
    back = RollbackRecord(of=2, to=1, cause=RollbackCause.FAILED_DEPLOY, code="QUOTA")
    put(api, first, second, rolled_back_by_us(3, back, first, description="written by anybody"))
    live, revision = observed(api, target)
    assert (live.version, live.commit, revision.rollback, revision.rollback_to) == ("0.1.0", "a" * 40, True, 1)
    assert revision.record
    assert (revision.record.state, revision.record.rollback) == (RevisionState.ROLLBACK, back)
    assert revision.attempted
    assert revision.attempted.commit == "b" * 40


def test_a_rollback_of_a_rollback_has_the_record_of_the_first_deploy(api: FakeKubernetes, target: Target) -> None:
    first = ours(1, "superseded")
    second = ours(2, "superseded", record=record("0.2.0", "b"))
    third = rolled_back(3, 1, first, "superseded")
    put(api, first, second, third, rolled_back(4, 3, third))
    live, revision = observed(api, target)
    assert live.commit == "a" * 40
    assert revision.attempted
    assert revision.attempted.commit == "b" * 40


def test_a_rollback_of_a_rollback_to_a_deploy_outside_stage_6_has_no_record(
    api: FakeKubernetes, target: Target
) -> None:
    reused = unpacked(ours(1))["config"]  # helm upgrade --reuse-values
    unmanaged = secret(2, "superseded", config=reused, description="Upgrade complete")
    third = rolled_back(3, 2, unmanaged, "superseded")
    put(api, ours(1, "superseded"), unmanaged, third, rolled_back(4, 3, third))
    assert observed(api, target)[0].commit == ""


def test_a_rollback_of_which_nothing_else_is_kept_is_told_all_the_same(api: FakeKubernetes, target: Target) -> None:
    api.put(path_of(9), rolled_back(9, 3, ours(3)))
    live, revision = observed(api, target)
    assert (live.version, revision.rollback_to, revision.attempted) == ("0.1.0", 3, None)


# Who is at work


def lease(api: FakeKubernetes, holder: str) -> None:
    stamp = api.now.moment.isoformat()
    api.put(LEASE, {"spec": {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": stamp}})


def test_of_what_is_under_way_the_holder_is_told(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1, "pending-upgrade"))
    lease(api, "somebody")
    assert observed(api, target)[1].holder == "somebody"
    api.now.advance(60)
    assert observed(api, target)[1].holder == ""


def test_who_may_not_read_the_lease_is_told_nothing_and_stopped_by_nothing(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1, "pending-upgrade"))
    api.script("GET", LEASE, ApiFailure(403, "no"))
    assert observed(api, target)[1].holder == ""


def test_of_what_has_ended_nobody_asks_for_the_lease(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1))
    lease(api, "somebody")
    assert observed(api, target)[1].holder == ""
    assert all(call.path != LEASE for call in api.calls)


# Secrets in clear


SECRET = Target(name="live", client_name="shop", release="app", secrets={"token": "TOKEN"})


@pytest.mark.parametrize("exposed", [1, 2])
def test_secret_values_in_any_revision_are_told(api: FakeKubernetes, target: Target, exposed: int) -> None:
    put(api, *(ours(number, config={"token": "t"} if number == exposed else {}) for number in (1, 2)))
    assert observed(api, SECRET)[1].exposed is True
    assert observed(api, target)[1].exposed is False


def test_while_a_helm_is_at_work_nothing_can_be_taken_out(api: FakeKubernetes) -> None:
    put(api, ours(1, config={"token": "t"}), ours(2, "pending-upgrade"))
    assert observed(api, SECRET)[1].exposed is False


# Kept elsewhere, or going away


def test_a_release_in_config_maps_is_not_installed_again(api: FakeKubernetes, target: Target) -> None:
    api.put(f"{CONFIG_MAPS}/app.v1", {"metadata": {"labels": {"owner": "helm", "name": "app"}}})
    with pytest.raises(CannotTellError) as error:
        observe_release(api, target)
    assert error.value.code == "RELEASE_STORED_ELSEWHERE"


def test_who_may_not_list_config_maps_is_not_stopped_by_that(api: FakeKubernetes, target: Target) -> None:
    api.script("LIST", CONFIG_MAPS, ApiFailure(403, "no"))
    assert observe_release(api, target) == NotDeployed()


def test_a_server_that_does_not_answer_for_them_is_no_sign_that_there_is_none(
    api: FakeKubernetes, target: Target
) -> None:
    assert code_of(ApiFailure(500, "away"), api, target, CONFIG_MAPS) == "CLUSTER_UNREACHABLE"


def test_a_revision_that_goes_between_the_list_and_its_reading_is_asked_for_again(
    api: FakeKubernetes, target: Target
) -> None:
    put(api, ours(1), ours(2))
    api.script("GET", path_of(2), lambda: api.put(path_of(2), None))
    assert observed(api, target)[1].number == 1


def test_revisions_that_always_go_are_no_absence(api: FakeKubernetes, target: Target) -> None:
    def gone() -> None:
        api.put(path_of(1), None)

    def there() -> None:
        api.put(path_of(1), ours(1))

    api.script("LIST", SECRETS, *[there] * 9)
    api.script("GET", path_of(1), *[gone] * 9)
    with pytest.raises(CannotTellError) as error:
        observe_release(api, target)
    assert error.value.code == "RECORD_UNREADABLE"


# What can be gone back to


@pytest.mark.parametrize(
    ("revisions", "before", "good"),
    [
        ((), 9, None),
        (("deployed",), 9, 1),
        (("superseded", "deployed"), 9, 2),
        (("superseded", "deployed"), 1, 1),
        (("superseded", "failed"), 9, 1),
        (("failed", "failed"), 9, None),
        (("superseded", "pending-upgrade"), 9, 1),
        (("deployed", "uninstalled"), 9, 1),
    ],
)
def test_the_newest_revision_that_was_deployed_is_good(
    api: FakeKubernetes, target: Target, revisions: tuple[str, ...], before: int, good: int | None
) -> None:
    put(api, *(ours(number, status) for number, status in enumerate(revisions, 1)))
    assert newest_good(api, target, before) == good


@pytest.mark.parametrize(
    ("statuses", "number"),
    [
        ((), None),
        (("deployed",), 1),
        (("failed",), 1),
        (("deployed", "failed"), 1),
        (("superseded", "deployed", "failed", "failed"), 2),
        (("superseded", "failed"), 2),
    ],
)
def test_an_upgrade_begins_with_the_newest_revision_that_is_deployed(
    api: FakeKubernetes, target: Target, statuses: tuple[str, ...], number: int | None
) -> None:
    put(api, *(ours(each, status) for each, status in enumerate(statuses, 1)))
    found = upgraded_revision(api, target)
    assert (found and found.number) == number


def test_what_was_uninstalled_was_not_good_to_the_end(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1, "superseded"), ours(2, "superseded", deleted="2026-01-01T12:00:00Z"))
    assert newest_good(api, target, 2) == 1


def test_the_newest_good_revision_passed_its_verification(api: FakeKubernetes, target: Target) -> None:
    put(
        api,
        ours(1, "superseded"),
        unverified(2, "PROBE_ADDRESS"),
        ours(3, "superseded", state=RevisionState.FAILED),
        secret(4, "failed"),
    )
    assert [newest_good(api, target, before) for before in (0, 1, 2, 4)] == [None, 1, 1, 1]


def test_one_that_failed_its_verification_is_better_than_none(api: FakeKubernetes, target: Target) -> None:
    put(api, unverified(1, "PROBE_ADDRESS"), secret(2, "failed"))
    assert newest_good(api, target, 2) == 1


def test_one_that_was_not_checked_yet_is_good(api: FakeKubernetes, target: Target) -> None:
    put(api, ours(1, "superseded"), unverified(2, ""))
    assert newest_good(api, target, 2) == 2
