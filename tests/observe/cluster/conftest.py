"""A target, and an API server that has nothing of it yet."""

import pytest

from jetscale_cicd.model.target import Target
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import NAMESPACE, SECRETS, path_of

LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/stage6-app"
CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


@pytest.fixture
def target() -> Target:
    return Target(name="live", client_name="shop", release="app")


@pytest.fixture
def api() -> FakeKubernetes:
    absent = {LEASE: None, **{path_of(number): None for number in range(1, 12)}}
    return FakeKubernetes(absent, collections=(SECRETS, CONFIG_MAPS))
