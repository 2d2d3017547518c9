"""A published chart compared with its tag."""

from jetscale_cicd.model.provenance import Claims, FoundProvenance, Statement
from jetscale_cicd.model.verification import Verification
from jetscale_cicd.report.json.encode import SCHEMA


def verification_document(verification: Verification) -> dict[str, object]:
    """Both digests, what they mean, the files that differ, and the statements that refer to the package."""
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
        "provenance": _provenance(verification.provenance) if verification.provenance else None,
    }


def _provenance(found: FoundProvenance) -> dict[str, object]:
    return {"statements": [_statement(each) for each in found.statements], "why": found.why or None}


def _statement(statement: Statement) -> dict[str, object]:
    claims = statement.claims or Claims(digests=(), commits=())
    return {
        "digest": statement.digest,
        "agrees": statement.agrees,
        "differs": list(statement.differs),
        "why": statement.why or None,
        "commits": list(claims.commits),
        "source": claims.source or None,
        "chart": claims.chart or None,
        "version": claims.version or None,
        "tag": claims.tag or None,
        "builder": claims.builder or None,
        "run": claims.run or None,
    }
