"""A revision is what its bound record says, and without one what Helm alone writes; never what a person described."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.deploy_record import deploy_line, recorded
from jetscale_cicd.decide.cluster.revision_record import (
    SCHEMA,
    describe,
    is_newer,
    record_of,
    state_fields,
    unverified,
    with_record,
)
from jetscale_cicd.decide.cluster.revisions import (
    deployed_record,
    failed_verification,
    is_rollback,
    is_rollback_candidate,
    rollback_to,
)
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.revision import HelmRevision, RevisionRecord, RevisionState, RollbackCause, RollbackRecord

DEPLOYED = Deployed(version="1.2.3", commit="a" * 40, digest="sha256:1", values_digest="sha256:2")
BACK = RollbackRecord(of=3, to=2, cause=RollbackCause.FAILED_DEPLOY, code="QUOTA")
LINE = deploy_line(DEPLOYED, "https://ci.example/7")
# What a person may write with `helm upgrade --description`, of an upgrade that succeeded.
WORDS = (
    "Release 2025-11 of the shop",
    'Release "other" failed: never mind',
    "Rollback of the experiment",
    "Rollback to 1 was no option",
    "Rollback to 2: the experiment",
    "stage6 was down: deployed with helm",
    f"{LINE} deployed again",
    "mends what failed: the timeout",
    "HELD: unverified: failed: interrupted",
)


def config(record: RevisionRecord | None, deployed: Deployed | None = DEPLOYED) -> dict[str, Any]:
    if record is None:
        return {"size": 1}
    return with_record({"size": 1}, record, deployed, "https://ci.example/7", "d1")


def legacy() -> dict[str, Any]:
    """Values with a record that has no schema."""
    fields = config(unverified(4))["global"]["stage6"]
    kept = {name: value for name, value in fields.items() if name not in state_fields(unverified(4))}
    return {"global": {"stage6": kept}}


def revision(number: int = 4, status: str = "deployed", **more: Any) -> HelmRevision:
    return HelmRevision(release="app", number=number, status=status, **more)


def of(state: RevisionState, number: int = 4, **more: Any) -> RevisionRecord:
    return RevisionRecord(revision=number, state=state, **more)


def kept(*revisions: HelmRevision) -> Mapping[int, HelmRevision]:
    return {each.number: each for each in revisions}


@pytest.mark.parametrize(
    "record",
    [
        unverified(4),
        of(RevisionState.VERIFIED),
        of(RevisionState.UNVERIFIED, code="PROBE_ADDRESS"),
        of(RevisionState.FAILED, code="QUOTA", reason="Deployment web: exceeded quota"),
        of(RevisionState.INTERRUPTED, reason="the run was interrupted"),
        of(RevisionState.ROLLBACK, rollback=BACK),
        of(RevisionState.FAILED, code="QUOTA", reason="no", rollback=BACK),
    ],
)
def test_a_record_is_read_back_as_it_was_written(record: RevisionRecord) -> None:
    here = revision(config=config(record))
    assert record_of(here) == record
    assert recorded(here.config) == DEPLOYED
    assert here.config["size"] == 1


def test_a_record_counts_for_its_own_revision_alone() -> None:
    copied = revision(5, config=config(of(RevisionState.VERIFIED)))
    assert record_of(copied) is None
    assert deployed_record(copied, kept().get).commit == ""


@pytest.mark.parametrize(
    "change",
    [
        {"state": "excellent"},
        {"state": None},
        {"revision": "4"},
        {"state": "rollback"},
        {"state": "rollback", "rollback": {"of": "x", "to": 1, "cause": "requested"}},
        {"state": "rollback", "rollback": {"of": 3, "to": 1, "cause": "boredom"}},
        {"schema": SCHEMA + 1},
    ],
)
def test_a_record_that_stage_6_does_not_write_is_none(change: dict[str, Any]) -> None:
    values = config(of(RevisionState.VERIFIED))
    values["global"]["stage6"] |= change
    assert record_of(revision(config=values)) is None


def test_a_record_of_a_later_version_is_known_as_one() -> None:
    values = config(of(RevisionState.VERIFIED))
    assert not is_newer(revision(config=values))
    values["global"]["stage6"]["schema"] = SCHEMA + 1
    assert is_newer(revision(config=values))
    assert not is_newer(revision())


@pytest.mark.parametrize("values", [{}, config(of(RevisionState.VERIFIED, 3)), legacy()])
@pytest.mark.parametrize("description", WORDS)
def test_no_description_of_a_person_is_taken_for_helms_or_ours(description: str, values: dict[str, Any]) -> None:
    here = revision(description=description, config=values, chart_version="9.9.9")
    assert record_of(here) is None
    assert not is_rollback(here)
    assert not failed_verification(here)
    assert is_rollback_candidate(replace(here, status="superseded"))
    found = deployed_record(here, kept().get)
    assert (found.version, found.commit) == ("9.9.9", "")


@pytest.mark.parametrize("description", WORDS)
def test_a_description_changes_nothing_about_a_revision_with_a_record(description: str) -> None:
    here = revision(description=description, config=config(of(RevisionState.VERIFIED)))
    assert record_of(here) == of(RevisionState.VERIFIED)
    assert not is_rollback(here)
    assert deployed_record(here, kept().get) == DEPLOYED


@pytest.mark.parametrize(
    ("made", "to"),
    [
        (revision(description="Rollback to 2"), 2),
        (revision(description="anything", rollback_revision=3), 3),
        (revision(status="pending-rollback", description="Rollback to 2"), 2),
        (revision(status="failed", description='Rollback "app" failed: no'), None),
        (revision(status="failed", description='Release "app" failed: timed out'), None),
        (revision(status="failed", description='Release "app" failed: no', rollback_revision=2), 2),
    ],
)
def test_a_rollback_outside_stage_6_is_known_by_what_helm_writes(made: HelmRevision, to: int | None) -> None:
    assert (is_rollback(made), rollback_to(made)) == (True, to)


@pytest.mark.parametrize(
    "made",
    [
        revision(1, "failed", description='Release "app" failed: timed out', first=True),
        revision(1, "failed", description='Release "app" failed: timed out'),
        revision(2, "failed", description='Release "app" failed: timed out', first=True),  # after an uninstallation
        revision(status="failed", description='Release "apple" failed: timed out'),
        revision(status="failed", description='Upgrade "app" failed: timed out'),
        revision(description='Release "app" failed: but it did not'),
        revision(description='Rollback "app" failed: but it did not'),
    ],
)
def test_what_helm_writes_of_no_rollback_is_none(made: HelmRevision) -> None:
    assert not is_rollback(made)


@pytest.mark.parametrize(
    ("made", "good"),
    [
        (revision(), True),
        (revision(status="superseded"), True),
        (revision(status="superseded", description="Upgrade complete"), True),
        (revision(1, "superseded", description='Release "app" failed: timed out', first=True), False),
        (revision(status="superseded", description='Upgrade "app" failed: its rollback failed, too'), False),
        (revision(status="superseded", description='Upgrade "shop" failed: never mind'), True),
        (revision(status="superseded", uninstalled=True), False),
        (revision(status="failed"), False),
        (revision(status="pending-upgrade"), False),
        (revision(status="superseded", config=config(of(RevisionState.FAILED, code="QUOTA"))), False),
        (revision(status="superseded", config=config(of(RevisionState.INTERRUPTED))), False),
        (revision(status="superseded", config=config(of(RevisionState.UNVERIFIED, code="QUOTA"))), True),
        (revision(status="superseded", config=config(of(RevisionState.ROLLBACK, rollback=BACK))), True),
        # It failed, and its run died before it could record that.
        (revision(1, "superseded", description='Release "app" failed: no', config=config(unverified(1))), False),
    ],
)
def test_only_what_was_deployed_can_be_brought_back(made: HelmRevision, good: bool) -> None:
    assert is_rollback_candidate(made) is good


@pytest.mark.parametrize(
    ("record", "bad"),
    [
        (unverified(4), False),
        (of(RevisionState.VERIFIED), False),
        (of(RevisionState.UNVERIFIED, code="PROBE_ADDRESS"), True),
        (None, False),
    ],
)
def test_what_was_not_checked_yet_did_not_fail_its_verification(record: RevisionRecord | None, bad: bool) -> None:
    assert failed_verification(revision(config=config(record))) is bad


def test_a_rollback_holds_the_deploy_of_the_revision_that_it_brought_back() -> None:
    first = revision(2, "superseded", config=config(of(RevisionState.VERIFIED, 2)))
    back = revision(4, description="Rollback to 2", config=first.config)
    again = revision(6, description="Rollback to 4", config=first.config)
    assert deployed_record(back, kept().get) == DEPLOYED  # whether Helm still keeps revision 2 or not
    assert deployed_record(again, kept(first, back).get) == DEPLOYED


def test_a_rollback_to_an_unmanaged_revision_is_unmanaged() -> None:
    copied = revision(3, "superseded", config=config(of(RevisionState.VERIFIED, 2)), chart_version="9.9.9")
    back = revision(4, description="Rollback to 3", config=copied.config, chart_version="9.9.9")
    assert deployed_record(back, kept(copied).get).version == "9.9.9"
    assert deployed_record(back, kept().get).commit == ""  # Helm no longer keeps it, and the values name another one


def test_what_stage_6_rolled_back_to_an_unmanaged_revision_is_unmanaged() -> None:
    values = config(of(RevisionState.ROLLBACK, rollback=BACK), None)
    here = revision(config=values, chart_version="9.9.9")
    assert (is_rollback(here), rollback_to(here)) == (True, 2)
    assert deployed_record(here, kept().get).version == "9.9.9"


def test_a_revision_that_failed_keeps_its_record() -> None:
    here = revision(status="failed", description='Upgrade "app" failed: no', config=config(unverified(4)))
    assert deployed_record(here, kept().get) == DEPLOYED


@pytest.mark.parametrize(
    ("record", "description"),
    [
        (of(RevisionState.VERIFIED), LINE),
        (unverified(4), f"{LINE} unverified: not yet checked"),
        (of(RevisionState.UNVERIFIED, code="QUOTA"), f"{LINE} unverified: QUOTA"),
        (of(RevisionState.FAILED, code="QUOTA", reason="no"), f"{LINE} failed: QUOTA no"),
        (of(RevisionState.ROLLBACK, rollback=BACK), f"Rollback to 2: revision 3 failed with QUOTA; {LINE}"),
        (of(RevisionState.INTERRUPTED, reason="no", rollback=BACK), "Rollback to 2 interrupted: no"),
    ],
)
def test_the_description_is_derived_from_the_record(record: RevisionRecord, description: str) -> None:
    assert describe(record, DEPLOYED, "https://ci.example/7") == description


def test_the_description_of_what_stage_6_did_not_deploy_names_the_run() -> None:
    record = of(RevisionState.ROLLBACK, rollback=replace(BACK, cause=RollbackCause.REQUESTED))
    assert describe(record, None, "r") == "Rollback to 2: requested at revision 3; run=r"
    assert describe(record, None, "") == "Rollback to 2: requested at revision 3"


def test_a_new_installation_with_the_values_of_an_old_one_is_not_ours() -> None:
    values = config(of(RevisionState.VERIFIED, 1))
    ours, copied = (revision(1, config=values, chart_version=version) for version in ("1.2.3", "0.0.0"))
    assert deployed_record(ours, kept(ours).get) == DEPLOYED
    assert record_of(copied) is None
    assert deployed_record(copied, kept(copied).get) == Deployed(
        version="0.0.0", commit="", digest="", values_digest=""
    )
