"""What may be shown of a text that should be a path, a name or an address, and may be a secret instead.

Whoever sets a variable or an option to the content of a file, in place of its path, must not find it in a log.
"""

import re

from jetscale_cicd.model.credential import MAX_CHARS, has_random_run, is_random, is_strewn, issued_in, names_secret

_MAX_QUOTED = 60
_MAX_READ = 10_000
# How issued credentials begin, also where they are cut off.
_BEGUN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[oprsu]_|github_pat_|glpat-|dckr_[op]at_|xox[a-z]-|A[KS]IA|npm_|pypi-AgE|hvs\.|eyJ)"
    r"(?=[A-Za-z]{0,12}[0-9])[A-Za-z0-9]{10}"
)
_BASE64 = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+][A-Za-z0-9+/]{39,}={0,2}")
_BASE64_OF_URLS = re.compile(r"[A-Za-z0-9_-]{40,}={0,2}")
# Of 40 or 64 digits it is the name of a commit or a digest.
_HEX = re.compile(r"(?!(?:.{40}|.{64})\Z)(?i:[0-9a-f]{32,})")
_USERINFO = re.compile(r"(://)[^/\s?#]*@")
# As a path, an address has one slash after its scheme. A user alone is a name.
_PASSWORD = re.compile(r"(:/{1,2})[^/\s?#@:]*:[^/\s?#]*@")
# `user:password@host`, or a user that is a token, without a scheme.
_BARE_USERINFO = re.compile(r"^(?!(?:git|[a-z][a-z0-9_.-]{0,15})@)[^/\s@]+@(?=[^/\s]+)")
_PATH = re.compile(r"\S.*/.*|/.*|.*\.[A-Za-z]{2,6}", re.DOTALL)
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_MASK = "***"


def may_be_shown(text: str) -> bool:
    """Whether a text can be the path, the name or the address that it should be, and is no content or credential."""
    return len(text) <= MAX_CHARS and text.isprintable() and not looks_secret(text)


def may_be_paths(text: str, separator: str) -> bool:
    """Whether a text can be a list of paths: each of them has a folder or an extension, as no part of a content has."""
    if "://" in text:
        return False
    paths = [path for path in text.split(separator) if path]
    return may_be_shown(text) or all(_PATH.fullmatch(path) and may_be_shown(path) for path in paths)


def shown(text: str) -> str:
    """A path, a name or an address for a message; what can be none is described, and not shown."""
    return _checked(_PASSWORD.sub(rf"\1{_MASK}@", text))


def _checked(text: str) -> str:
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
    return _checked(_QUERY.sub(f"?{_MASK}", bare) if "://" in text else bare)


def looks_secret(text: str) -> bool:
    """Whether a text looks like a key, a token, or a file of them."""
    text = text[:_MAX_READ]
    if "-----BEGIN" in text or _BEGUN.search(text) or issued_in(text) or names_secret(text):
        return True
    if text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]") and ":" in text:
        return True
    if has_random_run(text) or _is_base64(text):
        return True
    if "/" in text:
        return False
    return bool(_HEX.fullmatch(text) or (_BASE64_OF_URLS.fullmatch(text) and is_random(text)))


def _is_base64(text: str) -> bool:
    """Whether a text is base64, which has slashes as a path has them, but one among 64 characters on average."""
    return _BASE64.fullmatch(text) is not None and text.count("/") * 12 <= len(text) and is_strewn(text)
