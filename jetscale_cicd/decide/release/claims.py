"""What a statement of provenance says, and whether tag and package say the same.

Whoever may push to the repository may add statements. None is trusted: it is read within bounds, compared, and shown.
"""

from collections.abc import Mapping
from typing import NamedTuple

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.decide.release.provenance import BUILD_TYPE, PREDICATE, STATEMENT
from jetscale_cicd.model.provenance import Claims
from jetscale_cicd.model.release import Release

_MAX_BYTES = 256 << 10
_MAX_ITEMS = 1024
_MAX_CHARS = 2000


class Unreadable(NamedTuple):
    """A document that is no statement of provenance, or none that is read; and why."""

    why: str


class Expected(NamedTuple):
    """What tag and package say: the release, the chart, and the digests of archive and manifest (``sha256:…``)."""

    release: Release
    chart: str
    package: str
    manifest: str


def read_claims(content: bytes) -> Claims | Unreadable:
    """What a statement says; any bytes may be given."""
    try:
        fields = _fields(read_json(content, max_bytes=_MAX_BYTES, pairs=_unique))
    except JsonRefused as refused:
        return Unreadable(str(refused))
    if fields.get("_type") != STATEMENT or fields.get("predicateType") != PREDICATE:
        return Unreadable("it is not a statement of SLSA provenance v1")
    predicate = _fields(fields.get("predicate"))
    definition, details = _fields(predicate.get("buildDefinition")), _fields(predicate.get("runDetails"))
    subjects, dependencies = _list(fields.get("subject")), _list(definition.get("resolvedDependencies"))
    if len(subjects) > _MAX_ITEMS or len(dependencies) > _MAX_ITEMS:
        return Unreadable(f"it names more than {_MAX_ITEMS:,} subjects or dependencies")
    ours = definition.get("buildType") == BUILD_TYPE
    given = _fields(definition.get("externalParameters")) if ours else {}
    return Claims(
        digests=_digests(subjects, "sha256"),
        commits=_digests(dependencies, "gitCommit"),
        ours=ours,
        chart=_text(given.get("chart")),
        version=_text(given.get("version")),
        tag=_text(given.get("tag")),
        source=_text(given.get("source")),
        builder=_text(_fields(details.get("builder")).get("id")),
        run=_text(_fields(details.get("metadata")).get("invocationId")),
    )


def differing(claims: Claims, expected: Expected) -> tuple[str, ...]:
    """What a statement says otherwise than tag and package.

    One of another form is about the package if it names either of the two digests (in-toto, "digest set"), and says of
    the commit what it likes to.
    """
    release = expected.release
    known = [digest.removeprefix("sha256:") for digest in (expected.package, expected.manifest)]
    named = [digest in claims.digests for digest in known]
    found = {"package": all(named) if claims.ours else any(named)}
    if claims.ours or claims.commits:
        found["commit"] = release.commit in claims.commits
    if claims.ours:
        found["chart"] = claims.chart == expected.chart
        found["version"] = claims.version == str(release.version)
        found["tag"] = claims.tag == release.tag
    return tuple(name for name, same in found.items() if not same)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Programs disagree on which of two fields with one name counts."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise JsonRefused("it has a name twice")
    return made


def _digests(items: list[object], algorithm: str) -> tuple[str, ...]:
    found = (_text(_fields(_fields(item).get("digest")).get(algorithm)) for item in items)
    return tuple(digest for digest in found if digest)


def _fields(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """A text on one line, without what a terminal obeys; "" for anything else."""
    return value if isinstance(value, str) and len(value) <= _MAX_CHARS and value.isprintable() else ""
