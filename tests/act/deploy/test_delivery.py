"""What a run gives an engine: values files for as long as they are needed, and the report of an interrupted deploy."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.act.deploy.delivery import TargetDelivery
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.live import Revision
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import Values
from tests.act.deploy.conftest import RUN, Around
from tests.support.helm_secret import record

FILES = (("values.yaml", b"size: 1\n"), ("live.yaml", b"size: 2\n"))


def delivery(around: Around, scratch: Path, **target: Any) -> TargetDelivery:
    """That of a target with these keys, and with the secret ``db.password``."""
    keys = {"name": "live", "client_name": "shop", "release": "app", "required_secrets": (), **target}
    decided = TargetDecision(
        target=Target(**keys), decision=Decision.REDEPLOY, reasons=(), compared=Comparison(None, "c" * 40, "")
    )
    acting = SimpleNamespace(
        context=SimpleNamespace(secret_scratch=scratch, request=around.request, redact=around.redact),
        values={"live": Values(FILES, namespace="shop-prod", release="app")},
        secrets={"live": {"db.password": "p"}},
        deploy_id="this-deploy",
    )
    return TargetDelivery(cast("ActContext", acting), decided)


def test_values_files_are_in_helms_order_with_the_secrets_and_the_record_last(around: Around, tmp_path: Path) -> None:
    with delivery(around, tmp_path).values_files(record()) as files:
        contents = [file.read_bytes() for file in files]
        modes = {file.stat().st_mode & 0o777 for file in files}
    assert contents[:2] == [content for _, content in FILES]
    assert json.loads(contents[2]) == {"db": {"password": "p"}}
    written = json.loads(contents[3])["global"]
    assert [(each["commit"], each["run"], each["deploy"]) for each in written.values()] == [
        ("a" * 40, RUN, "this-deploy")
    ]
    assert (len(contents), modes) == (4, {0o600})


def test_an_engine_that_keeps_its_record_elsewhere_has_none_in_the_values(around: Around, tmp_path: Path) -> None:
    with delivery(around, tmp_path, engine="render").values_files(record()) as files:
        assert len(files) == 3


def test_no_values_file_is_written_before_the_block_or_left_after_it(around: Around, tmp_path: Path) -> None:
    block = delivery(around, tmp_path).values_files(record())
    assert list(tmp_path.rglob("*.yaml")) == []
    with suppress(KeyboardInterrupt), block as files:
        seen = [file.exists() for file in files]
        raise KeyboardInterrupt
    assert seen == [True] * 4
    assert list(tmp_path.rglob("*.yaml")) == []


def test_an_interrupted_deploy_is_appended_to_the_audit_with_its_own_run(around: Around, tmp_path: Path) -> None:
    around.audit = tmp_path / "audit"
    revision = Revision(number=3, status="pending-upgrade")
    delivery(around, tmp_path).report_interrupted(replace(record(), revision=revision), "https://ci.example/runs/1")
    (entry,) = [json.loads(line) for line in around.audit.read_text().splitlines()]
    assert (entry["result"], entry["revision"], entry["run"]) == ("died", 3, "https://ci.example/runs/1")
    assert (entry["target"], entry["version"]) == ("live", "0.1.0")
