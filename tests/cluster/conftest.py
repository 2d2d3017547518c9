"""A real API server for the session, a node with a stub kubelet, and a namespace for each test."""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.support.control_plane import ASSETS, PROGRAMS, Cluster, control_plane
from tests.support.kubelet import node


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it is the cluster suite."""
    for item in items:
        if "cluster" in item.path.parts:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server with one node."""
    missing = [program for program in PROGRAMS if not (ASSETS / program).is_file()]
    if missing:
        message = f"{', '.join(missing)} not in {ASSETS}: run `make kube-assets`"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    directory = tmp_path_factory.mktemp("control-plane")
    with control_plane(directory, ASSETS) as running, node(running, directory):
        yield running


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """A namespace of the test's own; it goes with the cluster, for deleting one takes 5 s at least."""
    return cluster.namespace(f"test-{secrets.token_hex(4)}")
