"""The Secret with which nodes pull images (Kubernetes, "Pull an Image from a Private Registry")."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target

TYPE = "kubernetes.io/dockerconfigjson"
KEY = ".dockerconfigjson"
MANAGED = {"app.kubernetes.io/managed-by": "stage6"}


def docker_config(text: str) -> bytes:
    """A Docker configuration as a Secret keeps it: its logins alone.

    Raises:
        ValueError: it is none, or has no login in it; nothing of it is in the message.
    """
    try:
        content = read_json(text)
    except ValueError:
        raise ValueError("is not JSON") from None
    auths = content.get("auths") if isinstance(content, dict) else None
    if not isinstance(auths, dict) or not auths or not all(isinstance(each, dict) for each in auths.values()):
        raise ValueError("is no Docker configuration: it has no auths")
    if not all(_has_login(each) for each in auths.values()):
        raise ValueError("has a registry without its login: a credential store keeps it elsewhere")
    return _encoded(auths)


def login_config(registry: str, username: str, password: str) -> bytes:
    """A Docker configuration with one login."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    return _encoded({registry: {"username": username, "password": password, "auth": auth}})


def pull_secret(name: str, namespace: str, config: bytes) -> dict[str, Any]:
    """The Secret as it has to be."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": MANAGED},
        "type": TYPE,
        "data": {KEY: base64.b64encode(config).decode()},
    }


def foreign(found: Mapping[str, Any], target: Target) -> PreconditionError | None:
    """Why a Secret of the name is not the run's to change: its type, or who keeps it; None where it is."""
    labels = (found.get("metadata") or {}).get("labels") or {}
    if found.get("type") == TYPE and MANAGED.items() <= labels.items():
        return None
    name = target.image_pull_secret.name if target.image_pull_secret else ""
    return PreconditionError(
        "PULL_SECRET_FOREIGN",
        f"Secret {name} is there, and is not one for pulling images that this run may change "
        f"(type {found.get('type')})",
        where=f"namespace {target.namespace}",
        hint=f"choose another name: targets.{target.name}.image_pull_secret.name; or, where nobody else keeps it: "
        f"kubectl label secret {name} --namespace {target.namespace} app.kubernetes.io/managed-by=stage6 --overwrite",
    )


def rendered(manifests: Sequence[Manifest], target: Target) -> PreconditionError | None:
    """Why the chart and the run would both make the Secret, which Helm refuses; None where the chart does not."""
    name = target.image_pull_secret.name if target.image_pull_secret else ""
    here = (each for each in manifests if each.kind == "Secret" and each.namespace in ("", target.namespace))
    twice = next((each for each in here if each.name == name), None)
    if twice is None:
        return None
    return PreconditionError(
        "PULL_SECRET_RENDERED",
        f"the chart makes Secret {name}, too, and Helm takes no object that this run has made",
        where=twice.source or f"target {target.name}",
        hint=f"leave it out of the chart, or take out targets.{target.name}.image_pull_secret",
    )


def is_up_to_date(found: Mapping[str, Any], config: bytes) -> bool:
    """Whether a Secret of the cluster holds a configuration, however its JSON is written."""
    try:
        held = read_json(base64.b64decode(str((found.get("data") or {}).get(KEY, "")), validate=True).decode())
    except ValueError:
        return False
    return bool(held == read_json(config))


def _has_login(entry: Mapping[str, Any]) -> bool:
    named = isinstance(entry.get("username"), str) and isinstance(entry.get("password"), str)
    return named or any(isinstance(entry.get(key), str) and entry[key] for key in ("auth", "identitytoken"))


def _encoded(auths: Mapping[str, Any]) -> bytes:
    return json.dumps({"auths": auths}, sort_keys=True).encode()
