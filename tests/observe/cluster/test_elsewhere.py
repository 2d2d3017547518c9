"""Which other namespaces have a release of a target's name, from the labels of Helm's Secrets."""

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.elsewhere import other_namespaces
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes

SECRETS = "/api/v1/secrets"
TARGET = Target(name="live", namespace="shop-prod", release="app")


def cluster(*revisions: tuple[str, str, int, str]) -> FakeKubernetes:
    """A cluster with these revisions: namespace, release, number and status of each."""
    api = FakeKubernetes(collections=(SECRETS,))
    for namespace, release, number, status in revisions:
        labels = {"owner": "helm", "name": release, "version": str(number), "status": status}
        # All of them lie in one collection here, as the API shows it for all namespaces.
        api.put(f"{SECRETS}/{namespace}.{release}.v{number}", {"metadata": {"namespace": namespace, "labels": labels}})
    return api


@pytest.mark.parametrize(
    ("revisions", "expected"),
    [
        ((), ()),
        ((("shop-prod", "app", 1, "deployed"),), ()),
        ((("console", "app", 1, "deployed"),), ("console",)),
        ((("console", "other", 1, "deployed"),), ()),
        ((("b", "app", 1, "failed"), ("a", "app", 3, "pending-install")), ("a", "b")),
        ((("console", "app", 1, "superseded"), ("console", "app", 2, "uninstalled")), ()),
        ((("console", "app", 9, "uninstalled"), ("console", "app", 10, "deployed")), ("console",)),
        ((("console", "app", 2, "uninstalled"), ("other", "app", 1, "deployed")), ("other",)),
    ],
)
def test_a_release_is_where_its_newest_revision_is_installed(
    revisions: tuple[tuple[str, str, int, str], ...], expected: tuple[str, ...]
) -> None:
    assert other_namespaces(cluster(*revisions), TARGET) == expected


def test_who_may_not_list_them_is_not_told_that_there_are_none() -> None:
    api = cluster()
    api.script("LIST", SECRETS, ApiFailure(403, "no"))
    assert other_namespaces(api, TARGET) is None


def test_a_cluster_that_does_not_answer_is_no_answer() -> None:
    api = cluster()
    api.script("LIST", SECRETS, ApiFailure(500, "broken"))
    with pytest.raises(CannotTellError):
        other_namespaces(api, TARGET)
