"""What AWS Secrets Manager answers, within bounds; a proxy, or another server, may have answered in its place."""

from datetime import UTC, datetime
from typing import Any

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.model.vault import VaultState
from jetscale_cicd.tools.vault.content import examine
from jetscale_cicd.tools.vault.found import Found

_CURRENT = "AWSCURRENT"
_NOT_OF_AWS = Found(state=VaultState.UNREADABLE, why="its answer is not one of AWS Secrets Manager")


def content_of(body: bytes, keys: tuple[str, ...], may_be_empty: tuple[str, ...]) -> Found:
    """What the value in an answer of ``GetSecretValue`` holds."""
    document = _answer(body)
    if document is None:
        return _NOT_OF_AWS
    value = document.get("SecretString")
    if isinstance(value, str):
        return examine(value, keys, may_be_empty)
    if document.get("SecretBinary") is not None:
        return Found(state=VaultState.NOT_JSON, why="it is binary (SecretBinary), and no text (SecretString)")
    return Found(state=VaultState.NO_VALUE) if value is None else _NOT_OF_AWS


def description_of(body: bytes) -> Found:
    """What an answer of ``DescribeSecret`` says, which holds no value."""
    document = _answer(body)
    versions = document.get("VersionIdsToStages") or {} if document else None
    if document is None or not isinstance(versions, dict):
        return _NOT_OF_AWS
    deleted = document.get("DeletedDate")
    if deleted is not None:
        return Found(state=VaultState.MARKED_FOR_DELETION, date=_date(deleted))
    current = any(isinstance(stages, list) and _CURRENT in stages for stages in versions.values())
    return Found(state=VaultState.DESCRIBED if current else VaultState.NO_VALUE)


def _answer(body: bytes) -> dict[str, Any] | None:
    try:
        document = read_json(body)
    except JsonRefused:
        return None
    return document if isinstance(document, dict) and isinstance(document.get("ARN"), str) else None


def _date(seconds: object) -> str:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):  # of no year that there is
        return ""
