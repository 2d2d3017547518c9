"""The Secret with which nodes pull images (Kubernetes, "Pull an Image from a Private Registry")."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from jetscale_cicd.config.bounded_json import read_json

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
