"""HashiCorp Vault's KV engine, both versions, and what speaks its protocol (OpenBao), over HTTP.

An entry is the path that ``vault kv get`` takes; where its engine is mounted, and which version it is, is asked as
that command asks it.
"""

import os
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import quote

from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.vault import VaultAnswer, VaultName, VaultState
from jetscale_cicd.tools.deadline import within
from jetscale_cicd.tools.http import Http, HttpAnswer, HttpFailure
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS, Redactor
from jetscale_cicd.tools.vault.found import Found
from jetscale_cicd.tools.vault.hashicorp_answer import (
    Mount,
    absence_of,
    content_of,
    description_of,
    mount_of,
    refusal_of,
)
from jetscale_cicd.tools.vault.hashicorp_settings import VaultSettings, vault_settings
from jetscale_cicd.tools.vault.transport import cause_of

_CONNECT_SECONDS, _READ_SECONDS, _RETRIES, _PATIENCE_SECONDS = 3, 8, 2, 2
_SECONDS = 25
_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404


@frozen
class _Client(Http):
    """HTTP with the authorities of a vault."""

    authorities: ssl.SSLContext | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.authorities or ssl.create_default_context()


@frozen(kw_only=True)
class HashicorpVault:
    """Asks HashiCorp Vault.

    Args:
        redact: learns the token, and masks the words of the server.
        env: where the variables of Vault's own client are read.
        describe: without looking at values: the metadata alone, which KV 2 has.
        seconds: for one entry, with all attempts.
    """

    redact: Redactor
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    describe: bool = False
    seconds: float = _SECONDS
    _mounts: list[Mount] = field(default_factory=list, repr=False, compare=False)
    _down: list[Found] = field(default_factory=list, repr=False, compare=False)
    _reading: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def check(self, entry: str, keys: tuple[str, ...], may_be_empty: tuple[str, ...], /) -> VaultAnswer:
        """As ``VaultReader.check``."""
        with self._reading:
            settings = self._settings
        if isinstance(settings, Found):
            return settings.answer(VaultName.HASHICORP, "", entry)
        try:
            found = within(self.seconds, lambda: self._check(settings, entry.strip("/"), keys, may_be_empty))
        except TimeoutError:
            why = f"there was no complete answer within {self.seconds:g} s"
            found = Found(state=VaultState.UNREACHABLE, why=why)
        if found.state.of_whole_vault and not found.code:
            self._down.append(found)  # every other entry would wait for the same
        return found.answer(VaultName.HASHICORP, settings.shown, entry)

    @cached_property
    def _settings(self) -> VaultSettings | Found:
        found = vault_settings(self.env)
        if isinstance(found, VaultSettings):
            self.redact.learn([found.token], MIN_KNOWN_CHARS)
        return found

    def _check(self, settings: VaultSettings, path: str, keys: tuple[str, ...], may_be_empty: tuple[str, ...]) -> Found:
        if self._down:
            return self._down[0]
        if not path or any(part in ("", ".", "..") for part in path.split("/")):
            return Found(state=VaultState.UNREADABLE, why="the name of the entry is no path of one")
        try:
            mount = self._mount(settings, path)
            if isinstance(mount, Found):
                return mount
            if self.describe:
                return self._described(settings, mount, path)
            return self._read(settings, mount, path, keys, may_be_empty)
        except HttpFailure as failed:
            return Found(state=VaultState.UNREACHABLE, why=cause_of(str(failed)))
        except Exception as failed:  # noqa: BLE001 - of a hostile answer: it may hold a part of a value
            return Found(state=VaultState.UNREADABLE, why=f"its answer ended in {type(failed).__name__}")

    def _mount(self, settings: VaultSettings, path: str) -> Mount | Found:
        """Where the engine of an entry is mounted; mounts are not mounted in each other."""
        for known in tuple(self._mounts):
            if path.startswith(known.path):
                return known
        answer = self._ask(settings, f"sys/internal/ui/mounts/{path}")
        if answer.status == _FORBIDDEN:
            head, _, rest = path.partition("/")
            return self._denied(settings, answer, f"{head}/data/{rest}")
        if answer.status != _OK:
            return refusal_of(answer, self.redact)
        mount = mount_of(answer)
        if mount is None or not path.startswith(mount.path):
            return Found(state=VaultState.UNREADABLE, why="there is no KV engine at its path")
        self._mounts.append(mount)
        return mount

    def _read(
        self,
        settings: VaultSettings,
        mount: Mount,
        path: str,
        keys: tuple[str, ...],
        may_be_empty: tuple[str, ...],
    ) -> Found:
        """What the value of an entry holds, or why it has none."""
        resource = _below(mount, "data", path) if mount.is_second else path
        answer = self._ask(settings, resource)
        if answer.status == _OK:
            return content_of(answer, mount, keys, may_be_empty)
        return self._refused(settings, answer, resource)

    def _described(self, settings: VaultSettings, mount: Mount, path: str) -> Found:
        """What can be seen of an entry without its value."""
        if not mount.is_second:
            why = "KV version 1 has nothing that describes an entry: only a check that reads it can tell"
            return Found(state=VaultState.UNREADABLE, why=why)
        resource = _below(mount, "metadata", path)
        answer = self._ask(settings, resource)
        if answer.status == _OK:
            return description_of(answer, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        return self._refused(settings, answer, resource)

    def _refused(self, settings: VaultSettings, answer: HttpAnswer, resource: str) -> Found:
        if answer.status == _NOT_FOUND:
            return absence_of(answer)
        if answer.status == _FORBIDDEN:
            return self._denied(settings, answer, resource)
        return refusal_of(answer, self.redact)

    def _denied(self, settings: VaultSettings, answer: HttpAnswer, resource: str) -> Found:
        """Vault refuses a token that is none in the same words as one that lacks a right."""
        if self._ask(settings, "auth/token/lookup-self").status == _FORBIDDEN:
            why = "its token is not valid, or has expired"
            return Found(state=VaultState.CREDENTIALS_REFUSED, why=why)
        why = refusal_of(answer, self.redact).why
        return Found(state=VaultState.DENIED, needs="read", resource=resource, why=why)

    def _ask(self, settings: VaultSettings, path: str) -> HttpAnswer:
        # As `Authorization`, and not `X-Vault-Token`: what leads to another host does not take it there.
        headers = {"Authorization": f"Bearer {settings.token}", "X-Vault-Request": "true"}
        if settings.namespace:
            headers["X-Vault-Namespace"] = f"{settings.namespace}/"
        return self._http.get(f"{settings.address}/v1/{quote(path)}", headers)

    @cached_property
    def _http(self) -> _Client:
        settings = self._settings
        return _Client(
            self.redact,
            connect=_CONNECT_SECONDS,
            read=_READ_SECONDS,
            total_timeout=self.seconds,
            retries=_RETRIES,
            max_retry_after=_PATIENCE_SECONDS,
            authorities=settings.tls if isinstance(settings, VaultSettings) else None,
        )


def _below(mount: Mount, part: str, path: str) -> str:
    return f"{mount.path}{part}/{path.removeprefix(mount.path)}"
