"""CustomResourceDefinitions of tests, and odd ways in which one may be written."""

from typing import Any

import yaml


def crd(group: str, plural: str = "things", versions: tuple[str, ...] = ("v1",), **fields: str) -> str:
    """A definition whose spec has these fields; the last version is stored."""
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {k: {"type": v} for k, v in fields.items()}}},
    }
    served = [
        {"name": each, "served": True, "storage": each == versions[-1], "schema": {"openAPIV3Schema": schema}}
        for each in versions
    ]
    names = {"plural": plural, "kind": plural.removesuffix("s").title()}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": served}
    document = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": spec,
    }
    return yaml.safe_dump(document)


def webhook(definition: str, group: str) -> str:
    """A definition that a webhook converts, and that has a short name."""
    document = yaml.safe_load(definition)
    client = {"service": {"namespace": "default", "name": "converter", "path": "/convert"}}
    document["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client},
    }
    document["spec"]["names"]["shortNames"] = [group.partition(".")[0]]
    return yaml.safe_dump(document)


def root(spec: Any) -> Any:
    """The schema of its only version."""
    return spec["versions"][0]["schema"]["openAPIV3Schema"]


def field(spec: Any, **schema: Any) -> Any:
    """One more field, of this schema."""
    root(spec)["properties"]["odd"] = {
        key.replace("x_", "x-kubernetes-").replace("_", "-"): v for key, v in schema.items()
    }
    return spec


def more(spec: Any, **fields: Any) -> Any:
    """More fields of its only version."""
    spec["versions"][0] |= fields
    return spec


COLUMN = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
RULE = {"rule": "self.size() > 0", "message": ""}
ODD: dict[str, Any] = {
    "nothing": lambda _: None,
    "false of the spec": lambda spec: spec.update(preserveUnknownFields=False),
    "names in full": lambda spec: spec["names"].update(singular="thing", listKind="ThingList"),
    "no names of others": lambda spec: spec["names"].update(shortNames=[], categories=None),
    "no conversion": lambda spec: spec.update(conversion={"strategy": "None"}),
    "false in a schema": lambda spec: field(spec, type="string", nullable=False, description="", format="", title=""),
    "an empty map": lambda spec: field(spec, type="object", properties={}, required=[]),
    "a zero that counts": lambda spec: field(spec, type="integer", minimum=0, maximum=9007199254740993),
    "a number that is whole": lambda spec: field(spec, type="number", minimum=1.0, maximum=1e3, multipleOf=0.5),
    "a large number": lambda spec: field(spec, type="integer", maximum=9223372036854775807),
    "lengths of zero": lambda spec: field(spec, type="string", minLength=0, maxLength=5),
    "data of all kinds": lambda spec: field(spec, type="boolean", default=False),
    "data that is empty": lambda spec: field(spec, type="string", default="", enum=["", "a"]),
    "data without content": lambda spec: field(spec, type="object", default={}, properties={"a": {"type": "string"}}),
    "data that is a number": lambda spec: field(spec, type="number", default=2.0, enum=[1.0, 2.0, 1.5]),
    "no data": lambda spec: field(spec, type="string", default=None, example=None),
    "any property": lambda spec: field(spec, type="object", additionalProperties={"type": "string", "nullable": False}),
    "whatever it is": lambda spec: field(spec, x_preserve_unknown_fields=True),
    "a number or a text": lambda spec: field(
        spec, x_int_or_string=True, anyOf=[{"type": "integer"}, {"type": "string"}]
    ),
    "items": lambda spec: field(spec, type="array", items={"type": "string"}, uniqueItems=False, minItems=0),
    "a list by keys": lambda spec: field(
        spec,
        type="array",
        x_list_type="map",
        x_list_map_keys=["a"],
        items={"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
    ),
    "a rule": lambda spec: field(spec, type="string", maxLength=9, x_validations=[RULE]),
    "not that": lambda spec: field(spec, type="string", **{"not": {"pattern": "^a"}}),
    "an embedded object": lambda spec: field(
        spec, type="object", x_embedded_resource=True, x_preserve_unknown_fields=True
    ),
    "documents elsewhere": lambda spec: field(spec, type="string", externalDocs={"url": "https://a.invalid"}),
    "columns": lambda spec: more(spec, additionalPrinterColumns=[COLUMN | {"priority": 0}, COLUMN | {"name": "Old"}]),
    "no columns": lambda spec: more(spec, additionalPrinterColumns=[], deprecated=False),
    "a warning": lambda spec: more(spec, deprecated=True, deprecationWarning="use another"),
    "a status": lambda spec: more(field(spec, type="object"), subresources={"status": {}}),
    "a scale": lambda spec: more(
        spec, subresources={"scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}
    ),
    "a field to select by": lambda spec: more(field(spec, type="string"), selectableFields=[{"jsonPath": ".odd"}]),
    "a converter": lambda spec: spec.update(
        conversion={
            "strategy": "Webhook",
            "webhook": {
                "conversionReviewVersions": ["v1"],
                "clientConfig": {"service": {"namespace": "default", "name": "converter"}},
            },
        }
    ),
    "a converter elsewhere": lambda spec: spec.update(
        conversion={
            "strategy": "Webhook",
            "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://a.invalid"}},
        }
    ),
}
