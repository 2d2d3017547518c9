"""The challenges of a 401, in every form that RFC 9110 and registries give them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.tools.registry.challenge import parse_challenges

TOKEN = {"realm": "https://a.test/token", "service": "a"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        ("basic", [("basic", {})]),
        ('Bearer realm="https://a.test/token",service="a"', [("bearer", TOKEN)]),
        ('BEARER Realm="https://a.test/token" , SERVICE = "a"', [("bearer", TOKEN)]),
        ("Bearer realm=https://a.test/token,service=a", [("bearer", TOKEN)]),
        (
            'Bearer realm="https://a.test/token",service="a",Basic realm="x"',
            [("bearer", TOKEN), ("basic", {"realm": "x"})],
        ),
        (
            'Basic realm="x", Bearer realm="https://a.test/token",service="a"',
            [("basic", {"realm": "x"}), ("bearer", TOKEN)],
        ),
        ('Negotiate, Basic realm="x"', [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('NTLM TlRMTVNTUAAB==, Basic realm="x"', [("ntlm", {}), ("basic", {"realm": "x"})]),
        ('Bearer scope="a:pull,push",error="x"', [("bearer", {"scope": "a:pull,push", "error": "x"})]),
        (r'Basic realm="a \"b\", Bearer realm=c"', [("basic", {"realm": 'a "b", Bearer realm=c'})]),
        ('Basic realm="never closed', [("basic", {})]),
    ],
)
def test_every_challenge_of_a_header_is_read(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(each.scheme, dict(each.parameters)) for each in parse_challenges(header)] == expected


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@given(st.lists(st.tuples(NAMES, st.dictionaries(NAMES.map(str.lower), VALUES, min_size=1, max_size=3)), max_size=3))
def test_what_is_written_by_the_rules_is_read_back(challenges: list[tuple[str, dict[str, str]]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    header = ", ".join(
        f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())
        for scheme, parameters in challenges
    )
    read = [(each.scheme, dict(each.parameters)) for each in parse_challenges(header)]
    assert read == [(scheme.lower(), parameters) for scheme, parameters in challenges]


@pytest.mark.parametrize("hostile", [" ", ",", "a", "a=", "a b ", 'a="', '"', "a ,", "\\"])
def test_a_hostile_header_takes_no_long_time(hostile: str) -> None:
    started = time.thread_time()  # what others take of a busy machine is no fault of the expression
    parse_challenges("Bearer " + hostile * (60_000 // len(hostile)))
    assert time.thread_time() - started < 2
