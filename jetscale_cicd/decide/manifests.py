"""Rendered manifests compared object by object, with what a Secret holds masked before anything is shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from jetscale_cicd.config.bounded_yaml import load_documents

Key = tuple[str, str, str, str]
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
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
    return tuple(_manifest(document) for document in load_documents(rendered, where, "MANIFESTS") if document)


def diff_manifests(old: Sequence[Manifest], new: Sequence[Manifest], mask_key: bytes) -> tuple[str, int]:
    """A unified diff per object that differs, and how many do.

    Args:
        mask_key: random bytes of this run: equal secrets show equal masks within it, and no mask can be guessed back.
    """
    import difflib

    before, after = ({manifest.key: _lines(manifest, mask_key) for manifest in manifests} for manifests in (old, new))
    parts: list[str] = []
    count = 0
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key, []), after.get(key, [])
        if one == other:
            continue
        count += 1
        title = f"{key[1]}/{key[3]}" + (f" ({key[2]})" if key[2] else "")
        names = (f"a/{title}" if key in before else "/dev/null", f"b/{title}" if key in after else "/dev/null")
        parts += difflib.unified_diff(one, other, *names, lineterm="", n=2)
    return "\n".join(parts), count


def _manifest(document: dict[str, object]) -> Manifest:
    metadata = document.get("metadata")
    meta = metadata if isinstance(metadata, dict) else {}
    return Manifest(
        str(document.get("apiVersion", "")),
        str(document.get("kind", "")),
        str(meta.get("namespace", "")),
        str(meta.get("name", "")),
        document,
    )


def _lines(manifest: Manifest, mask_key: bytes) -> list[str]:
    import yaml

    document = _masked(manifest.document, mask_key) if manifest.kind == "Secret" else manifest.document
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_LONGEST)
    return text.splitlines()


def _masked(document: dict[str, object], mask_key: bytes) -> dict[str, object]:
    """A Secret with every value replaced, whatever its shape; metadata stays, but for what kubectl copied into it."""
    masked = {key: value for key, value in document.items() if key not in ("data", "stringData")}
    for part in ("data", "stringData"):
        values = document.get(part)
        if isinstance(values, dict):
            masked[part] = {key: _mask(value, mask_key) for key, value in values.items()}
        elif values is not None:
            masked[part] = _mask(values, mask_key)
    return masked


def _mask(value: object, mask_key: bytes) -> str:
    return f"(masked {hashlib.blake2b(repr(value).encode(), key=mask_key, digest_size=4).hexdigest()})"
