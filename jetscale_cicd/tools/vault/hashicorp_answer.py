"""What HashiCorp Vault answers, within bounds; a proxy, or another server, may have answered in its place."""

import re
from collections.abc import Callable
from typing import Any

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.vault import VaultState
from jetscale_cicd.tools.http import HttpAnswer
from jetscale_cicd.tools.vault.content import examine_object
from jetscale_cicd.tools.vault.found import Found

_NOT_OF_VAULT = Found(state=VaultState.UNREADABLE, why="its answer is not one of HashiCorp Vault")
_MOUNT = re.compile(r"[A-Za-z0-9_./ -]{1,200}/")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})")
_MAX_SAID = 300
# Of other answers the text is not shown: a gateway may have put into it what it was to pass on.
_SPOKEN = (400, 403, 412, 429, 472, 473, 501, 503)
_SECOND = "2"


@frozen(kw_only=True)
class Mount:
    """Where a KV engine is mounted.

    Args:
        path: with a slash at its end.
        is_second: whether it keeps versions (KV 2).
    """

    path: str
    is_second: bool


def mount_of(answer: HttpAnswer) -> Mount | None:
    """The mount in an answer; None where it is none of a KV engine."""
    data = _part(_document(answer), "data")
    path, kind, options = (data or {}).get("path"), (data or {}).get("type"), _part(data, "options") or {}
    if not isinstance(path, str) or not _MOUNT.fullmatch(path) or ".." in path or kind not in ("kv", "generic"):
        return None
    return Mount(path=path, is_second=options.get("version") == _SECOND)


def content_of(answer: HttpAnswer, mount: Mount, keys: tuple[str, ...], may_be_empty: tuple[str, ...]) -> Found:
    """What the value in an answer holds."""
    data = _part(_document(answer), "data")
    held = _part(data, "data") if mount.is_second else data
    if held is None:
        return _NOT_OF_VAULT
    return examine_object(list(held.items()), keys, may_be_empty)


def absence_of(answer: HttpAnswer) -> Found:
    """What an answer of 404 says: of a version that was deleted it has the metadata."""
    metadata = _part(_part(_document(answer), "data"), "metadata")
    return Found(state=VaultState.ABSENT) if metadata is None else _of_version(metadata, metadata.get("version"), "")


def description_of(answer: HttpAnswer, now: str) -> Found:
    """What the metadata of an entry says of its newest version.

    Args:
        now: ``2026-01-31T12:00:00``, in UTC; a version may have a time at which it will be deleted.
    """
    data = _part(_document(answer), "data")
    versions = _part(data, "versions")
    if data is None or versions is None:
        return _NOT_OF_VAULT
    number = data.get("current_version")
    newest = _part(versions, str(number))
    return Found(state=VaultState.NO_VALUE) if newest is None else _of_version(newest, number, now)


def _of_version(version: dict[str, Any], number: object, now: str) -> Found:
    """A version: its value was destroyed, or deleted so that it can be had back, or is there."""
    if version.get("destroyed") is True:
        return Found(state=VaultState.NO_VALUE, why="its newest version was destroyed")
    deleted = version.get("deletion_time")
    found = _DATE.match(deleted) if isinstance(deleted, str) else None
    if found and (not now or f"{found[1]}T{found[2]}" <= now):
        shown = str(number) if type(number) is int else ""
        return Found(state=VaultState.MARKED_FOR_DELETION, date=found[1], version=shown)
    return Found(state=VaultState.DESCRIBED if now else VaultState.NO_VALUE)


def refusal_of(answer: HttpAnswer, redact: Callable[[str], str]) -> Found:
    """What an answer that is no success says; of 403 and 404 the caller knows more."""
    said = redact(_said(answer)) if answer.status in _SPOKEN else ""
    why = said or f"it answered {answer.status}"
    if answer.status == 429:
        return Found(state=VaultState.THROTTLED, why=why)
    if answer.status >= 500 or answer.status in (412, 472, 473):  # sealed, a standby, or behind its peers
        return Found(state=VaultState.UNREACHABLE, why=why, code=str(answer.status))
    return Found(state=VaultState.UNREADABLE, why=why)


def _said(answer: HttpAnswer) -> str:
    errors = (_document(answer) or {}).get("errors")
    texts = [each for each in errors if isinstance(each, str)] if isinstance(errors, list) else []
    return "".join(each for each in " ".join("; ".join(texts).split()) if each.isprintable())[:_MAX_SAID]


def _document(answer: HttpAnswer) -> dict[str, Any] | None:
    try:
        document = read_json(answer.body)
    except JsonRefused:
        return None
    return document if isinstance(document, dict) else None


def _part(holder: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    part = (holder or {}).get(name)
    return part if isinstance(part, dict) else None
