"""A real API server for the session, a node with a stub kubelet, and a namespace for each test."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from jetscale_cicd.decide.cluster.definitions import DEFINITIONS
from tests.support.control_plane import ASSETS, EXISTING, PROGRAMS, Cluster, control_plane, existing_cluster
from tests.support.kubelet import node
from tests.support.moto import Moto, moto_server
from tests.support.secrets_operator import (
    CRDS,
    OPERATOR,
    OPERATOR_ASSETS,
    SecretsOperator,
    install_crds,
    running_operator,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it is the cluster suite, whatever it takes, and none of it is the slow one.

    There, what the cluster does meanwhile would count as the doing of the tests beside it.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            assert not item.get_closest_marker("slow"), f"{item.nodeid} is marked slow"
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server with one node: our own, or the one that KUBECONFIG names."""
    directory = tmp_path_factory.mktemp("control-plane")
    missing = [program for program in PROGRAMS if not (ASSETS / program).is_file()]
    with contextlib.ExitStack() as held:
        if EXISTING:
            running = existing_cluster(Path(EXISTING), directory)
            held.enter_context(_left_to_us(running))
        elif missing:
            _skip(f"{', '.join(missing)} not in {ASSETS}: run `make kube-assets`, or set KUBECONFIG")
        else:
            running = held.enter_context(control_plane(directory, ASSETS))
        held.enter_context(node(running, directory))
        yield running


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """AWS, shared: each test has keys of its own."""
    with moto_server(tmp_path_factory.mktemp("moto")) as serving:
        yield serving


@pytest.fixture(scope="session")
def served_crds(cluster: Cluster) -> Cluster:
    """The cluster, with the API of External Secrets Operator, and no operator."""
    missing = [file for file in (OPERATOR, CRDS) if not (OPERATOR_ASSETS / file).is_file()]
    if missing:
        _skip(f"{', '.join(missing)} not in {OPERATOR_ASSETS}: run `make secrets-operator`")
    install_crds(cluster, OPERATOR_ASSETS)
    return cluster


@pytest.fixture(scope="session")
def secrets_operator(
    served_crds: Cluster, moto: Moto, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecretsOperator]:
    """External Secrets Operator for every namespace; a test that stops one runs its own with `running_operator`."""
    with running_operator(served_crds, moto, tmp_path_factory.mktemp("secrets-operator")) as operator:
        yield operator


def _skip(message: str) -> NoReturn:
    assert not os.environ.get("CI"), message
    pytest.skip(message)


@contextlib.contextmanager
def _left_to_us(cluster: Cluster) -> Iterator[None]:
    """Its own scheduler finds no node: every pod is the stub's, which shows what a real node would."""
    names = [each["metadata"]["name"] for each in cluster.ask("/api/v1/nodes")["items"]]
    for name in names:
        _cordon(cluster, name, closed=True)
    yield
    for name in names:
        _cordon(cluster, name, closed=False)


def _cordon(cluster: Cluster, name: str, *, closed: bool) -> None:
    body = {"spec": {"unschedulable": closed}}
    cluster.ask(f"/api/v1/nodes/{name}", "PATCH", body, "application/merge-patch+json")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own; of our own cluster it goes with that, for deleting one takes 5 s at least."""
    name = cluster.namespace(f"test-{secrets.token_hex(4)}")
    yield name
    if EXISTING:
        cluster.ask(f"/api/v1/namespaces/{name}", "DELETE")


@pytest.fixture
def group(cluster: Cluster) -> Iterator[str]:
    """A group of the test's own, whose definitions go with it: they are of the whole cluster."""
    name = f"t{secrets.token_hex(4)}.example.test"
    yield name
    for each in cluster.ask(DEFINITIONS)["items"]:
        if each["spec"]["group"] == name:
            cluster.ask(f"{DEFINITIONS}/{each['metadata']['name']}", "DELETE")
