"""A statement of where a package comes from: in-toto's, with the provenance of SLSA v1 (docs/provenance.md).

Sources: in-toto attestation framework v1 (statement, resource descriptor, digest set), slsa.dev/spec/v1.0/provenance.
It has no times, which SLSA leaves open, so that one run gives the same bytes however often it is repeated.
"""

import json

from jetscale_cicd.model.provenance import Provenance

# Of the bytes: in-toto's own type for a statement without an envelope, that is, without a signature.
MEDIA_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://stage6.jetscale.ai/chart/v1"
_BUILDERS = "https://stage6.jetscale.ai/ci/"


def statement(made: Provenance) -> bytes:
    """The statement as JSON, the same for the same values."""
    document = {
        "_type": STATEMENT,
        "subject": [
            {"name": f"{made.chart}-{made.version}.tgz", "digest": _sha256(made.package)},
            {"name": f"{made.chart}:{made.version}", "digest": _sha256(made.manifest)},
        ],
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": _definition(made), "runDetails": _details(made)},
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _definition(made: Provenance) -> dict[str, object]:
    given = {
        "chart": made.chart,
        "path": made.path,
        "source": made.source,
        "tag": made.tag,
        "version": str(made.version),
    }
    commit: dict[str, object] = {"digest": {"gitCommit": made.commit}}
    if made.source:
        commit["uri"] = f"git+{made.source}@refs/tags/{made.tag}"
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {name: value for name, value in given.items() if value},
        "resolvedDependencies": [commit],
    }


def _details(made: Provenance) -> dict[str, object]:
    details: dict[str, object] = {"builder": {"id": _BUILDERS + made.ci, "version": {"jetscale_cicd": made.tool}}}
    if made.run:
        details["metadata"] = {"invocationId": made.run}
    return details


def _sha256(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}
