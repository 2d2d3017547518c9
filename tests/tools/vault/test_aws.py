"""AWS Secrets Manager, as moto and strict stand-ins answer: each situation its own state."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd.model.vault import Near, VaultAnswer, VaultState
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.vault.aws import AwsVault
from tests.support.moto import REGION, Moto
from tests.support.proxy import Asked, Reset, Told, proxied
from tests.tools.vault.conftest import ENDPOINT, put

pytestmark = pytest.mark.quick(14)

KEYS = ("REGION_KEY", "ROLE_KEY")
WHOLE = json.dumps({"REGION_KEY": "a", "ROLE_KEY": "b"})
ENTRY = "app/prod/client"


def ask(entry: str = ENTRY, *, region: str = REGION, describe: bool = False, seconds: float = 25) -> VaultAnswer:
    """One entry, asked as a run would."""
    vault = AwsVault(redact=Redactor.of(()), region=region, describe=describe, seconds=seconds)
    return vault.check(entry, KEYS, ("MAY_BE_EMPTY",))


def refused(status: int, code: str, message: str = "no", **headers: str) -> Told:
    """An error as AWS sends it."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return Told(status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code, **headers}, body)


# What moto answers


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (WHOLE, VaultState.MET),
        (json.dumps({**json.loads(WHOLE), "MORE": "x" * 65_000}), VaultState.MET),
        (None, VaultState.NO_VALUE),
        ("plain", VaultState.NOT_JSON),
        (WHOLE.encode(), VaultState.NOT_JSON),
        ('{"REGION_KEY": "a"}', VaultState.KEY_MISSING),
        ('{"REGION_KEY": "a", "ROLE_KEY": " "}', VaultState.KEY_EMPTY),
        ('{"REGION_KEY": "a", "ROLE_KEY": "b", "ROLE_KEY": "c"}', VaultState.NOT_JSON),
    ],
)
def test_an_entry_is_what_its_value_is(aws: Moto, value: str | bytes | None, state: VaultState) -> None:
    put(aws, ENTRY, value)
    answer = ask()
    assert (answer.state, answer.place) == (state, REGION)


def test_a_key_that_is_missing_is_named_with_what_may_be_meant(aws: Moto) -> None:
    put(aws, ENTRY, '{"region-key": "a", "ROLE_KEY": null}')
    answer = ask()
    assert answer.missing == ("REGION_KEY",)
    assert answer.near == (Near(missing="REGION_KEY", found="region-key"),)
    assert answer.empty == ("ROLE_KEY",)


def test_an_entry_that_is_in_another_region_is_absent_in_the_one_that_was_asked(aws: Moto) -> None:
    put(aws, ENTRY, WHOLE)
    answer = ask(region="us-east-1")
    assert (answer.state, answer.place) == (VaultState.ABSENT, "us-east-1")


@pytest.mark.parametrize("describe", [True, False])
def test_an_arn_is_asked_for_in_its_own_region(aws: Moto, describe: bool) -> None:
    put(aws, ENTRY, WHOLE)
    arn = aws.secrets_manager.describe_secret(SecretId=ENTRY)["ARN"]
    answer = ask(arn, region="us-east-1", describe=describe)
    assert (answer.state, answer.place) == (VaultState.DESCRIBED if describe else VaultState.MET, REGION)


def test_the_region_is_that_of_the_environment_where_none_is_said(aws: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    put(aws, ENTRY, WHOLE)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    assert ask(region="").place == REGION


@pytest.mark.parametrize("describe", [True, False])
def test_what_is_marked_for_deletion_is_so_with_its_date(aws: Moto, describe: bool) -> None:
    put(aws, ENTRY, WHOLE)
    aws.secrets_manager.delete_secret(SecretId=ENTRY, RecoveryWindowInDays=7)
    answer = ask(describe=describe)
    assert answer.state is VaultState.MARKED_FOR_DELETION
    assert time.strptime(answer.date, "%Y-%m-%d")


@pytest.mark.parametrize("describe", [True, False])
def test_what_may_not_be_read_is_denied_and_not_absent(
    aws: Moto, monkeypatch: pytest.MonkeyPatch, describe: bool
) -> None:
    put(aws, ENTRY, WHOLE)
    user = aws.user("ci", "sts:GetCallerIdentity")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", user.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", user.secret_key)
    with aws.rights_enforced():
        answer = ask(describe=describe)
    operation = "DescribeSecret" if describe else "GetSecretValue"
    assert (answer.state, answer.needs) == (VaultState.DENIED, f"secretsmanager:{operation}")
    assert answer.resource == ENTRY
    assert "user/ci" in answer.why


def test_credentials_that_aws_does_not_know_are_refused(aws: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    put(aws, ENTRY, WHOLE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + "0" * 16)
    with aws.rights_enforced():
        assert ask().state is VaultState.CREDENTIALS_REFUSED


@pytest.mark.parametrize(
    ("value", "marked", "state"),
    [(WHOLE, False, VaultState.DESCRIBED), (None, False, VaultState.NO_VALUE), ("plain", False, VaultState.DESCRIBED)],
)
def test_a_description_says_whether_there_is_a_value(
    aws: Moto, value: str | None, marked: bool, state: VaultState
) -> None:
    put(aws, ENTRY, value)
    assert ask(describe=True).state is state


def test_a_description_never_asks_for_a_value(login: None, monkeypatch: pytest.MonkeyPatch) -> None:
    described = json.dumps({"ARN": "x", "VersionIdsToStages": {"1": ["AWSCURRENT"]}}).encode()
    with proxied("", lambda _: Told(200, {}, described)) as server:
        monkeypatch.setenv(ENDPOINT, f"http://{server.host}")
        assert ask(describe=True).state is VaultState.DESCRIBED
    assert {asked.headers["x-amz-target"] for asked in server.seen} == {"secretsmanager.DescribeSecret"}


# What moto cannot be made to answer: as AWS documents it

DENIED = "User: arn:aws:sts::123456789012:assumed-role/ci/x is not authorized to perform: secretsmanager:GetSecretValue"


@pytest.mark.parametrize(
    ("told", "state", "needs"),
    [
        (refused(400, "ThrottlingException", "Rate exceeded"), VaultState.THROTTLED, ""),
        (refused(429, "TooManyRequestsException"), VaultState.THROTTLED, ""),
        (refused(400, "ExpiredTokenException"), VaultState.EXPIRED_CREDENTIALS, ""),
        (refused(400, "UnrecognizedClientException"), VaultState.CREDENTIALS_REFUSED, ""),
        (refused(400, "InvalidSignatureException"), VaultState.CREDENTIALS_REFUSED, ""),
        (refused(400, "AccessDeniedException", DENIED), VaultState.DENIED, "secretsmanager:GetSecretValue"),
        (refused(400, "AccessDeniedException", "Access to KMS is not allowed"), VaultState.DENIED, "kms:Decrypt"),
        (refused(400, "DecryptionFailure"), VaultState.DECRYPTION_FAILED, ""),
        (refused(400, "InvalidRequestException", "something else"), VaultState.UNREADABLE, ""),
        (refused(400, "NeverHeardOf"), VaultState.UNREADABLE, ""),
        (refused(500, "InternalServiceError"), VaultState.UNREACHABLE, ""),
        (Told(503, {}, b"<html>down</html>"), VaultState.UNREACHABLE, ""),
        (Told(502, {}, b""), VaultState.UNREACHABLE, ""),
        (Told(403, {}, b"<html>blocked</html>"), VaultState.UNREADABLE, ""),
        (Told(301, {"Location": "http://127.0.0.1:1/"}, b""), VaultState.UNREADABLE, ""),
        (Told(200, {}, b"<html>log in</html>"), VaultState.UNREADABLE, ""),
        (Told(200, {}, b"[]"), VaultState.UNREADABLE, ""),
        (Told(200, {}, b'{"ARN": "x", "SecretString": 5}'), VaultState.UNREADABLE, ""),
        (Told(200, {}, b'{"ARN": "x"}'), VaultState.NO_VALUE, ""),
        (Told(200, {}, b"x" * (2 << 20)), VaultState.UNREADABLE, ""),
        (Told(200, {}, b'{"ARN": "x", "SecretString": "{}"}', cut=12), VaultState.UNREADABLE, ""),
        (Told(400, {}, b'{"__type": ["x"], "message": {"a": 1}}'), VaultState.UNREADABLE, ""),
    ],
)
def test_each_answer_has_its_state(
    login: None, monkeypatch: pytest.MonkeyPatch, told: Told, state: VaultState, needs: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with proxied("", lambda _: told) as server:
        monkeypatch.setenv(ENDPOINT, f"http://{server.host}")
        answer = ask()
    assert (answer.state, answer.needs) == (state, needs)
    assert len(server.seen) <= 3


def test_what_is_throttled_once_is_asked_again(login: None, monkeypatch: pytest.MonkeyPatch) -> None:
    met = json.dumps({"ARN": "x", "SecretString": WHOLE}).encode()

    def once(asked: Asked) -> Told:
        return Told(200, {}, met) if asked.before else refused(400, "ThrottlingException")

    with proxied("", once) as server:
        monkeypatch.setenv(ENDPOINT, f"http://{server.host}")
        assert ask().state is VaultState.MET


def test_a_mark_or_a_missing_value_is_told_where_the_entry_may_not_be_described(
    login: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "You can't perform this operation on the secret because it was marked for deletion."
    missing = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    cases = {
        refused(400, "InvalidRequestException", said).body: VaultState.MARKED_FOR_DELETION,
        refused(400, "ResourceNotFoundException", missing).body: VaultState.NO_VALUE,
        refused(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.").body: (
            VaultState.ABSENT
        ),
    }
    for body, state in cases.items():

        def fault(asked: Asked, body: bytes = body) -> Told:
            denied = refused(400, "AccessDeniedException")
            return Told(400, {}, body) if asked.headers["x-amz-target"].endswith("GetSecretValue") else denied

        with proxied("", fault) as server:
            monkeypatch.setenv(ENDPOINT, f"http://{server.host}")
            assert ask().state is state


def reset(_: Asked) -> Told:
    raise Reset


@pytest.mark.parametrize("fault", [reset, lambda _: Told(200, {}, b"{}", pause=3)], ids=["reset", "slow"])
def test_what_does_not_answer_is_unreachable(
    login: None, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Asked], Told]
) -> None:
    with proxied("", fault) as server:
        monkeypatch.setenv(ENDPOINT, f"http://{server.host}")
        began = time.monotonic()
        assert ask(seconds=2).state is VaultState.UNREACHABLE
    assert time.monotonic() - began < 10


def test_a_vault_that_is_down_is_waited_for_once(login: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    vault = AwsVault(redact=Redactor.of(()), region=REGION)
    first = vault.check("one", KEYS, ())
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:2")
    began = time.monotonic()
    second = vault.check("two", KEYS, ())
    assert (first.state, second.state, second.entry) == (VaultState.UNREACHABLE, VaultState.UNREACHABLE, "two")
    assert time.monotonic() - began < 0.2


# What botocore says before it asks

CONFIG = "AWS_CONFIG_FILE"


@pytest.mark.parametrize(
    ("variables", "config", "state"),
    [
        ({"AWS_ACCESS_KEY_ID": ""}, "", VaultState.NO_CREDENTIALS),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "", VaultState.NO_CREDENTIALS),
        ({"AWS_PROFILE": "none"}, "", VaultState.SETTING_WRONG),
        ({}, "no [ini", VaultState.SETTING_WRONG),
        ({"AWS_DEFAULTS_MODE": "none"}, "", VaultState.SETTING_WRONG),
        ({"AWS_METADATA_SERVICE_TIMEOUT": "soon"}, "", VaultState.SETTING_WRONG),
        ({ENDPOINT: "nowhere"}, "", VaultState.SETTING_WRONG),
        (
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": ""},
            "[profile p]\nrole_arn = x\ncredential_source = Moon\n",
            VaultState.SETTING_WRONG,
        ),
        (
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": ""},
            "[profile p]\nrole_arn = x\nsource_profile = q\n[profile q]\nrole_arn = y\nsource_profile = p\n",
            VaultState.SETTING_WRONG,
        ),
        (
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": ""},
            (
                "[profile p]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
                "sso_account_id = 123456789012\nsso_role_name = r\n"
            ),
            VaultState.EXPIRED_CREDENTIALS,
        ),
        (
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": ""},
            (
                "[profile p]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
                "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
            ),
            VaultState.EXPIRED_CREDENTIALS,
        ),
        (
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": ""},
            "[profile p]\ncredential_process = sh -c 'echo no >&2; exit 1'\n",
            VaultState.NO_CREDENTIALS,
        ),
        (
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": ""},
            (
                "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = q\nmfa_serial = m\n"
                "[profile q]\naws_access_key_id = a\naws_secret_access_key = b\n"
            ),
            VaultState.NO_CREDENTIALS,
        ),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/none"},
            "",
            VaultState.SETTING_WRONG,
        ),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"},
            "",
            VaultState.NO_CREDENTIALS,
        ),
    ],
)
def test_a_source_of_credentials_that_gives_none_has_its_answer(
    login: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    config: str,
    state: VaultState,
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv(CONFIG, str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ask().state is state


@pytest.mark.parametrize("region", ["", "eu west", "eu-nowhere-1"])
def test_where_to_ask_has_to_be_known(login: None, monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    import socket

    def none(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    assert ask(region=region).state is VaultState.WRONG_REGION
    assert ask(region="eu-central-1").state is VaultState.UNREACHABLE


def test_the_package_that_asks_may_not_be_installed(login: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [each for each in sys.modules if each.partition(".")[0] == "botocore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "botocore", None)
    assert ask().state is VaultState.NO_CLIENT


def test_instance_metadata_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with proxied("", lambda _: Told(200, {}, b"", pause=20)) as slow:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://{slow.host}")
        began = time.monotonic()
        assert ask().state is VaultState.NO_CREDENTIALS
        assert time.monotonic() - began < 15
    assert slow.seen


def test_the_environment_is_left_as_it_was(aws: Moto) -> None:
    before = dict(os.environ)
    ask()
    assert dict(os.environ) == before
