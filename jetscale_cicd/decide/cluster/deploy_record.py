"""What a deploy leaves on its release, so that the next run knows what is live: values, labels, description.

The values are the whole record: they stay with a revision that fails, and a rollback brings them back. Labels are for
`helm list --selector`, and hold no more than 63 characters (Kubernetes); the description is for `helm history`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jetscale_cicd.model.live import Deployed

KEY = "stage6"
LABEL = "stage6.jetscale.ai"
_LABEL_LENGTH = 40
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_THEN = "; "
MASKED = "(from the environment of the deploy)"
_FIELDS = ("version", "commit", "digest", "values")


def record_values(record: Deployed, run: str, deploy: str) -> dict[str, object]:
    """Values that carry the record under ``global``, which every chart has to let pass.

    Args:
        deploy: unlike any other deploy's: a hand that takes our values over takes this over too.
    """
    fields = {
        "version": record.version,
        "commit": record.commit,
        "digest": record.digest,
        "values": record.values_digest,
        "run": run,
        "deploy": deploy,
    }
    return {"global": {KEY: fields}}


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


def record_description(record: Deployed, run: str) -> str:
    """One line for `helm history`."""
    words = [f"{KEY} {record.version}", f"commit={record.commit}", f"digest={record.digest}"]
    return " ".join([*words, f"values={record.values_digest}", *([f"run={run}"] if run else [])])


def rollback_description(to: int, why: str, record: Deployed | None, run: str) -> str:
    """One line for `helm history` of a rollback; Helm's own words come first, for they tell that it is one."""
    what = record_description(record, run) if record else f"run={run}" if run else ""
    return f"Rollback to {to}: {why}" + (f"{_THEN}{what}" if what else "")


def rollback_reason(description: str) -> str:
    """Why a rollback was made, by its description; "" where that says nothing."""
    return description.partition(": ")[2].partition(_THEN)[0].strip()


def is_described(description: str) -> bool:
    """Whether a description is a deploy's of ours, and not that of a hand that took our values over."""
    return description.startswith(f"{KEY} ")


def recorded(config: Mapping[str, object]) -> Deployed | None:
    """The record in a revision's values, None where there is none that could be ours."""
    given = config.get("global")
    fields = given.get(KEY) if isinstance(given, dict) else None
    if not isinstance(fields, dict) or not all(isinstance(fields.get(name), str) for name in _FIELDS):
        return None
    if not _COMMIT.fullmatch(fields["commit"]):
        return None
    return Deployed(
        version=fields["version"], commit=fields["commit"], digest=fields["digest"], values_digest=fields["values"]
    )


def recorded_deploy(config: Mapping[str, object]) -> str:
    """The deploy that a revision's values are of, "" where they are of none."""
    return _field(config, "deploy")


def recorded_run(config: Mapping[str, object]) -> str:
    """The CI's run that a revision's values are of, "" where none is known."""
    return _field(config, "run")


def _field(config: Mapping[str, object], name: str) -> str:
    given = config.get("global")
    fields = given.get(KEY) if isinstance(given, dict) else None
    return str(fields.get(name, "")) if isinstance(fields, dict) else ""


def exposes(config: dict[str, Any], keys: Iterable[str]) -> bool:
    """Whether values hold any that came from the environment, in clear."""
    keys = tuple(keys)
    return masked(config, keys) != config


def masked(config: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Values without those that came from the environment."""
    for key in keys:
        config = _masked(config, key.split("."))
    return config


def _masked(config: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    name, rest = parts[0], parts[1:]
    if name not in config:
        return config
    inner = config[name]
    if rest:
        return {**config, name: _masked(inner, rest)} if isinstance(inner, dict) else config
    return {**config, name: MASKED}
