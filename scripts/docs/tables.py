"""Reference made from the code: exit statuses, error codes, keys of the configuration."""

import textwrap
from collections.abc import Iterable
from typing import Any

from jetscale_cicd.config.schema import json_schema
from jetscale_cicd.errors import Stage6Error
from scripts.docs.codes import CLASSES, Code, all_codes
from scripts.docs.meanings import MEANINGS

_WIDTH = 116


def error_classes() -> list[type[Stage6Error]]:
    """Every class of errors, by its exit status."""
    return sorted(CLASSES.values(), key=lambda each: each.exit_status)


def exit_codes() -> str:
    """Exit statuses with their meaning and class."""
    rows = ["| exit | meaning | class |", "|---|---|---|", "| 0 | done, or nothing to do | |"]
    rows += [f"| {each.exit_status} | {each.meaning} | `{each.__name__}` |" for each in error_classes()]
    return "\n".join(rows) + "\n"


def error_codes() -> str:
    """Every code under the exit status of its class."""
    codes = all_codes().values()
    parts = []
    for each in error_classes():
        known = [code for code in codes if code.classes == {each.__name__}]
        if known:
            parts.append(f"## Exit {each.exit_status}: {each.meaning}\n")
            doc = (each.__doc__ or "").partition("\n")[0]
            parts.append(f"Class `{each.__name__}`. {doc}\n")
            parts += [_code(code) for code in known]
    return "\n" + "\n".join(parts) + "\n"


def _code(code: Code) -> str:
    meaning = [MEANINGS[code.name]] if code.name in MEANINGS else []
    messages = [f"“{message}”" for message in code.messages]
    return (
        f"### `{code.name}`\n\n"
        + _items("Meaning", meaning)
        + _items("Message", messages)
        + _items("Next step", code.hints)
    )


def _items(title: str, texts: Iterable[str]) -> str:
    return "".join(
        textwrap.fill(
            f"- {title}: {' '.join(text.split())}",
            _WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
        for text in texts
    )


def keys(section: str) -> dict[str, Any]:
    """The keys of a section in the JSON Schema, without those that are only still read."""
    schema: Any = json_schema()
    found: dict[str, Any] = schema["$defs"][section]["properties"]
    return {name: spec for name, spec in found.items() if not spec.get("deprecated")}


def key_table(section: str) -> str:
    """Key, type, default and meaning."""
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, spec in keys(section).items():
        default = f"`{_shown_default(spec['default'])}`" if "default" in spec else "see the meaning"
        rows.append(f"| `{name}` | {_type_of(spec)} | {default} | {spec['description'].rstrip('.')} |")
    return "\n".join(rows) + "\n"


def _type_of(spec: dict[str, Any]) -> str:
    if "$ref" in spec:
        return "keys of its own, below"
    if "enum" in spec:
        return " or ".join(f"`{value}`" for value in spec["enum"])
    if "anyOf" in spec:
        return f"{_type_of(spec['anyOf'][0])}, or null"
    inner = spec.get("additionalProperties", {})
    if spec["type"] == "object" and "array" in inner.get("type", ()):
        return "text to list of texts"
    if spec["type"] == "object" and "enum" in inner:
        return "text to text"
    return {"string": "text", "boolean": "true or false", "array": "list of texts", "object": "text to text"}[
        spec["type"]
    ]


def _shown_default(value: object) -> str:
    """The default as it would be written in the file."""
    if isinstance(value, list):
        return "[" + ", ".join(f'"{item}"' if "*" in item else item for item in value) + "]"
    if ": " in str(value):
        return f'"{value}"'
    return {"": '""', "None": "null", "False": "false", "True": "true"}.get(str(value), str(value))
