"""A value of the vault gets nowhere: not into an answer, a finding, a log, a stream, an exception or a file."""

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.decide.contract.vault_values import vault_findings
from jetscale_cicd.model.vault import VaultAnswer, VaultState
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.vault import aws_answer, content
from jetscale_cicd.tools.vault.aws import AwsVault
from tests.support.canary import CANARIES, leaks
from tests.support.moto import REGION, Moto
from tests.support.proxy import Told, proxied
from tests.tools.vault.conftest import ENDPOINT, put

pytestmark = pytest.mark.quick(8)

KEYS = ("FIRST_KEY", "SECOND_KEY")
ENTRY = "app/prod/client"
# Short ones, and those whose parts are ordinary words, occur in any output.
VALUES = [CANARIES[name] for name in ("quotes", "control", "long")]
TOKEN = "Hw8mQ2xLp4Zt"


class Records(logging.Handler):
    """Every record, as text, with all that it holds."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [self.format(record), repr(record.args), repr(record.__dict__)]


@pytest.fixture
def records() -> Iterator[Records]:
    """A handler at ``DEBUG``, of the root, and of the loggers that see whole answers."""
    handler = Records()
    loggers = [logging.getLogger(name) for name in (None, "botocore", "botocore.parsers", "botocore.auth", "urllib3")]
    before = [each.level for each in loggers]
    for each in loggers:
        each.addHandler(handler)
        each.setLevel(logging.DEBUG)
    yield handler
    for each, level in zip(loggers, before, strict=True):
        each.removeHandler(handler)
        each.setLevel(level)


def texts_of(answer: VaultAnswer) -> list[str]:
    """What can be seen of an answer, and of what is made of it."""
    findings = vault_findings([answer])
    seen = [repr(answer), str(answer), repr(pickle.dumps(answer)), json.dumps(answer.__dict__)]
    for each in findings:
        shown = traceback.TracebackException.from_exception(each, capture_locals=True)
        seen += [repr(each.__dict__), repr(pickle.dumps(each)), *shown.format(), repr(each.__context__)]
    return seen


def files_below(folder: Path) -> list[str]:
    return [each.read_bytes().decode("latin-1") for each in folder.rglob("*") if each.is_file()]


def aws_vault(*, describe: bool = False) -> AwsVault:
    return AwsVault(redact=Redactor.of(()), region=REGION, describe=describe)


# What each state is made of; the value has the canary wherever a person may have put it.
CASES: dict[str, tuple[Callable[[str], str | bytes], VaultState]] = {
    "met": (lambda canary: json.dumps({KEYS[0]: canary, KEYS[1]: canary}), VaultState.MET),
    "missing": (lambda canary: json.dumps({KEYS[0]: canary, "OTHER": canary}), VaultState.KEY_MISSING),
    "as a key": (lambda canary: json.dumps({KEYS[0]: "x", canary: "x"}), VaultState.KEY_MISSING),
    "as a joined key": (lambda canary: json.dumps({KEYS[0] + canary: "x", KEYS[1]: "x"}), VaultState.KEY_MISSING),
    "empty": (lambda canary: json.dumps({KEYS[0]: canary, KEYS[1]: "", canary: ""}), VaultState.KEY_EMPTY),
    "plain": (lambda canary: canary, VaultState.NOT_JSON),
    "string": (json.dumps, VaultState.NOT_JSON),
    "list": (lambda canary: json.dumps([canary]), VaultState.NOT_JSON),
    "cut": (lambda canary: json.dumps({KEYS[0]: canary})[:-2], VaultState.NOT_JSON),
    "binary": (lambda canary: canary.encode(), VaultState.NOT_JSON),
    "doubled": (lambda canary: f"{{{json.dumps(canary)}: 1, {json.dumps(canary)}: 2}}", VaultState.NOT_JSON),
}


@pytest.mark.parametrize("name", CASES)
def test_no_state_tells_anything_of_a_value(
    aws: Moto,
    records: Records,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    make, state = CASES[name]
    for canary in VALUES:
        put(aws, f"{ENTRY}/{len(canary)}", make(canary))
        records.texts.clear()
        answer = aws_vault().check(f"{ENTRY}/{len(canary)}", KEYS, ())
        assert answer.state is state
        texts = [*records.texts, *texts_of(answer), *capfd.readouterr(), *files_below(tmp_path)]
        assert leaks(canary, texts) == []
        assert leaks(TOKEN, texts) == []
        assert records.texts, "the handler sees what is logged"


def test_the_same_handler_sees_the_value_where_botocore_is_left_alone(aws: Moto, records: Records) -> None:
    put(aws, ENTRY, json.dumps({KEYS[0]: CANARIES["quotes"]}))
    aws.secrets_manager.get_secret_value(SecretId=ENTRY)
    assert leaks(CANARIES["quotes"], records.texts)


def test_botocores_history_does_not_have_the_value(aws: Moto) -> None:
    from botocore.history import get_global_history_recorder

    class Seen:
        def __init__(self) -> None:
            self.texts: list[str] = []

        def emit(self, event_type: str, payload: object, source: str) -> None:
            self.texts.append(repr((event_type, payload, source)))

    put(aws, ENTRY, json.dumps({KEYS[0]: CANARIES["quotes"]}))
    history, seen = get_global_history_recorder(), Seen()
    history.add_handler(seen)
    history.enable()
    try:
        aws_vault().check(ENTRY, KEYS, ())
    finally:
        history.disable()
    assert seen.texts
    assert leaks(CANARIES["quotes"], seen.texts) == []


@pytest.mark.parametrize("where", [(aws_answer, "read_json"), (content, "read_json"), (content, "_is_empty")])
def test_what_is_raised_while_a_value_is_in_hand_ends_there(
    aws: Moto, records: Records, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str]
) -> None:
    canary = CANARIES["quotes"]
    put(aws, ENTRY, json.dumps({KEYS[0]: canary, KEYS[1]: canary}))
    records.texts.clear()

    def fail(value: object, **_: object) -> None:
        raise RuntimeError(f"unexpected: {canary}")

    monkeypatch.setattr(*where, fail)
    answer = aws_vault().check(ENTRY, KEYS, ())
    assert answer.state is VaultState.UNREADABLE
    assert leaks(canary, [*records.texts, *texts_of(answer)]) == []


def broken(canary: str) -> dict[str, Told]:
    """Answers that hold the value and are none."""
    body = json.dumps({"ARN": "x", "SecretString": json.dumps({KEYS[0]: canary})}).encode()
    return {
        "cut": Told(200, {}, body, cut=len(body) - 3),
        "chunked, and not": Told(200, {"Transfer-Encoding": "chunked"}, body),
        "an error of a gateway": Told(502, {}, body),
        "an unknown error": Told(400, {"x-amzn-errortype": "NeverHeardOf"}, body),
        "an error with it as its text": Told(
            400, {}, json.dumps({"__type": "NeverHeardOf", "message": canary}).encode()
        ),
        "a redirect": Told(302, {"Location": f"http://127.0.0.1:1/{canary[:6]}"}, body),
        "a status that is none": Told(999, {}, body),
        "no object": Told(200, {}, json.dumps([canary]).encode()),
    }


@pytest.mark.parametrize("name", broken(""))
def test_an_answer_that_broke_tells_nothing_of_a_value(
    login: None, records: Records, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    canary = CANARIES["quotes"]
    told = broken(canary)[name]
    with proxied("", lambda _: told) as server:
        monkeypatch.setenv(ENDPOINT, f"http://{server.host}")
        answer = aws_vault().check(ENTRY, KEYS, ())
    assert answer.state in (VaultState.UNREACHABLE, VaultState.UNREADABLE)
    assert leaks(canary, [*records.texts, *texts_of(answer), *capfd.readouterr()]) == []


def test_a_library_that_warns_puzzles_nobody_who_reads_warnings(
    login: None, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As botocore does where it gets no credentials for a role."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/none")
    records.setLevel(logging.WARNING)
    assert aws_vault().check(ENTRY, KEYS, ()).state is VaultState.SETTING_WRONG
    assert records.texts == []
