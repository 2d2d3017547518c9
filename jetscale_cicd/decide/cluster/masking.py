"""Values that came from the environment, removed from what Helm keeps."""

from collections.abc import Iterable
from typing import Any

MASKED = "(from the environment of the deploy)"


def exposes(config: dict[str, Any], keys: Iterable[str]) -> bool:
    """Whether values hold any that came from the environment, in clear.

    Args:
        keys: their dotted keys.
    """
    keys = tuple(keys)
    return masked(config, keys) != config


def masked(config: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Values without those that came from the environment."""
    for key in keys:
        config = _masked(config, key.split("."))
    return config


def _masked(config: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    name, rest = parts[0], parts[1:]
    if name not in config:
        return config
    inner = config[name]
    if rest:
        return {**config, name: _masked(inner, rest)} if isinstance(inner, dict) else config
    return {**config, name: MASKED}
