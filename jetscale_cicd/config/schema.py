"""JSON Schema of `.stage6.yaml` for editors, from the records of the settings."""

import re
from typing import Any

from jetscale_cicd.config.parity_settings import ParitySettings
from jetscale_cicd.config.release_settings import ReleaseSettings
from jetscale_cicd.config.settings import (
    DURATION,
    RELEASE_VERSION,
    RENAMED,
    ChartSettings,
    check_first_version,
)
from jetscale_cicd.model.contract import Contract, PullSecret
from jetscale_cicd.model.field_rules import (
    API_VERSION,
    CLUSTER,
    KUBE_VERSION,
    LABEL,
    MAX_LABEL,
    MAX_OBJECT,
    MAX_RELEASE,
    RELEASE,
    Check,
    check_api_version,
    check_cluster,
    check_glob,
    check_kube_version,
    check_label,
    check_namespace,
    check_object_name,
    check_path,
    check_release,
)
from jetscale_cicd.model.record import fields
from jetscale_cicd.model.severity import ADJUSTABLE, Severity
from jetscale_cicd.model.smoke_test import SmokeTest
from jetscale_cicd.model.target import Target

# The part of our checks that JSON Schema can express; the reader applies all of each.
_RULES: dict[Check, dict[str, object]] = {
    check_label: {"pattern": f"^{LABEL}$", "maxLength": MAX_LABEL},
    check_namespace: {"pattern": f"^(?:{LABEL})?$", "maxLength": MAX_LABEL},
    check_release: {"pattern": f"^{RELEASE}$", "maxLength": MAX_RELEASE},
    check_object_name: {"pattern": f"^{RELEASE}$", "maxLength": MAX_OBJECT},
    check_first_version: {"pattern": f"^{RELEASE_VERSION}$"},
    check_kube_version: {"pattern": f"^(?:{KUBE_VERSION})?$"},
    check_api_version: {"pattern": f"^{API_VERSION}$"},
    check_cluster: {"pattern": f"^(?:{CLUSTER})?$"},
    check_path: {"minLength": 1},
    check_glob: {"minLength": 1},
}

_TARGETS: dict[str, object] = {
    "description": "The targets by name, each one release of the chart. Without this key: live.",
    "type": "object",
    "minProperties": 1,
    "propertyNames": _RULES[check_label],
    "additionalProperties": {"$ref": "#/$defs/target"},
}
_CHECKS: dict[str, object] = {
    "additionalProperties": {"enum": [str(each) for each in Severity]},
    "propertyNames": {"enum": list(ADJUSTABLE)},
    "default": {},
}


def json_schema() -> dict[str, object]:
    """The schema (draft 2020-12) of the file: targets by name, a duration as text, no unknown keys."""
    chart, target = _record(ChartSettings), _record(Target)
    chart["properties"]["mirrors"]["default"] = chart["properties"]["adopted"]["default"] = {}
    target["properties"]["secrets"]["default"] = {}
    chart |= _former_names(chart["properties"], "chart")
    del target["properties"]["name"], target["required"]
    contract = {"$ref": "#/$defs/contract", "default": {}}
    target["properties"]["contract"] = {**contract, "description": _described(target, "contract")}
    for name in ("image_pull_secret", "verify"):
        nested = {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}], "default": None}
        target["properties"][name] = {**nested, "description": _described(target, name)}
    target["properties"]["checks"] |= _CHECKS
    target["properties"]["own_checks"]["default"] = {}
    timeout = {"type": "string", "pattern": f"^{DURATION}$", "default": "20m"}
    target["properties"]["timeout"] |= timeout | {"description": "time that one deploy may take: 90s, 20m, 1h"}
    target["properties"]["probe_timeout"] |= {**timeout, "default": "5m"}
    target["properties"]["settle"] |= {**timeout, "default": "0s"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stage 6",
        "description": "Configuration of jetscale-cicd (.stage6.yaml); every key is optional.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "chart": {"$ref": "#/$defs/chart"},
            "release": {"$ref": "#/$defs/release"},
            "targets": _TARGETS,
            "parity": {"$ref": "#/$defs/parity"},
        },
        "$defs": {
            "chart": chart,
            "release": _record(ReleaseSettings),
            "target": target,
            "contract": _contract(),
            "image_pull_secret": _record(PullSecret),
            "verify": _smoke_test(),
            "parity": _parity(),
        },
    }


def _contract() -> dict[str, Any]:
    """The contract; the keys of a Secret may be left out with a null."""
    contract = _record(Contract)
    for name in ("secrets", "aws_secrets", "vault_secrets"):
        keys = {"type": ["array", "null"], "items": {"type": "string", "minLength": 1}}
        contract["properties"][name] |= {"additionalProperties": keys, "default": {}}
    return contract


def _smoke_test() -> dict[str, Any]:
    """The smoke test, which has a command."""
    test = _record(SmokeTest)
    test["properties"]["command"] |= {"minItems": 1}
    del test["properties"]["command"]["default"]
    test["properties"]["timeout"] |= {"type": "string", "pattern": f"^{DURATION}$", "default": "2m"}
    return test | {"required": ["command"]}


def _parity() -> dict[str, Any]:
    parity = _record(ParitySettings)
    parity["properties"]["allow"]["default"] = {}
    return parity


def _described(target: dict[str, Any], name: str) -> str:
    return str(target["properties"][name]["description"])


def _former_names(properties: dict[str, Any], section: str) -> dict[str, Any]:
    """Add the keys that are still read by a former name, and refuse them beside their present one."""
    renamed = {old.partition(".")[2]: new for old, new in RENAMED.items() if old.startswith(f"{section}.")}
    for former, name in renamed.items():
        kept = {rule: value for rule, value in properties[name].items() if rule != "default"}
        properties[former] = kept | {"deprecated": True, "description": f"The former name of `{name}`."}
    return {"allOf": [{"not": {"required": [former, name]}} for former, name in renamed.items()]}


def _record(record: type[Any]) -> dict[str, Any]:
    from pydantic import TypeAdapter

    schema: dict[str, Any] = TypeAdapter(record).json_schema()
    doc = record.__doc__ or ""
    descriptions = _descriptions(doc)
    for each in fields(record):
        entry = schema["properties"][each.name]
        entry.pop("title", None)
        entry.get("items", entry).update(_RULES.get(each.metadata.get("check", str), {}))
        if each.name in descriptions:
            entry["description"] = descriptions[each.name]
    del schema["title"]
    return schema | {"description": doc.partition("\n")[0], "additionalProperties": False}


def _descriptions(doc: str) -> dict[str, str]:
    """The lines under ``Args:`` of a docstring; none without docstrings (``python -OO``)."""
    lines = re.findall(r"^ +(\w+(?:, \w+)*): (.+)$", doc.partition("Args:")[2].partition("Raises:")[0], re.MULTILINE)
    return {name: text.replace("``", "`") for names, text in lines for name in names.split(", ")}
