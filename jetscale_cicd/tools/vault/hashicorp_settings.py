"""Where a HashiCorp Vault is, and who asks, as its own client takes it from the environment.

A login (Kubernetes, JWT, AppRole, …) and a helper of the token are not made here: a CI has a step for that, which
exports ``VAULT_TOKEN``. What would send the token to a server that nobody vouches for is refused.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import shown_address
from jetscale_cicd.model.vault import VaultState
from jetscale_cicd.tools.vault.found import Found

TOKEN_FILE = ".vault-token"  # noqa: S105 - its name
_MAX_TOKEN_BYTES = 4096
_TOKEN = re.compile(r"[!-~]{4,4096}")
_NAMESPACE = re.compile(r"[A-Za-z0-9_./ -]{0,200}")
# As Go's strconv.ParseBool.
_TRUE = ("1", "t", "T", "true", "True", "TRUE")


@frozen(kw_only=True)
class VaultSettings:
    """Where a vault is, and who asks.

    Args:
        address: without a slash at its end.
        shown: the same without what may be a credential in it.
        namespace: of Vault Enterprise; "" for the root.
        token: whose rights are used.
        tls: the authorities, and a certificate of ours, where the environment names some.
    """

    address: str
    shown: str
    namespace: str
    token: str = field(repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)


def vault_settings(env: Mapping[str, str]) -> VaultSettings | Found:
    """What the environment says, or why nobody can be asked."""
    if refused := _refused(env):
        return refused
    address = env.get("VAULT_ADDR", "").rstrip("/")
    if not address:
        return Found(state=VaultState.WRONG_REGION, why="VAULT_ADDR is not set")
    if not _is_address(address):
        return _wrong("VAULT_ADDR is no address that begins with https:// or http://")
    if not _NAMESPACE.fullmatch(env.get("VAULT_NAMESPACE", "")):
        return _wrong("VAULT_NAMESPACE is no namespace")
    token = _token(env)
    if isinstance(token, Found):
        return token
    tls = _tls(env)
    if isinstance(tls, Found):
        return tls
    return VaultSettings(
        address=address,
        shown=shown_address(address),
        namespace=env.get("VAULT_NAMESPACE", "").strip("/"),
        token=token,
        tls=tls,
    )


def _wrong(why: str) -> Found:
    return Found(state=VaultState.SETTING_WRONG, why=why)


def _refused(env: Mapping[str, str]) -> Found | None:
    if env.get("VAULT_SKIP_VERIFY", "") in _TRUE:
        return _wrong("VAULT_SKIP_VERIFY would give the token to any server: name its authority in VAULT_CACERT")
    if env.get("VAULT_TLS_SERVER_NAME"):
        return _wrong("VAULT_TLS_SERVER_NAME is not supported: use an address that its certificate has")
    if env.get("VAULT_AGENT_ADDR") or env.get("VAULT_PROXY_ADDR"):
        return _wrong(
            "VAULT_AGENT_ADDR and VAULT_PROXY_ADDR are not supported: name the vault, or the agent, in VAULT_ADDR"
        )
    return None


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    plain = parts.query == parts.fragment == "" and "@" not in parts.netloc
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def _token(env: Mapping[str, str]) -> str | Found:
    token, of = env.get("VAULT_TOKEN", "").strip(), "VAULT_TOKEN"
    if not token:
        of = f"~/{TOKEN_FILE}"
        try:
            token = _token_of(Path(env.get("HOME") or "/nonexistent") / TOKEN_FILE)
        except FileNotFoundError:
            return Found(state=VaultState.NO_CREDENTIALS, why=f"VAULT_TOKEN is not set, and there is no {of}")
        except (OSError, ValueError):
            return _wrong(f"{of} cannot be read as a token")
    return token if _TOKEN.fullmatch(token) else _wrong(f"what {of} holds is no token")


def _token_of(file: Path) -> str:
    return read_regular(file, _MAX_TOKEN_BYTES + 1).decode("ascii").strip()


def _tls(env: Mapping[str, str]) -> ssl.SSLContext | Found | None:
    """The authorities that are named, and no others, as Vault's own client."""
    file, folder = env.get("VAULT_CACERT") or None, env.get("VAULT_CAPATH") or None
    text, ours = env.get("VAULT_CACERT_BYTES") or None, env.get("VAULT_CLIENT_CERT") or None
    if not (file or folder or text or ours):
        return None
    try:
        context = ssl.create_default_context(cafile=file, capath=folder, cadata=text)
        if ours:
            context.load_cert_chain(ours, env.get("VAULT_CLIENT_KEY") or None, password=_no_password)
    except (OSError, ValueError, TypeError):  # the last one of what is not ASCII
        return _wrong(
            "VAULT_CACERT, VAULT_CAPATH, VAULT_CACERT_BYTES or VAULT_CLIENT_CERT cannot be read as certificates"
        )
    return context


def _no_password() -> str:
    """In place of a question at the terminal."""
    return ""
