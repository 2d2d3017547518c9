"""The form of an artifact that refers to a package, and of the list of such artifacts (OCI image spec 1.1)."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.model.record import frozen
from jetscale_cicd.tools.registry.digest import digest_of

MANIFEST, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
# "Guidance for an Empty Descriptor": the configuration of what has none.
EMPTY = b"{}"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
# The annotation by which BuildKit's documents, and tools after it, are told apart.
_PREDICATE_TYPE = "in-toto.io/predicate-type"
_TITLE = "org.opencontainers.image.title"
_MAX_LISTED = 1000


@frozen(kw_only=True)
class Document:
    """The one file of an artifact.

    Args:
        name: file name, under which `oras pull` writes it.
        media_type: of the content, and of the artifact.
        predicate: type of what it says.
        content: its bytes.
    """

    name: str
    media_type: str
    predicate: str
    content: bytes


Descriptor = Mapping[str, object]


class Index(NamedTuple):
    """A list of artifacts that refer to a package, with all that somebody else wrote into it."""

    fields: Mapping[str, object]
    entries: list[Descriptor]

    def with_entry(self, entry: Descriptor) -> bytes:
        """The list with one artifact more."""
        return json.dumps({**self.fields, "manifests": [*self.entries, entry]}, separators=(",", ":")).encode()


def new_index() -> Index:
    """A list without any artifact."""
    return Index({"schemaVersion": 2, "mediaType": INDEX}, [])


def read_index(content: bytes) -> Index | None:
    """The list; None where that is none, or a longer one than is read."""
    fields = read_document(content)
    if not isinstance(fields, dict) or fields.get("mediaType", INDEX) != INDEX:
        return None
    entries = fields.get("manifests")
    if not isinstance(entries, list) or len(entries) > _MAX_LISTED:
        return None
    return Index(fields, entries) if all(isinstance(each, dict) for each in entries) else None


def descriptor_of(media_type: str, content: bytes) -> dict[str, object]:
    """A reference to content."""
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def manifest_of(document: Document, subject: Descriptor) -> bytes:
    """The manifest of an artifact that holds a document and refers to ``subject``; the same for the same values."""
    annotations = {_PREDICATE_TYPE: document.predicate}
    layer = descriptor_of(document.media_type, document.content)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": document.media_type,
        "config": descriptor_of(_EMPTY_TYPE, EMPTY),
        "layers": [{**layer, "annotations": {**annotations, _TITLE: document.name}}],
        "subject": subject,
        "annotations": annotations,
    }
    return json.dumps(manifest, separators=(",", ":")).encode()


def listed_as(document: Document, manifest: bytes) -> dict[str, object]:
    """How a list of referrers names an artifact (distribution spec 1.1, "Pushing Manifests with Subject")."""
    annotations = {_PREDICATE_TYPE: document.predicate}
    return {**descriptor_of(MANIFEST, manifest), "artifactType": document.media_type, "annotations": annotations}


def read_document(content: bytes) -> object:
    """A JSON document; None where it is none, or one beyond all bounds."""
    try:
        return read_json(content)
    except JsonRefused:
        return None


def subject_of(manifest: object) -> str:
    """The digest that an artifact refers to; "" where it refers to none."""
    subject = manifest.get("subject") if isinstance(manifest, dict) else None
    digest = subject.get("digest") if isinstance(subject, dict) else None
    return digest if isinstance(digest, str) else ""


def layers_of(manifest: object, media_type: str) -> list[str]:
    """The digests of the layers with a media type."""
    layers = manifest.get("layers") if isinstance(manifest, dict) else None
    found = (each for each in layers if isinstance(each, dict)) if isinstance(layers, list) else ()
    return [str(each.get("digest")) for each in found if each.get("mediaType") == media_type]
