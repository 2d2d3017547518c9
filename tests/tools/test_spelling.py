r"""Every spelling of a secret is masked: of YAML, JSON, shells, Go, HTML, URLs, base64; and in broken lines."""

import base64
import html
import json
import shlex
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from jetscale_cicd.tools.redact import MASK, MIN_KNOWN_CHARS, Redactor

SECRETS = {
    "quotes": "it's a \"secret\" 'for' us",
    "a quote": "it's",
    "shell": "$(id) `ls` ${HOME} | > < & ; ! * ? # ~ %s \\n",
    "control": "bell\x07tab\tesc\x1bnul\x00del\x7fend",
    "lines": 'first line\'s end\n  second: "line"\n\nfourth\\line',
    "a key": "-----BEGIN KEY-----\n" + "\n".join(["MIIEvAIBADANBg+/kqhkiG9w0BAQ"] * 4) + "\n-----END KEY-----",
    "long": "word'" * 900,
    "long words": "correct horse battery staple " * 150,
    "long without a space": "a/b+c=" * 700,
    "long with controls": 'abcdefgh\x07ijk\\lm"no' * 200,
    "letters": "pässwörd-é😀-\u2028-\xa0-\x85",
    "a backslash": "C:\\new\\table\\",
    "a URL's": "a%20b+c&d=e?f#g",
    "html": "<a href='x'>&amp;</a>",
    "colon": "user: pa#ss - [x] {y}",
    "short": "a'b\"",
}


def go_quoted(text: str) -> str:
    """As Go's %q (strconv.Quote)."""
    short = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\", 34: '\\"'}
    other = (_go_escape, chr)
    return "".join(short.get(code) or other[chr(code).isprintable()](code) for code in map(ord, text))


def _go_escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def wrapped(text: str, width: int) -> str:
    return "\n    ".join(text[at : at + width] for at in range(0, len(text), width))


def html_go(text: str) -> str:
    return html.escape(text, quote=False).replace("'", "&#39;").replace('"', "&#34;")


def block(style: str) -> Callable[[str], str]:
    return lambda text: yaml.dump({"outer": [{"key": f"before {text} after"}]}, default_style=style, indent=6)


def based(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "single quotes": lambda text: text.replace("'", "''"),
    "plain YAML": block(""),
    "single-quoted YAML": block("'"),
    "double-quoted YAML": block('"'),
    "literal YAML": block("|"),
    "folded YAML": block(">"),
    "YAML of everything": lambda text: yaml.dump({"key": text}, allow_unicode=True, width=40),
    "JSON": json.dumps,
    "JSON of JSON": lambda text: json.dumps(json.dumps({"a": text})),
    "JSON of YAML": lambda text: json.dumps(yaml.dump({"a": text})),
    "JSON in YAML": lambda text: yaml.dump({"a": json.dumps({"b": text})}),
    "JSON of Go": lambda text: json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    "a shell's": shlex.quote,
    "a shell's by hand": lambda text: "'" + text.replace("'", "'\\''") + "'",
    "Go": go_quoted,
    "Python": repr,
    "Python bytes": lambda text: repr(text.encode()),
    "a URL": lambda text: quote(text, safe=""),
    "a path": quote,
    "a query": quote_plus,
    "a URL twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "HTML of Go": html_go,
    "indented": lambda text: text.replace("\n", "\n" + " " * 14),
    "wrapped": lambda text: wrapped(text, 60),
    "base64": based,
    "base64 in lines": lambda text: wrapped(based(text), 76),
    "base64 in lines in JSON": lambda text: json.dumps(wrapped(based(text), 76)),
    "base64 for a URL": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in a URL": lambda text: quote(based(text), safe=""),
}


def shown(secret: str, text: str) -> str:
    return Redactor.of([secret], MIN_KNOWN_CHARS)(text)


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", SECRETS)
def test_every_spelling_is_masked(name: str, spelling: str) -> None:
    secret = SECRETS[name].strip()
    spelled = SPELLINGS[spelling](secret)
    assert not rest(shown(secret, f"before {spelled} after"), spelled)


def rest(masked: str, spelled: str) -> str:
    """What is left of a spelling: three letters and more in a row that it has, and that are no key of the YAML."""
    assert MASK in masked
    left = masked.replace(MASK, "\n")
    for own in ("before", "after", "outer", "key"):
        left = left.replace(own, "\n")
    words = "".join(char if char.isalnum() else " " for char in left).split()
    return " ".join(word for word in words if len(word) >= 4 and word in spelled)


@given(st.text(min_size=4, max_size=30), st.sampled_from(sorted(SPELLINGS)))
def test_no_text_survives_in_any_spelling(secret: str, spelling: str) -> None:
    secret = secret.strip()
    assume(len(secret) >= MIN_KNOWN_CHARS and "*" not in secret)
    assume(not any("\ud800" <= char <= "\udfff" for char in secret))
    assert MASK in shown(secret, f"before {SPELLINGS[spelling](secret)} after")


@pytest.mark.parametrize("before", [b"", b"u", b"us"])
@pytest.mark.parametrize("size", [4, 5, 6, 7])
def test_a_short_secret_is_masked_in_base64(before: bytes, size: int) -> None:
    secret = "pa's+wo"[:size]
    text = base64.b64encode(before + secret.encode() + b"x").decode()
    assert MASK in shown(secret, f"x {text} x")


def test_a_mask_is_made_of_what_it_hides() -> None:
    redact = Redactor.of(["it's a secret"])
    assert redact.masked("a 'it''s a secret' b", lambda hidden: f"<{len(hidden)}>") == "a '<14>' b"


def hostile() -> Iterator[tuple[str, str]]:
    for secret in ("a'b\"c\\d", "\"'\\!", "x \n y", "!@#$%^&*()", "&%&%&", "abc'def", "\\" * 30 + "x", "'" * 30 + "x"):
        for part in ("\\", "'", '"', "\\n", "&amp;", "&", "%25", " ", "\n ", "a'", "abc", "\\\n", '\\"', "!"):
            yield secret, part


@pytest.mark.parametrize(("secret", "part"), list(hostile()))
def test_it_takes_time_by_the_length_of_the_text(secret: str, part: str) -> None:
    started = time.process_time()
    shown(secret, part * (200_000 // len(part)))
    assert time.process_time() - started < 3  # measured: 0.1 s


GROWING: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "special characters": (lambda size: "!@#$%^&*()" * (size // 10) + "abc", lambda size: "abc" * (size // 3)),
    "one character": (lambda size: "$" * size + "abc", lambda size: "$abc" * (size // 4)),
    "letters between": (lambda size: "a$b$" * (size // 4) + "abc", lambda size: "a$b$abc" * (size // 7)),
    "quotes": (lambda size: "'\"\\" * (size // 3) + "abc", lambda size: "'\"\\abc" * (size // 6)),
    "quotes apart": (lambda size: "'x\"" * (size // 3) + "abc", lambda size: "x'abc" * (size // 5)),
}


def cpu_seconds(secret: str, text: str) -> float:
    redact = Redactor.of([secret], MIN_KNOWN_CHARS)
    started = time.process_time()
    redact(text)
    return time.process_time() - started


@pytest.mark.parametrize("name", GROWING)
def test_it_takes_time_in_proportion_to_the_text_whatever_the_length_of_the_secret(name: str) -> None:
    """Where a text is full of what the last part of a secret may be; other work on the machine is no growth."""
    secret, text = GROWING[name]
    ratios: list[float] = []
    while not ratios or ratios[-1] > 10:
        assert len(ratios) < 5, ratios
        ratios.append(cpu_seconds(secret(240), text(80_000)) / max(cpu_seconds(secret(30), text(20_000)), 0.005))


@pytest.mark.parametrize("before", ["", "abc ", "-abc", "x" * 3000, "\\" * 60])
@pytest.mark.parametrize("secret", ["!@#$%^&*()abc", "'\"abc", "a$b$abc", "$ $abc", "%%abc"])
def test_a_secret_is_masked_among_many_of_its_last_parts(secret: str, before: str) -> None:
    for spelled in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)):
        masked = shown(secret, f"abc {before}{spelled} abc{spelled}{spelled} abc")
        assert spelled not in masked
        assert masked.count("abc") == 3 + before.count("abc")
