"""What is a credential, and is masked wherever it occurs; an ordinary name that is taken for one destroys output.

Whether a text may be printed in a place is another question, with another threshold: ``jetscale_cicd.model.shown``.
"""

import base64
import re

# No path of a machine that people work on is as long (Linux takes 255 bytes for each name in it).
MAX_CHARS = 300
_MAX_READ = 10_000
# As their issuers document them: GitHub, GitLab, Docker, AWS, Slack, npm, PyPI, Bitbucket, Vault, Google, and JSON Web
# Tokens (RFC 7519). A prefix that is a word of names, too, needs more.
_ISSUED = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|dckr_[op]at_[\w-]{20,}"
    r"|gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-(?=[A-Za-z_-]{0,300}[0-9])(?=[a-z0-9_-]{0,300}(?:[A-Z]|"
    r"(?<![a-z0-9])[a-z0-9]{12}))[\w-]{20,}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?"
    r"|(?:AKIA|ASIA)(?=[A-Z]*[0-9])[A-Z0-9]{16}(?![A-Za-z0-9])|xox[a-z](?:\.xox[a-z])?-[0-9][\w-]{9,}"
    r"|npm_[A-Za-z0-9]{36,}|pypi-AgE[\w-]{20,}|ATBB[A-Za-z0-9]{24,}|AT[AC]TT3[\w=-]{20,}|hvs\.[\w-]{24,}|AIza[\w-]{35}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|(?P<mixed>sk-(?:[a-z0-9]{2,8}-){0,3}[A-Za-z0-9_]{20,}|eyJ[\w+=-]{17,}))"
)
# A name and its value, in text: neither the host of an address with its port, nor a part of a path.
_NAMED = re.compile(
    r"(?i)(?<![^\s,;{}\[\]\"'()&?=:])[^\s/@,;{}\[\]\"'()&?=:]{0,60}"
    r"(?:token|passw(?:or)?d|passphrase|secret|credential|api_?key|certificate-authority)"
    r"(?![^\s/:=]{0,60}\.[a-z]+:[0-9]{2,5}(?![^\s/]))[^\s/@]{0,40}\s{0,9}[:=]\s{0,9}\S"
)
_NAMES_OF_SECRETS = re.compile(
    r"(?i)token|passw(?:or)?d|passphrase|secret|credential|signature|jwt"
    r"|(?:api|access|private|deploy)[_-]?key|(?:^|[_-])(?:sig|auth|pass|pwd|pat)$"
)
# As base64 has them: small and capital letters and digits, in no order.
_RUN = re.compile(r"[A-Za-z0-9+=]{20,}")
_CHUNK = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_WORD = re.compile(r"[A-Z]?[a-z]{3,}")
# Users and passwords that hosts document for logins by a token, and that are none.
_NO_SECRETS = ("x-oauth-basic", "x-access-token")


def credentials_of(text: str) -> tuple[str, ...]:
    """What is masked of a text, wherever it occurs: issued tokens in it; all of it, where it is a file of them."""
    if "-----BEGIN" in text or _is_content(text):
        return (text,)
    return issued_in(text)


def issued_in(text: str) -> tuple[str, ...]:
    """Tokens in a text, by the form in which they were issued."""
    found = _ISSUED.finditer(text[:_MAX_READ])
    return tuple(token[0] for token in found if token["mixed"] is None or is_random(token["mixed"]))


def credentials_in(address: str) -> tuple[str, ...]:
    """Credentials in an address: its password, values of its query by their names, and tokens wherever they are.

    A user alone is a name, in the clone addresses that hosts of git give out (``https://acme@dev.azure.com/…``), unless
    it looks like a token.
    """
    login = re.search(r"://([^/\s?#]*)@", address) or re.match(r"([^/\s@:]+:[^/\s@]+)@", address)
    user, _, password = login[1].partition(":") if login else ("", "", "")
    query = address.partition("?")[2].partition("#")[0] if "://" in address else ""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    named = [value for name, value in pairs if _NAMES_OF_SECRETS.search(name)]
    found = (*([user] if _is_token(user) else []), password, *named, *issued_in(address))
    return tuple(dict.fromkeys(text for text in found if text and text not in _NO_SECRETS))


def credentials_in_setting(key: str, value: str) -> tuple[str, ...]:
    """Credentials in a setting of git's: in its addresses, and in a header that it sends."""
    return (*credentials_in(key), *credentials_in(value), *_login_in_header(key, value))


def _login_in_header(key: str, value: str) -> tuple[str, ...]:
    """The login in a header that git sends (``http.<url>.extraHeader``), as actions/checkout configures it."""
    name, _, content = value.partition(":")
    if not key.endswith(".extraheader") or not name.strip().lower().endswith("authorization"):
        return ()
    scheme, _, sent = content.strip().partition(" ")
    if scheme.lower() != "basic":
        return (sent,)
    try:
        user, _, password = base64.b64decode(sent + "==").decode("utf-8", "replace").partition(":")
    except ValueError:  # it is no base64
        return (sent,)
    found = (password, *credentials_in(f"https://{user}@host"))
    return sent, *(text for text in found if text not in _NO_SECRETS)


def names_secret(text: str) -> bool:
    """Whether a text has the name of a secret with a value."""
    return _NAMED.search(text[:_MAX_READ]) is not None


def has_random_run(text: str) -> bool:
    """Whether a text has a run of characters as base64 has them."""
    return any(map(is_random, _RUN.findall(text[:_MAX_READ])))


def is_random(run: str) -> bool:
    """Whether small and capital letters and digits, of these two groups at least, are in no order."""
    return run.upper() != run != run.lower() and len(re.findall(r"[0-9]+", run)) >= 2 and is_strewn(run)


def is_strewn(run: str) -> bool:
    """Whether letters and digits change as they do in no words that are joined (``AddOauth2ToApi3Gateway``).

    Of 5,000 random texts of 20 to 40 letters and digits it finds 96 of 100 (measured).
    """
    chunks = _CHUNK.findall(run)
    words = sum(len(chunk) for chunk in chunks if _WORD.fullmatch(chunk))
    size = sum(map(len, chunks))
    return len(chunks) > 0.38 * size or words < 0.15 * size


def _is_content(text: str) -> bool:
    """Whether a text is the content of a file of credentials: no name has as many characters, lines or brackets."""
    bracketed = text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]")
    if len(text) <= MAX_CHARS and "\n" not in text.strip() and not bracketed:
        return False
    return names_secret(text) or has_random_run(text)


def _is_token(user: str) -> bool:
    """Whether a user of an address is a token: of one without a prefix, it is long, and digits are strewn in it."""
    return bool(issued_in(user)) or (re.fullmatch("[A-Za-z0-9]{20,}", user) is not None and _has_strewn_digits(user))


def _has_strewn_digits(text: str) -> bool:
    return len(re.findall("[0-9]+", text)) >= 3
