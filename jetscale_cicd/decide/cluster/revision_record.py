"""The record of one revision in its values: written, read back, and described for people.

helm copies values to later revisions (`rollback`, `upgrade --reuse-values`), so the record names the revision that it
is about, and is read only from that one, and only with the chart version that it names: a person's new installation
with these values begins at revision 1 again. The description in `helm history` is derived from it and never read back.
"""

from collections.abc import Mapping
from typing import Any

from jetscale_cicd.decide.cluster import legacy_record
from jetscale_cicd.decide.cluster.deploy_record import KEY, deploy_line, fields_of, record_fields, recorded
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.revision import HelmRevision, RevisionRecord, RevisionState, RollbackCause, RollbackRecord

SCHEMA = 1
NOT_YET = "not yet checked"
_STATE_FIELDS = ("schema", "revision", "state", "code", "reason", "rollback")


def unverified(revision: int) -> RevisionRecord:
    """The record of a revision that was not verified yet."""
    return RevisionRecord(revision=revision, state=RevisionState.UNVERIFIED, reason=NOT_YET)


def state_fields(record: RevisionRecord) -> dict[str, object]:
    """The fields of ``global.stage6`` that say what became of a revision."""
    fields: dict[str, object] = {
        "schema": SCHEMA,
        "revision": record.revision,
        "state": str(record.state),
        "code": record.code,
        "reason": record.reason,
    }
    if back := record.rollback:
        fields["rollback"] = {"of": back.of, "to": back.to, "cause": str(back.cause), "code": back.code}
    return fields


def state_values(record: RevisionRecord) -> dict[str, object]:
    """The same as values for helm, which merges them with those that name the deploy."""
    return {"global": {KEY: state_fields(record)}}


def with_record(
    config: Mapping[str, Any], record: RevisionRecord, deployed: Deployed | None, run: str, deploy: str
) -> dict[str, Any]:
    """A revision's values with this record in place of any other."""
    given = config.get("global")
    kept = {name: value for name, value in fields_of(config).items() if name not in _STATE_FIELDS}
    fields = {**kept, **record_fields(deployed, run, deploy), **state_fields(record)}
    return {**config, "global": {**(given if isinstance(given, dict) else {}), KEY: fields}}


def record_of(revision: HelmRevision) -> RevisionRecord | None:
    """What Stage 6 recorded about a revision; None where it did not make that one."""
    fields = fields_of(revision.config)
    if not fields:
        return None
    if "schema" not in fields:
        return legacy_record.read(revision)
    if fields["schema"] != SCHEMA or fields.get("revision") != revision.number:
        return None
    deployed = recorded(revision.config)
    if deployed and revision.chart_version and deployed.version != revision.chart_version:
        return None
    return _decoded(fields, revision.number)


def is_newer(revision: HelmRevision) -> bool:
    """Whether a later Stage 6 than this one wrote the record."""
    schema = fields_of(revision.config).get("schema")
    return isinstance(schema, int) and schema > SCHEMA


def describe(record: RevisionRecord, deployed: Deployed | None, run: str) -> str:
    """One line for `helm history`.

    Args:
        deployed: the deploy that the revision holds; None of what was deployed outside Stage 6.
        run: the CI run that made the revision; "" where none is known.
    """
    line = deploy_line(deployed, run) if deployed and deployed.commit else f"run={run}" if run else ""
    if back := record.rollback:
        place = f"Rollback to {back.to}"
        if record.state is RevisionState.ROLLBACK:
            return f"{place}: {back.why}" + (f"; {line}" if line else "")
        return f"{place} {record.state}: {record.cause}"
    if record.state is RevisionState.VERIFIED:
        return line
    return f"{line} {record.state}: {record.cause}".strip()


def _decoded(fields: Mapping[str, object], number: int) -> RevisionRecord | None:
    """The record in the fields; None where they are not what Stage 6 writes."""
    try:
        state = RevisionState(str(fields.get("state")))
        given = fields.get("rollback")
        back = _rollback(given) if isinstance(given, dict) else None
    except (ValueError, TypeError):
        return None
    if state is RevisionState.ROLLBACK and back is None:
        return None
    code, reason = str(fields.get("code", "")), str(fields.get("reason", ""))
    return RevisionRecord(revision=number, state=state, code=code, reason=reason, rollback=back)


def _rollback(fields: Mapping[str, Any]) -> RollbackRecord:
    return RollbackRecord(
        of=int(fields.get("of", 0)),
        to=int(fields.get("to", 0)),
        cause=RollbackCause(str(fields.get("cause"))),
        code=str(fields.get("code", "")),
    )
