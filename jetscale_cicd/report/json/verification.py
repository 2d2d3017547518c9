"""A published chart compared with its tag."""

from jetscale_cicd.model.verification import Verification
from jetscale_cicd.report.json.encode import SCHEMA


def verification_document(verification: Verification) -> dict[str, object]:
    """Both digests, what they mean, and the files that differ."""
    release = verification.release
    return {
        "schema": SCHEMA,
        "result": str(verification.sameness),
        "version": str(release.version),
        "tag": release.tag,
        "commit": release.commit,
        "reference": verification.reference,
        "published": verification.published,
        "rebuilt": verification.rebuilt,
        "files": list(verification.files),
        "managed": verification.managed,
        "adopted": verification.adopted or None,
    }
