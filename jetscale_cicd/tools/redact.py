"""The redactor: every text is redacted before it leaves the process."""

import re
from binascii import b2a_base64
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.tools.spelling import Spelling

MASK = "***"
# Credentials inside a URL: everything between the scheme and the last @ before the path.
# A scheme is looked for backwards: to look where one may begin took half a minute for 40 kB of `a.a.a.`.
# As a path, an address has one slash there, and then it needs a password to be known as one.
_USERINFO = re.compile(r"(?:(?<=[A-Za-z0-9+.-]://)[^/\s@]+|(?<=[A-Za-z0-9+.-]:/)[^/\s@:]+:[^/\s@]+)(?:@[^/\s@]+)*@")
# Variables that hold credentials by convention; their values are secrets.
_SECRET_NAME = re.compile(
    r"(?i)TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH_CONFIG|JWT"
    # PWD alone is the shell's working directory.
    r"|(?:PRIVATE|API|ACCESS|DEPLOY|SIGNING|ENCRYPTION)_?KEY|(?:^|_)(?:PASS|PAT)(?:_|$)|_PWD(?:_|$)"
)
# Of a value that only looks like a secret: shorter ones ("1", "true", "main") occur in ordinary text.
_MIN_SECRET_CHARS = 6
# Of a value that is known to be one. Masking three characters would destroy the output.
MIN_KNOWN_CHARS = 4
# Variables that have no other use than to hold a secret.
_OURS = "STAGE6_"
# Where a writer of YAML, or of base64, breaks a line; in JSON such a break is written with a backslash.
_BREAK = re.compile(r"(?:\\?\r?\n[ \t]*)+")
_WRITTEN_BREAK = re.compile(r"(?:(?<!\\)\\++[nr]|\s)+")
_LINE_ENDS_SO = re.compile(r"\\(?:[\r\n]|\Z)")


@frozen
class Redactor:
    """Masks known secrets and URL credentials in text.

    ``str.find`` of each form is forty times as fast as one pattern of them all (200 secrets, 1 MB: measured).
    """

    forms: set[str] = field(default_factory=set, repr=False)
    encoded: set[str] = field(default_factory=set, repr=False)
    spellings: set[Spelling] = field(default_factory=set, repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str], shortest: int = _MIN_SECRET_CHARS) -> "Redactor":
        """Build a redactor for ``secrets``, as they are, base64-encoded, and in every spelling."""
        redactor = cls()
        redactor.learn(secrets, shortest)
        return redactor

    def learn(self, secrets: Iterable[str], shortest: int = _MIN_SECRET_CHARS) -> None:
        """Mask these from now on, too: credentials that are found during a run.

        Args:
            shortest: values with fewer characters are not masked; ``MIN_KNOWN_CHARS`` where they are known secrets.
        """
        known = {secret.strip() for secret in secrets}
        # A log contains a private key line by line.
        known |= {line.strip() for secret in known for line in secret.splitlines()}
        for secret in known:
            if len(secret) >= shortest and secret not in self.forms:
                encoded = {form for form in _encoded(secret) if len(form) >= shortest}
                spellings = (Spelling(secret), *(Spelling(form, is_base64=True) for form in encoded))
                self.spellings.update(each for each in spellings if not each.is_plain)
                self.encoded.update(encoded)
                self.forms.add(secret)

    @classmethod
    def of_environment(cls, env: Iterable[tuple[str, str]]) -> "Redactor":
        """Build a redactor for all variables with the name of a credential, and for the logins of proxies."""
        redactor = cls()
        for name, value in env:
            if cls.is_secret_name(name):
                redactor.learn([value], MIN_KNOWN_CHARS if name.startswith(_OURS) else _MIN_SECRET_CHARS)
            elif "@" in value and name.lower().endswith("_proxy"):
                from jetscale_cicd.tools.proxy_rules import secrets_in

                redactor.learn(secrets_in(value), MIN_KNOWN_CHARS)
        return redactor

    @staticmethod
    def is_secret_name(name: str) -> bool:
        """Whether a variable of this name holds a credential, by convention."""
        return _SECRET_NAME.search(name) is not None

    def __call__(self, text: str) -> str:
        """Return ``text`` with every known secret and every URL credential masked."""
        text = self.masked(text, lambda _: MASK)
        return _USERINFO.sub(f"{MASK}@", text) if "@" in text else text

    def masked(self, text: str, mask: Callable[[str], str]) -> str:
        """``text`` with a mask in place of every known secret; the mask is made of what it hides."""
        spans = sorted(self._spans(text))
        return _masked(text, spans, mask) if spans else text

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        # Copied at once: another thread may find a secret meanwhile.
        forms, encoded, spellings = tuple(self.forms), tuple(self.encoded), tuple(self.spellings)
        if "\n" not in text.rstrip("\n"):
            yield from _found(text, (*forms, *encoded), spellings)
        else:
            unbroken = _Unbroken(text, _BREAK)
            yield from map(unbroken.original, _found(unbroken.text, (*forms, *encoded), spellings))
            # A backslash at the end of a line was taken for a part of the break.
            yield from _found(text, [form for form in forms if _LINE_ENDS_SO.search(form)], ())
        if "\\n" in text:
            unbroken = _Unbroken(text, _WRITTEN_BREAK)
            yield from map(unbroken.original, _found(unbroken.text, encoded, ()))


def check_long_enough(variable: str, secret: str, where: str) -> None:
    """Refuse a secret that cannot be masked, before it can be printed.

    Raises:
        PreconditionError: ``SECRET_SHORT``.
    """
    size = len(secret.strip())
    if size < MIN_KNOWN_CHARS:
        raise PreconditionError(
            "SECRET_SHORT",
            f"{variable} holds a secret of {size} characters, which cannot be masked in logs",
            where=where,
            hint=f"use a longer one: {MIN_KNOWN_CHARS} characters at least; what is no secret belongs in a values file",
        )


class _Unbroken:
    """A text without its line breaks, and where in the original each part of it was."""

    def __init__(self, text: str, breaks: re.Pattern[str]) -> None:
        parts, self.starts, self.originals, size, at = [], [0], [0], 0, 0
        for found in breaks.finditer(text):
            parts.append(text[at : found.start()])
            size += found.start() - at
            at = found.end()
            self.starts.append(size)
            self.originals.append(at)
        self.text = "".join([*parts, text[at:]])

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        return self._original(span[0]), self._original(span[1] - 1) + 1

    def _original(self, at: int) -> int:
        part = bisect_right(self.starts, at) - 1
        return self.originals[part] + at - self.starts[part]


def _found(text: str, forms: Iterable[str], spellings: Iterable[Spelling]) -> Iterator[tuple[int, int]]:
    for form in forms:
        start = text.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = text.find(form, start + 1)
    for spelling in spellings:
        yield from spelling.spans(text)


def _masked(text: str, spans: list[tuple[int, int]], mask: Callable[[str], str]) -> str:
    """One mask for each sequence of spans that overlap or touch, so that no part of a secret remains."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    parts, shown = [], 0
    for start, end in joined:
        parts += [text[shown:start], mask(text[start:end])]
        shown = end
    return "".join([*parts, text[shown:]])


def _encoded(secret: str) -> Iterator[str]:
    """Its base64, alone and inside a longer text, where it is at one of three offsets.

    There the characters that it shares with its neighbours are removed, and the rest is searched for.
    """
    raw = secret.encode("utf-8", "surrogateescape")
    yield _base64(raw).rstrip("=")
    for offset in range(3):
        encoded = _base64(b"\0" * offset + raw)
        body = encoded[(0, 2, 3)[offset] :].rstrip("=")
        yield body if (offset + len(raw)) % 3 == 0 else body[:-1]


def _base64(raw: bytes) -> str:
    """As base64.b64encode, whose module takes 1 ms to import (measured)."""
    return b2a_base64(raw, newline=False).decode("ascii")
