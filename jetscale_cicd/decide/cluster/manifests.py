"""Rendered manifests compared object by object, with what a Secret holds masked before anything is shown."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from jetscale_cicd.config.bounded_yaml import load_documents
from jetscale_cicd.model.record import frozen

Key = tuple[str, str, str, str]
_LONGEST = 4000
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@frozen
class Manifest:
    """One object: what identifies it, and its document."""

    api_version: str
    kind: str
    namespace: str
    name: str
    document: dict[str, object]

    @property
    def key(self) -> Key:
        """API version, kind, namespace, name."""
        return (self.api_version, self.kind, self.namespace, self.name)


def parse_manifests(rendered: bytes, where: str) -> tuple[Manifest, ...]:
    """Objects of a stream of YAML documents.

    Raises:
        ConfigurationError: ``MANIFESTS``, helm rendered something that is no YAML mapping.
    """
    documents = load_documents(rendered, where, "MANIFESTS")
    return tuple(_manifest(each) for document in documents if document for each in _objects(document))


def diff_manifests(old: Sequence[Manifest], new: Sequence[Manifest], mask_key: bytes) -> tuple[str, int]:
    """A unified diff per object that differs, and how many do.

    Args:
        mask_key: random bytes of this run: equal secrets show equal masks within it, and no mask can be guessed back.
    """
    import difflib

    before, after = _by_key(old), _by_key(new)
    parts: list[str] = []
    count = 0
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) == after.get(key):
            continue
        count += 1
        title = f"{key[1]}/{key[3]}" + (f" ({key[2]})" if key[2] else "")
        names = (f"a/{title}" if key in before else "/dev/null", f"b/{title}" if key in after else "/dev/null")
        one, other = (_lines(side.get(key, ()), mask_key) for side in (before, after))
        parts += difflib.unified_diff(one, other, *names, lineterm="", n=2)
    return "\n".join(parts), count


def secrets_in(manifests: Sequence[Manifest], is_secret_name: Callable[[str], bool]) -> Iterator[str]:
    """Every value that a Secret holds, decoded too, and that a workload's environment has under a secret's name."""
    for manifest in manifests:
        yield from _secrets(manifest.document, is_secret_name)


def _secrets(value: object, is_secret_name: Callable[[str], bool]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _secrets(item, is_secret_name)
    elif isinstance(value, dict):
        name, content = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(content, str) and is_secret_name(name):
            yield content
        for key, item in value.items():
            if value.get("kind") == "Secret" and _is_payload(key) and isinstance(item, dict):
                for held in map(str, item.values()):
                    yield held
                    with suppress(ValueError):  # no base64, or no text
                        yield base64.b64decode(held, validate=True).decode()
            else:
                yield from _secrets(item, is_secret_name)


def _objects(document: dict[str, object]) -> Iterator[dict[str, object]]:
    """The object, or those of a List: helm and kubectl take a List apart too, and a SecretList's items need no kind."""
    kind, items = str(document.get("kind", "")), document.get("items")
    if not kind.endswith("List") or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        yield document
        return
    inherited = {"apiVersion": document.get("apiVersion", ""), "kind": kind.removesuffix("List")}
    for item in items:
        yield from _objects({**(inherited if inherited["kind"] else {}), **item})


def _manifest(document: dict[str, object]) -> Manifest:
    metadata = document.get("metadata")
    meta = metadata if isinstance(metadata, dict) else {}
    return Manifest(
        str(document.get("apiVersion", "")),
        str(document.get("kind", "")),
        str(meta.get("namespace", "")),
        str(meta.get("name") or meta.get("generateName", "")),
        document,
    )


def _by_key(manifests: Sequence[Manifest]) -> dict[Key, list[dict[str, object]]]:
    """Documents by object; several under one key (``generateName``) are distinguished by their order."""
    documents: dict[Key, list[dict[str, object]]] = {}
    for manifest in manifests:
        documents.setdefault(manifest.key, []).append(manifest.document)
    return documents


def _lines(documents: Sequence[dict[str, object]], mask_key: bytes) -> list[str]:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    lines: list[str] = []
    for document in documents:
        masked = _masked(document, mask_key)
        text: str = yaml.dump(masked, Dumper=dumper, sort_keys=False, allow_unicode=True, width=_LONGEST)
        lines += ["---", *text.splitlines()] if lines else text.splitlines()
    return lines


def _masked(value: object, mask_key: bytes) -> object:
    """The same with every Secret masked, however deep it stands; its metadata stays, but for kubectl's copy of it."""
    if isinstance(value, list):
        return [_masked(item, mask_key) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") != "Secret":
        return {key: _masked(item, mask_key) for key, item in value.items()}
    masked = {key: _masked_part(item, mask_key) if _is_payload(key) else item for key, item in value.items()}
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        copy = {_LAST_APPLIED: _mask(annotations[_LAST_APPLIED], mask_key)}
        masked["metadata"] = {**metadata, "annotations": {**annotations, **copy}}
    return masked


def _is_payload(key: object) -> bool:
    return str(key).lower() in ("data", "stringdata")  # a misspelt key keeps its secret


def _masked_part(values: object, mask_key: bytes) -> object:
    if isinstance(values, dict):
        return {key: _mask(value, mask_key) for key, value in values.items()}
    return values if values is None else _mask(values, mask_key)


def _mask(value: object, mask_key: bytes) -> str:
    return f"(masked {hashlib.blake2b(repr(value).encode(), key=mask_key, digest_size=4).hexdigest()})"
