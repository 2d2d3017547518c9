"""An object as lines of YAML for people: text of several lines stays readable, and what a Secret holds is masked.

PyYAML's emitter writes a text with a tab, a trailing space or a carriage return as one quoted line; here it is a block.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator

from jetscale_cicd.config.yaml_scalars import plain
from jetscale_cicd.decide.cluster.manifests import is_payload

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Text that YAML takes for nothing else, in block style.
_PLAIN = re.compile(r"[A-Za-z0-9_./(=<^~+-](?:[^\n]*[^\s:])?")
_NOT_PLAIN = re.compile(r": |\s#|\t|^---|^\.\.\.|^- |^-$|^<<$")
_INDENT = "  "
# Of a Secret, of whatever group; and what the core group's has beside its payload (Kubernetes API, Secret v1).
_SHOWN, _SHOWN_OF_THE_CORE = ("apiVersion", "kind", "metadata"), ("type", "immutable")


def object_lines(document: object) -> list[str]:
    """Lines of a document, keys in their order."""
    return list(_block(document, ""))


def masked(value: object, mask_key: bytes, hide: Callable[[str], str] = str) -> object:
    """The same with every Secret of whatever group masked, however deep it stands, but for its keys and its metadata.

    Of the metadata kubectl's copy of the object is masked.

    Args:
        mask_key: random bytes of this run: equal secrets show equal masks within it, and no mask can be guessed back.
        hide: masks known secrets in a string. In the text of the object they may be quoted, escaped and broken.
    """
    if isinstance(value, list):
        return [masked(item, mask_key, hide) for item in value]
    if not isinstance(value, dict):
        return hide(value) if isinstance(value, str) else value
    if value.get("kind") != "Secret":
        return {hide(str(key)): masked(item, mask_key, hide) for key, item in value.items()}
    hidden = {
        key: item if item is None or _is_shown(key, value) else _masked_part(item, mask_key)
        for key, item in value.items()
    }
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        copy = {_LAST_APPLIED: mask(annotations[_LAST_APPLIED], mask_key)}
        hidden["metadata"] = {**metadata, "annotations": {**annotations, **copy}}
    return hidden


def _is_shown(key: object, secret: dict[str, object]) -> bool:
    """Whether a field is no secret: of what has no metadata, as a reference to a Secret has none, all but a payload."""
    if "metadata" not in secret:
        return not is_payload(key)
    return key in _SHOWN or (key in _SHOWN_OF_THE_CORE and secret.get("apiVersion", "v1") == "v1")


def _masked_part(value: object, mask_key: bytes) -> object:
    """The same with every value masked; the keys are left."""
    if isinstance(value, dict):
        return {key: _masked_part(item, mask_key) for key, item in value.items()}
    return [_masked_part(item, mask_key) for item in value] if isinstance(value, list) else mask(value, mask_key)


def mask(value: object, mask_key: bytes) -> str:
    """What is shown of a secret: the same for the same one, within a run."""
    return f"(masked {hashlib.blake2b(repr(value).encode(), key=mask_key, digest_size=4).hexdigest()})"


def _block(value: object, indent: str) -> Iterator[str]:
    """A value on lines of its own."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _entry(f"{indent}{_scalar(str(key))}:", item, indent)
    elif isinstance(value, list) and value:
        for item in value:
            if _is_nested(item):
                first, *rest = _block(item, indent + _INDENT)
                yield f"{indent}- {first.removeprefix(indent + _INDENT)}"
                yield from rest
            else:
                yield from _entry(f"{indent}-", item, indent)
    else:
        yield indent + _scalar(value)


def _entry(head: str, value: object, indent: str) -> Iterator[str]:
    """A key or a dash with its value, on the same line where that is one."""
    if _is_nested(value):
        yield head
        yield from _block(value, indent if isinstance(value, list) else indent + _INDENT)
    elif isinstance(value, str) and "\n" in value and value.strip("\n"):
        yield f"{head} {_block_header(value)}"
        lines = value.removesuffix("\n").split("\n")
        yield from (f"{indent}{_INDENT}{line}" if line else "" for line in lines)
    else:
        yield f"{head} {_scalar(value)}"


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _block_header(text: str) -> str:
    """``|``, with an indicator where the first line is indented itself, and one for the line breaks at the end."""
    indicator = "2" if text.startswith((" ", "\n", "\t")) else ""
    if not text.endswith("\n"):
        return f"|{indicator}-"
    return f"|{indicator}+" if text.endswith("\n\n") else f"|{indicator}"


def _scalar(value: object) -> str:
    if value is None or isinstance(value, bool | int | float | dict | list):
        return json.dumps(value)
    text = str(value)
    if not text.isprintable():
        quoted = json.dumps(text, ensure_ascii=False)
        return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
    if _PLAIN.fullmatch(text) and not _NOT_PLAIN.search(text) and plain(text) == text:
        return text
    return "'" + text.replace("'", "''") + "'"
