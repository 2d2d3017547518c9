"""A chart that asks its cluster for something is rendered, and published, as that cluster would render it."""

import contextlib
import urllib.error
from pathlib import Path

import pytest

from tests.cluster.stack import stack
from tests.support.control_plane import Cluster
from tests.support.sample import SMALL

CHART = "charts/app/Chart.yaml"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: asks}\ndata: {seen: %s}\n"
SEEN = {
    "a version": ("{{ .Capabilities.KubeVersion.Version | quote }}", "v1.34."),
    "a kind": ('{{ .Capabilities.APIVersions.Has "example.test/v1/Thing" | quote }}', "true"),
    "an API that Kubernetes has no more": ('{{ .Capabilities.APIVersions.Has "policy/v1beta1" | quote }}', "false"),
    "an object": ('{{ (required "no" (lookup "v1" "Namespace" "" "default")).metadata.name }}', "default"),
}
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %(plural)s.example.test}
spec:
  group: example.test
  scope: Namespaced
  names: {plural: %(plural)s, singular: %(plural)sing, kind: %(kind)s}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
OTHER = "apiVersion: example.test/v1\nkind: Other\nmetadata: {name: other}\n"


@pytest.fixture(scope="module", autouse=True)
def thing(cluster: Cluster) -> None:
    """The API `Thing` is on the cluster."""
    import yaml

    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    with contextlib.suppress(urllib.error.HTTPError):  # another module made it
        cluster.ask(path, "POST", yaml.safe_load(CRD % {"plural": "things", "kind": "Thing"}))
    cluster.until("/apis/example.test/v1")


def test_each_question_gets_the_answer_of_the_cluster(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    templates = {
        f"charts/app/templates/seen{number}.yaml": (MAP % text).replace("asks", f"asks-{number}")
        for number, (text, _) in enumerate(SEEN.values())
    }
    live = stack(
        tmp_path, cluster, namespace, helm, **templates, **{CHART: SMALL[CHART] + 'kubeVersion: ">=1.33.0-0"\n'}
    )
    live.done()
    for number, (_, expected) in enumerate(SEEN.values()):
        found = live.ask(f"/api/v1/namespaces/{{}}/configmaps/asks-{number}")["data"]["seen"]
        assert found.startswith(expected)
    live.sample.edit("fix: again, beside what is there", "charts/app/values.yaml", "size: 1", "size: 2")
    assert live.done()["version"] == "0.1.1"


def test_an_object_of_somebody_else_keeps_no_chart_from_rendering(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Helm compares the objects with the cluster after it has rendered them; a deploy says what it may not change."""
    live = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/asks.yaml": MAP % SEEN["a version"][0]})
    body = {"metadata": {"name": "asks"}, "data": {}}
    live.ask("/api/v1/namespaces/{}/configmaps", "POST", body)
    ended = live.run()
    assert ended.json["error"]["code"] != "RENDER_FAILED", ended.stderr


def test_a_kind_that_the_chart_itself_brings_does_not_keep_it_from_rendering(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    files = {
        CHART: SMALL[CHART] + 'kubeVersion: ">=1.33.0-0"\n',
        "charts/app/crds/others.yaml": CRD % {"plural": f"others{helm.name}", "kind": "Other"},
        "charts/app/templates/other.yaml": OTHER,
    }
    stack(tmp_path, cluster, namespace, helm, **files).done()


def test_a_chart_that_does_not_render_on_the_cluster_is_not_published(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    absent = '{{ if not (lookup "v1" "Secret" .Release.Namespace "none") }}{{ fail "no such Secret" }}{{ end }}'
    live = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/asks.yaml": absent})
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (5, "RENDER_FAILED")
    assert "no such Secret" in ended.json["error"]["message"]
    assert live.sample.published == []
