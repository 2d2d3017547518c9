"""What an API server answered, as objects whose outer shape holds; a proxy or a gateway may have answered in its place.

What lies in a builtin kind deeper than this, the API server itself has checked before it stored it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from jetscale_cicd.config.bounded_json import JsonRefused, read_json

Object = dict[str, Any]
# Of one answer: 64 KiB for each object of a page.
LARGEST = 16 << 20
_MOST_WARNINGS, _LONGEST_WARNING = 20, 400
_TEXTS = ("labels", "annotations")
_NAMES = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")


def read_object(answer: bytes) -> Object:
    """An object, or a list of objects.

    Raises:
        JsonRefused: the answer is no JSON, is too large or too deep, or is no object of Kubernetes.
    """
    document = read_json(answer, max_bytes=LARGEST)
    if not isinstance(document, dict):
        raise JsonRefused("the answer is no object")
    items = _part(document, "items", list)
    for each in (document, *items):
        if not isinstance(each, dict):
            raise JsonRefused("an item of the answer is no object")
        _check_metadata(_part(each, "metadata", dict))
    for each in items:  # of kinds that are read field by field
        _part(each, "spec", dict)
        _part(each, "status", dict)
    return document


def status_of(answer: bytes) -> Object | None:
    """The Status object of a refusal; None where the answer is none, but that of a proxy or a gateway.

    Its fields are there, and of their types: ``message``, ``reason``, ``name``, ``causes``.
    """
    try:
        document = read_json(answer)
    except JsonRefused:
        return None
    if not isinstance(document, dict) or "message" not in document:
        return None
    details = document.get("details") or {}
    if not isinstance(details, dict):
        return None
    return {
        "message": str(document["message"]),
        "reason": str(document.get("reason") or ""),
        "name": str(details.get("name") or ""),
        "causes": tuple(_reasons(details.get("causes"))),
    }


def warnings_in(headers: Sequence[str]) -> Iterator[str]:
    """The texts of an answer's Warning headers (RFC 7234, 5.5: a code, an agent, and the text in quotes)."""
    for each in headers[:_MOST_WARNINGS]:
        text = each.partition('"')[2].rpartition('"')[0]
        if text:
            yield shortened(text.replace('\\"', '"').replace("\\\\", "\\"), _LONGEST_WARNING)


def shortened(text: str, longest: int) -> str:
    """The beginning and the end of a text: a refusal begins with the field, and ends with what is wrong with it."""
    if len(text) <= longest:
        return text
    end = longest // 3
    return f"{text[: longest - end - 1]}…{text[-end:]}"


def _reasons(causes: object) -> Iterator[str]:
    for each in causes if isinstance(causes, list) else ():
        if isinstance(each, dict):
            yield str(each.get("reason") or "")


def _check_metadata(metadata: Object) -> None:
    for name in _TEXTS:
        if not all(isinstance(value, str) for value in _part(metadata, name, dict).values()):
            raise JsonRefused(f"metadata.{name} of the answer holds something else than text")
    for name in _NAMES:
        if metadata.get(name) is None:
            metadata.pop(name, None)
        elif not isinstance(metadata[name], str):
            raise JsonRefused(f"metadata.{name} of the answer is no text")


def _part(holder: Object, name: str, kind: type) -> Any:
    """A part of an object, empty where there is none; null is none, as for Go."""
    value = holder.get(name)
    if value is None:
        holder.pop(name, None)
        return kind()
    if not isinstance(value, kind):
        raise JsonRefused(f"{name} of the answer is of another type")
    return value
