"""A package that is accepted from now on."""

from jetscale_cicd.model.verification import Adoption
from jetscale_cicd.report.json.encode import SCHEMA


def adoption_document(adoption: Adoption) -> dict[str, object]:
    """The release, its package, what differs from a rebuild, and where it is accepted."""
    release = adoption.release
    return {
        "schema": SCHEMA,
        "version": str(release.version),
        "tag": release.tag,
        "commit": release.commit,
        "reference": adoption.reference,
        "published": adoption.digest,
        "files": list(adoption.files),
        "not_rebuilt": adoption.not_rebuilt or None,
        "file": adoption.file,
        "replaced": adoption.replaced or None,
    }
