"""Objects of External Secrets Operator 0.16.2 as the cluster suite saw them, at a moment of our own."""

from datetime import UTC, datetime, timedelta
from typing import Any

Object = dict[str, Any]
NAMESPACE = "shop-prod"
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
PROVIDER_FAILED = "could not get secret data from provider"


def at(seconds: float) -> str:
    """So many seconds from now, as the API writes it."""
    return (NOW + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ready(status: str, reason: str, message: str, since: float = -60) -> Object:
    """A condition."""
    return {
        "lastTransitionTime": at(since),
        "message": message,
        "reason": reason,
        "status": status,
        "type": "Ready",
    }


SYNCED = ready("True", "SecretSynced", "secret synced")
FAILED = ready("False", "SecretSyncedError", PROVIDER_FAILED)


def external_secret(name: str = "app", condition: Object | None = SYNCED, **spec: Any) -> Object:
    """An ExternalSecret that reads one key; without a condition, one that no operator has seen.

    Args:
        spec: more of its spec.
    """
    synced = bool(condition and condition["status"] == "True")
    done = {
        "refreshTime": at(-60),
        "syncedResourceVersion": "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2",
    }
    status = {"binding": {"name": name if synced else ""}, "conditions": [condition]}
    extract = {"conversionStrategy": "Default", "decodingStrategy": "None", "key": "prod-app", "metadataPolicy": "None"}
    thing: Object = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-{name}",
            "generation": 1,
            "creationTimestamp": at(-3600),
        },
        "spec": {
            "dataFrom": [{"extract": extract}],
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "SecretStore", "name": "aws"},
            "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain"},
            **spec,
        },
    }
    if condition:
        thing["status"] = {**status, **(done if synced else {"refreshTime": None})}
    return thing


STORE_VALID = ready("True", "Valid", "store validated")
STORE_INVALID = ready("False", "InvalidProviderConfig", "unable to create client")


def store(name: str = "aws", kind: str = "SecretStore", condition: Object | None = STORE_VALID) -> Object:
    """A store; without a condition, one that no operator has seen."""
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": kind,
        "metadata": {"name": name, "uid": f"uid-{kind}-{name}"},
        "spec": {"provider": {"aws": {"region": "eu-west-1", "service": "SecretsManager"}}},
        "status": {"capabilities": "ReadWrite", "conditions": [condition]} if condition else {},
    }


def event(about: Object, reason: str, message: str, seconds: float = -30, **more: Any) -> Object:
    """An event about an object, seen so many seconds from now."""
    return {
        "metadata": {"name": f"{about['metadata']['name']}.1"},
        "involvedObject": {"kind": about["kind"], "name": about["metadata"]["name"], "uid": about["metadata"]["uid"]},
        "reason": reason,
        "message": message,
        "firstTimestamp": at(seconds - 10),
        "lastTimestamp": at(seconds),
        "count": 3,
        "type": "Normal" if reason in ("Created", "Updated", "MissingProviderSecret", "Valid") else "Warning",
        "eventTime": None,
        "reportingComponent": "external-secrets",
        **more,
    }


def operator(available: int = 1, **metadata: Any) -> Object:
    """The Deployment of an operator."""
    return {
        "metadata": {"name": "external-secrets", "namespace": "external-secrets", **metadata},
        "status": {"availableReplicas": available} if available else {},  # the API leaves a zero out
    }
