"""What a deploy records in the values of its revision, under ``global.stage6``, and in the labels of Helm's Secret.

Values stay with a revision that fails, and a rollback brings them back. The labels repeat a part of the record for
`helm list --selector`; they hold no more than 63 characters (Kubernetes) and are never read back.
"""

from collections.abc import Mapping

from jetscale_cicd.model.commit import FULL_COMMIT_NAME
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.revision import RevisionRecord

KEY = "stage6"
LABEL = "stage6.jetscale.ai"
_LABEL_LENGTH = 40
_FIELDS = ("version", "commit", "digest", "values")


def record_values(record: Deployed, run: str, deploy: str) -> dict[str, object]:
    """Values that carry the record under ``global``, which every chart has to accept.

    Args:
        deploy: an identifier of this deploy alone; a later deploy with these values copies it.
    """
    return {"global": {KEY: record_fields(record, run, deploy)}}


def record_fields(record: Deployed | None, run: str, deploy: str) -> dict[str, object]:
    """The fields of the record; all of them are "" of what was deployed outside Stage 6."""
    kept = record if record and record.commit else None
    return {
        "version": kept.version if kept else "",
        "commit": kept.commit if kept else "",
        "digest": kept.digest if kept else "",
        "values": kept.values_digest if kept else "",
        "run": run,
        "deploy": deploy,
        **({"definitions": dict(kept.definitions)} if kept and kept.definitions else {}),
    }


def nested(values: Mapping[str, str]) -> dict[str, object]:
    """Values by their dotted keys as a values file has them."""
    tree: dict[str, object] = {}
    for key, value in values.items():
        *parents, last = key.split(".")
        place = tree
        for parent in parents:
            inner = place.setdefault(parent, {})
            assert isinstance(inner, dict), f"{key} lies inside another key"  # noqa: S101 - checked by the settings
            place = inner
        place[last] = value
    return tree


def record_labels(record: Deployed) -> dict[str, str]:
    """Labels of Helm's Secret; digests cut to 40 hexadecimal digits."""
    digests = {"commit": record.commit, "digest": record.digest, "values": record.values_digest}
    return {f"{LABEL}/{name}": value.removeprefix("sha256:")[:_LABEL_LENGTH] for name, value in digests.items()}


def state_labels(record: RevisionRecord) -> dict[str, str]:
    """Labels of Helm's Secret that say which revision the record is about, and its state."""
    return {f"{LABEL}/revision": str(record.revision), f"{LABEL}/state": str(record.state)}


def deploy_line(record: Deployed, run: str) -> str:
    """Everything that was deployed on one line, for `helm history`."""
    parts = [f"{KEY} {record.version}", f"commit={record.commit}", f"digest={record.digest}"]
    return " ".join([*parts, f"values={record.values_digest}", *([f"run={run}"] if run else [])])


def fields_of(config: Mapping[str, object]) -> Mapping[str, object]:
    """``global.stage6`` of a revision's values; empty where it is absent."""
    given = config.get("global")
    fields = given.get(KEY) if isinstance(given, dict) else None
    return fields if isinstance(fields, dict) else {}


def recorded(config: Mapping[str, object]) -> Deployed | None:
    """The deploy that a revision's values name, None where they name none; whose values they are is not asked here."""
    fields = fields_of(config)
    version, commit, digest, values = (fields.get(name) for name in _FIELDS)
    if not (isinstance(version, str) and isinstance(digest, str) and isinstance(values, str)):
        return None
    if not isinstance(commit, str) or not FULL_COMMIT_NAME.fullmatch(commit):
        return None
    return Deployed(version=version, commit=commit, digest=digest, values_digest=values)


def recorded_definitions(config: Mapping[str, object]) -> dict[str, str]:
    """Digests of the definitions of the package, by their names; none where a revision's values name none."""
    found = fields_of(config).get("definitions")
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def recorded_deploy(config: Mapping[str, object]) -> str:
    """The identifier of the deploy that a revision's values name; "" where they name none."""
    return str(fields_of(config).get("deploy", ""))


def recorded_run(config: Mapping[str, object]) -> str:
    """The CI run that a revision's values name; "" where they name none."""
    return str(fields_of(config).get("run", ""))
