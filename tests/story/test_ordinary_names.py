"""Ordinary names that resemble credentials are shown as they are, and a run with them decides and does the same."""

import json
from pathlib import Path

import pytest

from tests.support.ordinary_names import KUBECONFIGS, REMOTES
from tests.support.sample import Sample, small

pytestmark = pytest.mark.quick(10)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return small(tmp_path_factory.mktemp("stack"))


WITH_USERS = [address for address in REMOTES if "@" in address and "://" in address]


@pytest.mark.parametrize("address", WITH_USERS)
def test_the_address_of_a_remote_masks_no_word(stack: Sample, address: str) -> None:
    stack.repo.git("config", "remote.origin.url", address)
    stack.repo.git("config", f"url.{stack.remote}.insteadOf", address)
    ended = stack.command("plan", "--output=json", "--verbose")
    stack.repo.git("config", "--unset", f"url.{stack.remote}.insteadOf")
    assert (ended.status, ended.json["decision"], "***" in ended.stdout) == (0, "publish", False)


def test_a_plan_is_saved_and_carried_out_where_the_remote_has_a_user(tmp_path: Path) -> None:
    stack = small(tmp_path)
    address = "ssh://deploy@host.invalid/srv/app.git?ref=release"
    stack.repo.git("config", "remote.origin.url", address)
    stack.repo.git("config", f"url.{stack.remote}.insteadOf", address)
    plan = tmp_path / "plan.json"
    assert stack.command("plan", f"--out={plan}").status == 0
    assert "***" not in plan.read_text()
    assert stack.command("stage6", f"--plan={plan}").status == 0


@pytest.mark.parametrize("paths", KUBECONFIGS)
def test_the_files_of_a_list_that_are_not_there_are_named(stack: Sample, paths: str) -> None:
    missing = paths.replace("/", "/no-such-folder/", 1)
    ended = stack.command("status", "--engine=helm", "--output=json", env={"KUBECONFIG": missing})
    named = ", ".join(missing.split(":"))
    assert ended.json["error"]["message"] == f"KUBECONFIG names {named}, which does not exist"


@pytest.mark.parametrize("option", ["--base", "--target", "--registry"])
@pytest.mark.parametrize("name", ["risk-engine-platform", "feat/JIRA-1234-AddOauth2ToApi3Gateway", "glue-jobs-runner"])
def test_an_argument_is_named_in_an_error(stack: Sample, option: str, name: str) -> None:
    ended = stack.command("plan", f"{option}={name}", "--output=json")
    assert "a value of" not in json.dumps(ended.json)
    assert "***" not in ended.stdout + ended.stderr


SUSPICIOUS = ["DB_PASSWORD=canary-Zx9Qw7", "q7Zx9Qw7Kp3vT8mYs2Lqa4Rb"]


@pytest.mark.parametrize("secret", SUSPICIOUS)
@pytest.mark.parametrize(
    "config",
    [
        "release: {{sign_key: {0}}}",
        "release: {{sign_command: [{0}]}}",
        "targets: {{live: {{secrets: {{a.b: {0}}}}}}}",
        "targets: {{live: {{context: {0}}}}}",
        "targets: {{live: {{namespace: {0}}}}}",
    ],
)
def test_what_only_resembles_a_secret_is_not_shown_where_a_name_belongs(
    stack: Sample, tmp_path: Path, config: str, secret: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(config.format(json.dumps(secret)) + "\n")
    ended = stack.command("plan", f"--config={file}", "--output=json")
    assert secret not in ended.stdout + ended.stderr
