"""What a run makes around a release: each thing once, and never over somebody else's."""

import base64
import json
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.pull_secret import TYPE, login_config, pull_secret
from jetscale_cicd.engines.helm.surroundings import keep_pull_secret, make_namespace
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.contract import PullSecret
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes

NAMESPACES, NAMESPACE = "/api/v1/namespaces", "/api/v1/namespaces/shop-prod"
SECRETS = f"{NAMESPACE}/secrets"
TARGET = Target(
    name="live",
    client_name="shop",
    env="prod",
    create_namespace=True,
    image_pull_secret=PullSecret(name="pull", registry="r"),
)
CONFIG = login_config("r", "u", "p")


def code(api: FakeKubernetes) -> str:
    try:
        return str(make_namespace(api, TARGET))
    except Stage6Error as refused:
        return refused.code


def test_a_namespace_is_made_where_it_is_missing_and_labelled() -> None:
    api = FakeKubernetes({NAMESPACE: None}, collections=(NAMESPACES,))
    assert code(api) == "True"
    labels = (api.objects[NAMESPACE] or {})["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/managed-by": "stage6", "stage6.jetscale.ai/target": "live"}
    assert code(api) == "False"


@pytest.mark.parametrize(
    ("read", "made", "expected"),
    [
        (403, 409, "False"),
        (403, 403, "False"),
        (None, 403, "NAMESPACE_FORBIDDEN"),
        (0, None, "CLUSTER_UNREACHABLE"),
    ],
)
def test_what_may_not_be_read_may_be_there_all_the_same(read: int | None, made: int | None, expected: str) -> None:
    api = FakeKubernetes({NAMESPACE: None}, collections=(NAMESPACES,))
    if read is not None:
        api.script("GET", NAMESPACE, ApiFailure(read, "no"))
    if made:
        api.script("POST", NAMESPACES, ApiFailure(made, "no"))
    assert code(api) == expected


def test_a_namespace_that_is_being_deleted_is_not_made() -> None:
    api = FakeKubernetes({NAMESPACE: {"metadata": {}, "status": {"phase": "Terminating"}}})
    assert code(api) == "NAMESPACE_TERMINATING"


def kept(found: dict[str, Any] | None) -> tuple[str, dict[str, Any] | None]:
    """What is done where this Secret is there, and the login that is there afterwards."""
    api = FakeKubernetes({f"{SECRETS}/pull": found}, collections=(SECRETS,))
    try:
        done = keep_pull_secret(api, TARGET, CONFIG)
    except Stage6Error as refused:
        return refused.code, None
    data = (api.objects[f"{SECRETS}/pull"] or {})["data"][".dockerconfigjson"]
    login: dict[str, Any] = json.loads(base64.b64decode(data))
    return done.rpartition(" is ")[2], login


def secret(config: bytes = CONFIG, **changes: Any) -> dict[str, Any]:
    return {**pull_secret("pull", "shop-prod", config), **changes}


def test_the_secret_is_made_left_alone_or_brought_up_to_date() -> None:
    wanted = json.loads(CONFIG)
    assert kept(None) == ("made", wanted)
    assert kept(secret()) == ("", wanted)
    assert kept(secret(login_config("r", "u", "older"))) == ("brought up to date", wanted)


def test_one_of_another_type_or_of_a_release_is_left_alone() -> None:
    helms = {"labels": {"app.kubernetes.io/managed-by": "Helm"}}
    assert kept(secret(type="Opaque")) == ("PULL_SECRET_FOREIGN", None)
    nobodys = {"name": "pull"}
    for metadata in (helms, nobodys):
        assert kept(secret(type=TYPE, metadata=metadata)) == ("PULL_SECRET_FOREIGN", None)
