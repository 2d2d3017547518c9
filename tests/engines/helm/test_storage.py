"""Edits of Helm's Secrets: one that somebody else changed meanwhile is read again, and nothing else is lost."""

from pathlib import Path

import pytest

from jetscale_cicd.decide.cluster.deploy_record import recorded, recorded_deploy, recorded_run
from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.engines.helm.storage import RecordEdit, in_place, patch_revision
from jetscale_cicd.errors import CannotTellError, DeployError
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure
from jetscale_cicd.tools.redact import Redactor
from tests.engines.helm.conftest import Stage
from tests.support.helm_secret import ours, path_of, record, secret

CHANGED = ApiFailure(409, "the object has been modified")


FAILED = RevisionRecord(revision=1, state=RevisionState.FAILED, code="QUOTA", reason="quota q is full")


def test_a_revision_gets_its_status_and_record(stage: Stage) -> None:
    made = ours(1, "pending-upgrade", description="Preparing upgrade", deploy="d", run="r", config={"a": 1})
    stage.release.add(1, made)
    patch_revision(stage.api, stage.engine().target, 1, status="failed", edit=in_place(FAILED))
    assert stage.release.status(1) == "failed"
    stored = StoredRelease.decode(stage.release.kept(1))
    assert record_of(stored.revision) == FAILED
    config = stored.config
    assert (recorded(config), recorded_run(config), recorded_deploy(config), config["a"]) == (record(), "r", "d", 1)
    assert stored.description not in ("", "Preparing upgrade")
    labels = stage.release.kept(1)["metadata"]["labels"]
    assert (labels["stage6.jetscale.ai/revision"], labels["stage6.jetscale.ai/state"]) == ("1", "failed")


def test_without_a_record_the_description_stays(stage: Stage) -> None:
    stage.release.add(1, secret(1, "pending-upgrade", description="Preparing upgrade", config={"a": 1}))
    patch_revision(stage.api, stage.engine().target, 1, status="failed")
    content = stage.release.content(1)
    assert (stage.release.status(1), content["info"]["description"]) == ("failed", "Preparing upgrade")
    assert content["config"] == {"a": 1}


def test_a_revision_that_is_gone_is_left_gone(stage: Stage) -> None:
    patch_revision(stage.api, stage.engine().target, 1, status="failed")
    assert stage.api.written() == []


def test_what_somebody_changed_meanwhile_is_read_again_and_kept(stage: Stage) -> None:
    stage.release.add(1, secret(1, "pending-upgrade"))

    def somebody() -> None:
        stage.release.add(1, secret(1, "pending-upgrade", config={"theirs": True}))

    stage.api.script("PUT", path_of(1), somebody)
    patch_revision(stage.api, stage.engine().target, 1, status="failed")
    assert (stage.release.status(1), stage.release.content(1)["config"]) == ("failed", {"theirs": True})


def test_a_conflict_without_an_end_is_an_error(stage: Stage) -> None:
    stage.release.add(1, secret(1))
    stage.api.script("PUT", path_of(1), *[CHANGED] * 20)
    with pytest.raises(DeployError) as error:
        patch_revision(stage.api, stage.engine().target, 1, status="failed")
    assert error.value.code == "RELEASE_UNWRITABLE"
    assert len(stage.api.written()) < 6


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (ApiFailure(403, "no"), DeployError, "RELEASE_UNWRITABLE"),
        (ApiFailure(413, "too large"), DeployError, "RELEASE_UNWRITABLE"),
        (ApiFailure(0, "no answer"), CannotTellError, "CLUSTER_UNREACHABLE"),
        (ApiFailure(503, "away"), CannotTellError, "CLUSTER_UNREACHABLE"),
    ],
)
def test_a_revision_that_cannot_be_written_says_why(
    stage: Stage, failure: ApiFailure, kind: type[Exception], code: str
) -> None:
    stage.release.add(1, secret(1))
    stage.api.script("PUT", path_of(1), failure)
    with pytest.raises(kind) as error:
        patch_revision(stage.api, stage.engine().target, 1, status="failed")
    assert getattr(error.value, "code", "") == code


def test_a_description_is_redacted_and_bounded(stage: Stage, tmp_path: Path) -> None:
    stage.release.add(1, secret(1))
    stage.api.redact = Redactor.of(["s3cret-token"])
    long = RevisionRecord(revision=1, state=RevisionState.FAILED, reason="s3cret-token " + "x" * 5000)
    edit = RecordEdit(record=long, deployed=record(), run="")
    patch_revision(stage.api, stage.engine().target, 1, edit=lambda _: edit)
    stored = StoredRelease.decode(stage.release.kept(1))
    made = record_of(stored.revision)
    assert made
    for text in (stored.description, made.reason):
        assert "s3cret-token" not in text
        assert len(text) < 1000  # helm history shows one line


def test_secret_values_are_masked_and_the_others_stay(stage: Stage) -> None:
    stage.release.add(1, secret(1, config={"db": {"password": "p", "host": "h"}, "size": 1}))
    patch_revision(stage.api, stage.engine().target, 1, hidden=("db.password", "absent.key"))
    config = stage.release.content(1)["config"]
    assert config["db"].pop("password") != "p"
    assert config == {"db": {"host": "h"}, "size": 1}
