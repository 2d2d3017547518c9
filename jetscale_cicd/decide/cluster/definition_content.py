"""What a CustomResourceDefinition says, without what the API server adds or leaves out, and how two of them differ.

Both sides are brought to one form (Kubernetes 1.34, apiextensions/v1: types.go, defaults.go, marshal.go): names and the
strategy of conversion as the server completes them, no zero values, which its JSON drops, no certificate that an
operator injects, no status. What ``default``, ``enum`` and ``example`` hold is data, in which a zero is a value.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jetscale_cicd.decide.fields import Object, part, parts, text

_SCHEMAS = ("properties", "patternProperties", "definitions", "dependencies")  # by name
_INNER = ("allOf", "anyOf", "oneOf", "not", "items", "additionalProperties", "additionalItems")
_DATA = ("default", "enum", "example")
_REAL = ("minimum", "maximum", "multipleOf")  # of any other number the server takes a whole one alone
_DIGEST = 32
_LONGEST = 60
_ABSENT = object()
_PORT = 443


class Difference(NamedTuple):
    """One field of a definition that is not as packaged.

    Args:
        path: of the field; a version by its name.
        packaged, found: what it is, as JSON; "" where it is not there.
    """

    path: str
    packaged: str
    found: str

    def __str__(self) -> str:
        if not self.found:
            return f"{self.path} is not there"
        if not self.packaged:
            return f"{self.path} is there, and not in the package"
        return f"{self.path} is {_short(self.found)}, and {_short(self.packaged)} in the package"


def completed(spec: Object) -> Object:
    """The spec of a definition with what the API server adds to its names, and to whom its webhook asks."""
    names, conversion = part(spec, "names"), part(spec, "conversion")
    kind = text(names, "kind")
    given = {key: value for key, value in names.items() if value not in ("", None)}
    full: Object = {**spec, "names": {"singular": kind.lower(), "listKind": f"{kind}List", **given}}
    if service := part(conversion, "webhook", "clientConfig", "service"):
        client = {**part(conversion, "webhook", "clientConfig"), "service": {"port": _PORT, **service}}
        full["conversion"] = {**conversion, "webhook": {**part(conversion, "webhook"), "clientConfig": client}}
    return full


def content_of(document: object) -> Object:
    """The spec of a definition in the one form."""
    spec = completed(part(document, "spec"))
    own = ("names", "versions", "conversion")
    return {
        **_without_zeros({key: value for key, value in spec.items() if key not in own}),
        "names": _without_zeros(part(spec, "names")),
        "versions": {text(each, "name"): _version(each) for each in parts(spec, "versions")},
        "conversion": _conversion(part(spec, "conversion")),
    }


def digest_of(document: object) -> str:
    """A digest of the spec in the one form: those of two definitions are equal where nothing differs."""
    return hashlib.sha256(_json(content_of(document)).encode()).hexdigest()[:_DIGEST]


def differences(packaged: object, found: object) -> tuple[Difference, ...]:
    """Where a definition on the cluster is not as packaged; of its labels and annotations only those of the package."""
    version, kept = text(packaged, "apiVersion"), text(found, "apiVersion")  # an item of a list does not say its own
    return (
        *((Difference("apiVersion", _json(version), _json(kept)),) if kept not in ("", version) else ()),
        *_marks(packaged, found),
        *_compared("spec", content_of(packaged), content_of(found)),
    )


def _marks(packaged: object, found: object) -> Iterator[Difference]:
    for name in ("labels", "annotations"):
        there = part(found, "metadata", name)
        for key, value in part(packaged, "metadata", name).items():
            yield from _compared(f"metadata.{name}[{key}]", value or "", there.get(key, _ABSENT))


def _conversion(conversion: Object) -> Object:
    strategy = text(conversion, "strategy") or "None"
    webhook = part(conversion, "webhook")
    if not webhook:
        return {"strategy": strategy}
    client = {key: value for key, value in part(webhook, "clientConfig").items() if key != "caBundle"}
    kept = _without_zeros({key: value for key, value in webhook.items() if key != "clientConfig"})
    return {"strategy": strategy, "webhook": {**kept, "clientConfig": _without_zeros(client)}}


def _version(version: Object) -> Object:
    own = ("name", "served", "storage", "schema", "subresources", "additionalPrinterColumns")
    columns = parts(version, "additionalPrinterColumns")
    subresources = part(version, "subresources")
    return {
        **_without_zeros({key: value for key, value in version.items() if key not in own}),
        "served": version.get("served") is True,
        "storage": version.get("storage") is True,
        "schema": {"openAPIV3Schema": _schema(part(version, "schema", "openAPIV3Schema"))},
        "subresources": {key: _cleared(each) for key, each in subresources.items() if each is not None},
        "additionalPrinterColumns": [
            _without_zeros({key: value for key, value in each.items() if (key, value) != ("priority", 0)})
            for each in columns
        ],
    }


def _schema(schema: object) -> object:
    """A schema; several of them; or true or false, or names, where Kubernetes lets those stand for one."""
    if isinstance(schema, list):
        return [_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Object = {}
    for key, value in schema.items():
        if value is None:
            continue
        if key in _DATA:
            kept[key] = _data(value)
        elif key in _SCHEMAS and isinstance(value, dict):
            kept[key] = {name: _schema({} if each is None else each) for name, each in value.items()}
        elif key in _INNER:
            kept[key] = _schema(value)
        else:
            kept[key] = _data(float(value)) if key in _REAL and _is_number(value) else _cleared(value)
    return {key: value for key, value in kept.items() if _is_kept(key, value)}


def _is_kept(key: str, value: object) -> bool:
    """Whether the server's JSON has a field of a schema, in which an empty schema lets everything through."""
    if key in ("default", "example"):
        return True
    return value != [] if key in _INNER else not _is_zero(value)


def _without_zeros(holder: Mapping[str, object]) -> Object:
    """A mapping without what the server's JSON leaves out."""
    cleared = {key: _cleared(value) for key, value in holder.items()}
    return {key: value for key, value in cleared.items() if not _is_zero(value)}


def _cleared(value: object) -> object:
    if isinstance(value, list):
        return [_cleared(each) for each in value]
    return _without_zeros(value) if isinstance(value, dict) else _data(value)


def _data(value: object) -> object:
    """What YAML or JSON has, numbers in one form."""
    if isinstance(value, list):
        return [_data(each) for each in value]
    if isinstance(value, dict):
        return {key: _data(each) for key, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_zero(value: object) -> bool:
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compared(path: str, packaged: object, found: object) -> Iterator[Difference]:
    if isinstance(packaged, dict) and isinstance(found, dict):
        for key in sorted(packaged.keys() | found.keys()):
            inner = f"{path}[{key}]" if path == "spec.versions" else f"{path}.{key}"
            yield from _compared(inner, packaged.get(key, _ABSENT), found.get(key, _ABSENT))
    elif isinstance(packaged, list) and isinstance(found, list) and len(packaged) == len(found):
        for number, (one, other) in enumerate(zip(packaged, found, strict=True)):
            yield from _compared(f"{path}[{number}]", one, other)
    elif (one := _json(packaged)) != (other := _json(found)):
        yield Difference(path, one, other)


def _json(value: object) -> str:
    """JSON that is equal where the values are, in which true is not 1."""
    return "" if value is _ABSENT else json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _short(written: str) -> str:
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"
