"""What tells one cluster from another, and what of it this run may not know."""

import base64
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.cluster_identity import ClusterIdentity
from jetscale_cicd.observe.cluster.identity import read_identity
from jetscale_cicd.tools.certificates import der_certificates, fingerprint
from jetscale_cicd.tools.kubernetes import ApiFailure
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.oci import authority
from tests.tools.test_kubeconfig_view import environment, write

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def identify(api: FakeKubernetes, env: dict[str, str], **parts: bool) -> tuple[ClusterIdentity, list[str]]:
    """The identity, and the programs that were started for it."""
    started: list[str] = []
    return read_identity(Processes(Redactor.of(()), started.append), env, api, "", **parts), started


def test_a_cluster_is_its_address_its_authorities_and_the_uid_of_kube_system(tmp_path: Path) -> None:
    made = authority(tmp_path / "pki")
    both = made.ca.read_bytes() + made.certificate.read_bytes()
    cluster = {"server": "https://a:6443/", "certificate-authority-data": base64.b64encode(both * 2).decode()}
    api = FakeKubernetes({KUBE_SYSTEM: {"metadata": {"uid": "u-1"}}})
    found, started = identify(api, environment(write(tmp_path / "config", "a", cluster, {})))
    expected = tuple(sorted(map(fingerprint, der_certificates(both))))
    assert found == ClusterIdentity(server="https://a:6443", authorities=expected, uid="u-1")
    assert (len(started), len(api.calls)) == (1, 1)


def test_what_is_not_asked_for_costs_nothing(tmp_path: Path) -> None:
    api = FakeKubernetes({KUBE_SYSTEM: {"metadata": {"uid": "u-1"}}})
    env = environment(write(tmp_path / "config", "a", {"server": "https://a"}, {}))
    assert identify(api, env, of_address=False) == (ClusterIdentity(uid="u-1"), [])
    api.calls.clear()
    assert identify(api, env, of_cluster=False)[0] == ClusterIdentity(server="https://a")
    assert api.calls == []


@pytest.mark.parametrize("content", [None, {"metadata": {}}])
def test_a_cluster_without_that_namespace_has_no_uid(content: dict[str, object] | None) -> None:
    assert identify(FakeKubernetes({KUBE_SYSTEM: content}), {}, of_address=False)[0].uid is None


def test_who_may_not_read_it_does_not_know_it() -> None:
    api = FakeKubernetes({KUBE_SYSTEM: None})
    api.script("GET", KUBE_SYSTEM, ApiFailure(403, "no"))
    assert identify(api, {}, of_address=False)[0].uid is None


@pytest.mark.parametrize(("status", "code"), [(401, "CLUSTER_UNAUTHORIZED"), (0, "CLUSTER_UNREACHABLE")])
def test_a_server_that_does_not_answer_is_no_other_cluster(status: int, code: str) -> None:
    api = FakeKubernetes({KUBE_SYSTEM: None})
    api.script("GET", KUBE_SYSTEM, ApiFailure(status, "no"))
    with pytest.raises(CannotTellError) as error:
        identify(api, {}, of_address=False)
    assert error.value.code == code
