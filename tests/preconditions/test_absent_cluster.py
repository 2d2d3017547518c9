"""A cluster that does not answer, or that the kubeconfig does not name, is one finding of its target."""

import json
from pathlib import Path

import pytest

from tests.support.command import Ended
from tests.support.sample import Sample, small

CONFIG = """\
chart: {registry: ../registry}
targets:
  live: {client_name: jetscale, env: prod, release: app, required_secrets: [], context: CONTEXT}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """One context, of a server that is not there."""
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "here", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {"token": "t"}}
    whole = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "here"}
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **whole}))
    return file


def preflight(directory: Path, helm: Path, kubeconfig: Path, context: str) -> Ended:
    sample: Sample = small(directory, {".stage6.yaml": CONFIG.replace("CONTEXT", context)}, helm)
    return sample.command("preflight", "--output=json", env={"KUBECONFIG": str(kubeconfig)})


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ("elsewhere", "CONTEXT_MISSING"),
        pytest.param("here", "CLUSTER_UNREACHABLE", marks=pytest.mark.slow),  # asked again for seconds
    ],
)
def test_it_is_told_once_and_the_rest_is_not_checked(
    tmp_path: Path, any_helm: Path, kubeconfig: Path, context: str, code: str
) -> None:
    ended = preflight(tmp_path / "stack", any_helm, kubeconfig, context)
    of_live = [each for each in ended.json["preconditions"] if each["target"] == "live"]
    assert (ended.status, ended.json["ready"], ended.json["error"]["code"]) == (8, False, code)
    assert [each["error"]["code"] for each in of_live if each["error"]] == [code]
    skipped = {each["id"] for each in of_live if each["state"] == "skipped"}
    assert {"cluster", "chart-needs", "rights", "policy", "ownership"} <= skipped
