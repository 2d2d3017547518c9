"""The one redactor: every text that leaves the process passes here first."""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

MASK = "***"
# Credentials inside a URL: everything between the scheme and the last @ before the path.
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@]+(?:@[^/\s@]+)*@")
# Variables that carry credentials into CI by convention; their values are secrets whatever they look like.
_SECRET_NAME = re.compile(r"(?i)(TOKEN|SECRET|PASSWORD|PASSWD|PRIVATE_KEY|API_KEY|ACCESS_KEY|CREDENTIAL)")
# Shorter values ("1", "true", "main") would mask half of every sentence.
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks known secrets and URL credentials in text."""

    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Redactor":
        """Build a redactor for ``secrets`` in their raw, base64, URL-encoded and JSON-escaped forms."""
        forms = {form for secret in secrets if len(secret.strip()) >= _SHORTEST for form in _forms(secret.strip())}
        if not forms:
            return cls(None)
        return cls(re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))))

    @classmethod
    def of_environment(cls, env: Iterable[tuple[str, str]]) -> "Redactor":
        """Build a redactor for every variable whose name says that it holds a credential."""
        return cls.of(value for name, value in env if _SECRET_NAME.search(name))

    def __call__(self, text: str) -> str:
        """Return ``text`` with every known secret and every URL credential masked."""
        if self.pattern is not None:
            text = self.pattern.sub(MASK, text)
        return _USERINFO.sub(rf"\1{MASK}@", text) if "@" in text else text


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    raw = secret.encode("utf-8", "surrogateescape")
    # A secret inside a longer base64 text sits at one of three offsets; the characters that its
    # neighbours share are cut off, the rest is its fingerprint.
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode()
        body = encoded[(0, 2, 3)[offset] :].rstrip("=")
        body = body if (offset + len(raw)) % 3 == 0 else body[:-1]
        if len(body) >= _SHORTEST:
            yield body
            yield body.replace("+", "-").replace("/", "_")
