"""The redactor: no secret in any of its forms, and nothing else masked."""

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jetscale_cicd.tools.redact import MASK, Redactor

SECRET = 's3cr/t+"é&<>pässwort='
# Masking would create a secret that consists only of the character of the mask.
SECRETS = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40).filter(
    lambda text: len(text.strip()) >= 6 and not set(text) <= {"*"} and "*" not in text
)


def encoded(secret: str, before: bytes = b"", after: bytes = b"") -> str:
    return base64.b64encode(before + secret.encode() + after).decode()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        # What Go's encoder makes of it.
        json.dumps(SECRET, ensure_ascii=False)[1:-1].translate({60: "\\u003c", 62: "\\u003e", 38: "\\u0026"}),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        encoded(SECRET),
    ],
)
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    assert Redactor.of([SECRET])(f"before {form} after") in (f"before {MASK} after", f"before {MASK}= after")


@pytest.mark.parametrize("before", [b"", b"u", b"us", b"user:"])
@pytest.mark.parametrize("after", [b"", b"x", b"xy", b":more"])
def test_a_secret_inside_a_longer_base64_text_is_masked_at_every_offset(before: bytes, after: bytes) -> None:
    secret = "correct-horse-battery"
    text = Redactor.of([secret])(encoded(secret, before, after))
    assert MASK in text
    # What is left of it beside its neighbours is less than one byte at either end.
    assert len(text.replace(MASK, "")) <= len(encoded("", before)) + len(encoded("", after)) + 4


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
@example("\x0800:00", "\\", "")
@example("000\\\n0", "", "")
def test_a_secret_never_survives_in_any_text(secret: str, before: str, after: str) -> None:
    core = secret.strip()
    redact = Redactor.of([secret])
    for form in (core, quote(core, safe=""), json.dumps(core)[1:-1], encoded(core)):
        shown = redact(before + form + after)
        assert MASK in shown
        assert core not in shown


@given(st.lists(SECRETS, min_size=1, max_size=4), st.data())
def test_secrets_that_overlap_leave_no_part_of_either(secrets: list[str], data: st.DataObject) -> None:
    cores = [secret.strip() for secret in secrets]
    cut = data.draw(st.integers(1, len(cores[0]) - 1))
    longer = cores[0] + cores[-1][cut:]
    shown = Redactor.of([*secrets, longer])(f"a {longer} b")
    assert not any(core in shown for core in (*cores, longer))


@given(st.text(max_size=200).filter(lambda text: "@" not in text))
def test_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert Redactor.of(["hunter2-hunter2"])(text) == text


def test_overlapping_secrets_are_masked_as_one() -> None:
    assert Redactor.of(["abcdef-123456", "123456-uvwxyz"])("x abcdef-123456-uvwxyz y") == f"x {MASK} y"


@pytest.mark.parametrize("value", ["", "1", "true", "main", "abcde", "     x     "])
def test_a_short_value_is_not_masked(value: str) -> None:
    assert Redactor.of([value])("true: main 1 abcde x") == "true: main 1 abcde x"


def test_a_private_key_is_masked_line_by_line() -> None:
    redact = Redactor.of(["-----BEGIN KEY-----\nMIIEvAIBADANBg\nkqhkiG9w0BAQ\n-----END KEY-----\n"])
    assert "MIIEvAIBADANBg" not in redact("key: |\n  MIIEvAIBADANBg\n")


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "DB_PASSWORD", "aws_secret_access_key", "X_API_KEY", "SSH_PRIVATE_KEY", "DOCKER_AUTH_CONFIG"),
        *("DB_PASS", "PAT", "AZURE_PAT", "MY_JWT", "DEPLOY_KEY", "DB_PWD", "SIGNINGKEY"),
    ],
)
def test_a_variable_that_is_named_like_a_credential_is_one(name: str) -> None:
    assert Redactor.of_environment([(name, "hunter2-hunter2")])("hunter2-hunter2") == MASK


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "GITHUB_SHA", "AUTHOR", "PWD", "OLDPWD", "COMPASS", "KEYBOARD", "PATTERN"]
)
def test_other_variables_are_no_secrets(name: str) -> None:
    assert Redactor.of_environment([(name, "hunter2-hunter2")])("hunter2-hunter2") == "hunter2-hunter2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:tok@host/x", "https://***@host/x"),
        ("fatal: 'https://tok@host/x?a=b@c' not found", "fatal: 'https://***@host/x?a=b@c' not found"),
        ("oci://a:b@c@registry/charts", "oci://***@registry/charts"),
        ("mail dev@example.invalid", "mail dev@example.invalid"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
    ],
)
def test_all_credentials_in_a_url_are_masked(text: str, shown: str) -> None:
    assert Redactor.of(())(text) == shown


def test_two_hundred_secrets_in_a_megabyte_take_no_longer_than_a_few_passes() -> None:
    secrets = [f"secret-{number:04}-{'x' * 20}" for number in range(200)]
    text = "level=info msg=something-happened at https://example.invalid/a/b count=12\n" * 14_000
    redact = Redactor.of(secrets)
    start = time.process_time()
    assert redact(text + secrets[7]).endswith(MASK)
    # Measured: 0.1 s; one pattern of all forms took 2.5 s.
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize("part", ["a.", "a-", "a@", "a://", "a://a@", "://"])
def test_it_takes_time_by_the_length_of_the_text(part: str) -> None:
    started = time.monotonic()
    Redactor.of(())(part * (200_000 // len(part)) + "@")
    assert time.monotonic() - started < 5  # 40 kB of the first took half a minute


@pytest.mark.parametrize(
    ("name", "shown"), [("STAGE6_REGISTRY_PASSWORD", "***"), ("MY_PASSWORD", "abcd"), ("X", "abcd")]
)
def test_a_short_value_of_a_variable_of_ours_is_a_secret(name: str, shown: str) -> None:
    assert Redactor.of_environment([(name, "abcd")])("abcd") == shown
