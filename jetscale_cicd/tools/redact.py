"""The redactor: every text is redacted before it leaves the process."""

import json
import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from jetscale_cicd.model.record import field, frozen

MASK = "***"
# Credentials inside a URL: everything between the scheme and the last @ before the path.
# A scheme is looked for backwards: to look where one may begin took half a minute for 40 kB of `a.a.a.`.
_USERINFO = re.compile(r"(?<=[A-Za-z0-9+.-]://)[^/\s@]+(?:@[^/\s@]+)*@")
# Variables that hold credentials by convention; their values are secrets.
_SECRET_NAME = re.compile(
    r"(?i)TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH_CONFIG|JWT"
    # PWD alone is the shell's working directory.
    r"|(?:PRIVATE|API|ACCESS|DEPLOY|SIGNING|ENCRYPTION)_?KEY|(?:^|_)(?:PASS|PAT)(?:_|$)|_PWD(?:_|$)"
)
# Shorter values ("1", "true", "main") occur in ordinary text.
_MIN_SECRET_CHARS = 6


@frozen
class Redactor:
    """Masks known secrets and URL credentials in text.

    ``str.find`` of each form is forty times as fast as one pattern of them all (200 secrets, 1 MB: measured).
    """

    forms: set[str] = field(default_factory=set, repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Redactor":
        """Build a redactor for ``secrets`` in their raw, base64, URL-encoded and JSON-escaped forms."""
        redactor = cls()
        redactor.learn(secrets)
        return redactor

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these from now on, too: credentials that are found during a run."""
        known = {secret.strip() for secret in secrets}
        # A log contains a private key line by line.
        known |= {line.strip() for secret in known for line in secret.splitlines()}
        self.forms.update(form for secret in known if len(secret) >= _MIN_SECRET_CHARS for form in _forms(secret))

    @classmethod
    def of_environment(cls, env: Iterable[tuple[str, str]]) -> "Redactor":
        """Build a redactor for the values of all variables with the name of a credential."""
        return cls.of(value for name, value in env if cls.is_secret_name(name))

    @staticmethod
    def is_secret_name(name: str) -> bool:
        """Whether a variable of this name holds a credential, by convention."""
        return _SECRET_NAME.search(name) is not None

    def __call__(self, text: str) -> str:
        """Return ``text`` with every known secret and every URL credential masked."""
        spans = sorted(span for form in self.forms for span in _occurrences(form, text))
        if spans:
            text = _masked(text, spans)
        return _USERINFO.sub(f"{MASK}@", text) if "@" in text else text


def _occurrences(form: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    """One mask for each sequence of spans that overlap or touch, so that no part of a secret remains."""
    parts: list[str] = []
    shown = 0
    for start, end in spans:
        if start > shown or not parts:
            parts += [text[shown:start], MASK]
        shown = max(shown, end)
    return "".join([*parts, text[shown:]])


def _forms(secret: str) -> Iterable[str]:
    yield secret
    for safe in ("", "/"):
        yield quote(secret, safe=safe, errors="surrogateescape")
    yield quote_plus(secret, errors="surrogateescape")
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        # Go's encoder, which writes helm's messages, escapes JSON for HTML.
        yield escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    raw = secret.encode("utf-8", "surrogateescape")
    encoded = _base64(raw).rstrip("=")
    yield encoded
    yield encoded.replace("+", "-").replace("/", "_")
    # A secret inside a longer base64 text sits at one of three offsets; the characters that it
    # shares with its neighbours are removed, and the rest is searched for.
    for offset in range(3):
        encoded = _base64(b"\0" * offset + raw)
        body = encoded[(0, 2, 3)[offset] :].rstrip("=")
        body = body if (offset + len(raw)) % 3 == 0 else body[:-1]
        if len(body) >= _MIN_SECRET_CHARS:
            yield body
            yield body.replace("+", "-").replace("/", "_")


def _base64(raw: bytes) -> str:
    """As base64.b64encode, whose module takes 1 ms to import (measured)."""
    return b2a_base64(raw, newline=False).decode("ascii")
