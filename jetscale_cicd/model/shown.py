"""What may be shown of a text that should be a path, a name or an address, and may be a secret instead.

Whoever sets a variable or an option to the content of a file, in place of its path, must not find it in a log.
"""

import re

# No path of a machine that people work on is as long (Linux takes 255 bytes for each name in it).
_MAX_CHARS = 300
_MAX_QUOTED = 60
_MAX_READ = 10_000
# How issued credentials begin: of GitHub, GitLab, Slack, AWS, npm, PyPI, Docker and OpenAI, and JSON Web Tokens.
_ISSUED = re.compile(
    r"(?:gh[oprsu]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|A[KS]IA[A-Z0-9]{6}|npm_|pypi-|dckr_pat_|sk-|eyJ)[\w-]{10}"
)
_NAMED = re.compile(
    r"(?i)(?:token|passw(?:or)?d|passphrase|secret|credential|api_?key|certificate-authority)\S{0,40}\s{0,9}[:=]\s{0,9}\S"
)
# As base64 has them: small and capital letters and digits, in no order.
_RUN = re.compile(r"[A-Za-z0-9+=]{20,}")
_BASE64 = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+][A-Za-z0-9+/]{39,}={0,2}")
_BASE64_OF_URLS = re.compile(r"[A-Za-z0-9_-]{40,}={0,2}")
# Of 40 or 64 digits it is the name of a commit or a digest.
_HEX = re.compile(r"(?!(?:.{40}|.{64})\Z)(?i:[0-9a-f]{32,})")
_USERINFO = re.compile(r"(://)[^/\s?#]*@")
# `user:password@host`, or a user that is a token, without a scheme.
_BARE_USERINFO = re.compile(r"^(?!(?:git|[a-z][a-z0-9_.-]{0,15})@)[^/\s@]+@(?=[^/\s]+)")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_MASK = "***"


def may_be_shown(text: str) -> bool:
    """Whether a text can be the path, the name or the address that it should be, and is no content or credential."""
    return len(text) <= _MAX_CHARS and text.isprintable() and not looks_secret(text)


def shown(text: str) -> str:
    """A path, a name or an address for a message; what can be none is described, and not shown."""
    return text if may_be_shown(text) else described(text)


def described(text: str) -> str:
    """How long a text is, which is all that may be said of it."""
    lines = text.count("\n") + 1
    return f"a value of {len(text):,} characters" + (f" in {lines:,} lines" if lines > 1 else "")


def quoted(text: str) -> str:
    """``text`` for a message: quoted, escaped, and truncated to 60 characters; described if it looks secret."""
    if looks_secret(text):
        return described(text)
    return repr(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…")


def shown_address(text: str) -> str:
    """An address without its user, query and fragment, any of which may be a credential."""
    bare = _BARE_USERINFO.sub(f"{_MASK}@", _USERINFO.sub(rf"\1{_MASK}@", text))
    return shown(_QUERY.sub(f"?{_MASK}", bare) if "://" in text else bare)


def credentials_in(address: str) -> tuple[str, ...]:
    """What may be a credential in an address: its user, its password, the values of its query, a token in its path."""
    user = re.search(r"://([^/\s?#]*)@", address) or re.match(r"([^/\s@:]+:[^/\s@]+)@", address)
    query = address.partition("?")[2].partition("#")[0] if "://" in address else ""
    given = [*(user[1].split(":", 1) if user else ()), *(pair.partition("=")[2] for pair in query.split("&"))]
    given += [part for part in re.split("[/:@?&=#]", address) if looks_secret(part)]
    return tuple(text for text in given if text and text not in ("git", "x-access-token", "oauth2"))


def looks_secret(text: str) -> bool:
    """Whether a text looks like a key, a token, or a file of them."""
    text = text[:_MAX_READ]
    if "-----BEGIN" in text or _ISSUED.search(text) or _NAMED.search(text):
        return True
    if text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]") and ":" in text:
        return True
    if any(map(_is_random, _RUN.findall(text))) or _BASE64.fullmatch(text):  # which has slashes as a path has them
        return True
    if "/" in text:
        return False
    return bool(_HEX.fullmatch(text) or (_BASE64_OF_URLS.fullmatch(text) and _is_random(re.sub("[_-]", "", text))))


def _is_random(run: str) -> bool:
    """Whether digits are strewn among small and capital letters, as in no word; a hexadecimal digest has one kind."""
    return run.upper() != run != run.lower() and len(re.findall(r"[0-9]+", run)) >= 2
