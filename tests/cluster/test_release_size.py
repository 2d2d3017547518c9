"""The size of a release, estimated before it is stored, against what each helm has the API server keep."""

import base64
import json
import random
import subprocess
from pathlib import Path

import pytest

from jetscale_cicd.decide.cluster.release_size import LIMIT, review_size
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def chart(directory: Path, kind: str) -> Path:
    """A chart that is large in one way, its content nearly random."""
    noise = random.Random(kind)
    files = {
        "Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
        "values.yaml": "# a comment\nsize: 1\n",
        "templates/a.yaml": MAP % "a" + "data: {v: '{{ .Values.size }}<&>'}\n",
    }
    if kind == "templates":
        for number in range(3):
            content = base64.b64encode(noise.randbytes(60_000)).decode()
            files[f"templates/b{number}.yaml"] = MAP % f"b{number}" + f"binaryData: {{v: {content}}}\n"
    if kind == "too many":
        for number in range(9):
            content = base64.b64encode(noise.randbytes(60_000)).decode()
            files[f"templates/b{number}.yaml"] = MAP % f"b{number}" + f"binaryData: {{v: {content}}}\n"
    if kind == "files":
        files |= {"files/x": base64.b64encode(noise.randbytes(400_000)).decode(), "README.md": "words " * 9000}
    if kind == "subchart":
        files["Chart.yaml"] += "dependencies: [{name: sub, version: 1.0.0}]\n"
        files["charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"
        files["charts/sub/values.yaml"] = "".join(f"k{number}: {noise.randbytes(30).hex()}\n" for number in range(3000))
        files["charts/sub/templates/x.yaml"] = f"# {noise.randbytes(90_000).hex()}\n" + MAP % "sub"
    if kind == "objects":
        for number in range(300):
            data = f"  labels: {{app: x}}\ndata:\n  k: {noise.randbytes(100).hex()}\n"
            files[f"templates/d{number}.yaml"] = (
                f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d{number}\n{data}"
            )
        hook = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n"
        files["templates/hook.yaml"] = hook + f"data: {{x: {noise.randbytes(9_000).hex()}}}\n"
    for name, text in files.items():
        file = directory / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return directory / "app"


@pytest.mark.parametrize("kind", ["templates", "files", "subchart", "objects", "too many"])
def test_it_is_within_3_percent(helm: Path, cluster: Cluster, namespace: str, tmp_path: Path, kind: str) -> None:
    values = {"size": 3, "more": [{"a": "b"}] * 10}
    (tmp_path / "values.json").write_text(json.dumps(values))
    env = {**command_environment(), "KUBECONFIG": str(cluster.kubeconfig)}

    def call(*words: str | Path, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([helm, *words], env=env, check=check, capture_output=True)

    call("package", chart(tmp_path, kind), "--destination", tmp_path)
    archive = tmp_path / "app-1.0.0.tgz"
    given = ("--namespace", namespace, "--values", tmp_path / "values.json")
    rendered = call("template", "app", archive, *given, "--include-crds").stdout
    review = review_size(archive.read_bytes(), values, rendered, "shop/app")
    installed = call("install", "app", archive, *given, check=False)
    assert bool(installed.returncode) == (review.size > LIMIT) == bool(review.refused)
    if kind == "too many":
        assert b"may not be more than 1048576 bytes" in installed.stderr
        return
    secret = cluster.ask(f"/api/v1/namespaces/{namespace}/secrets/sh.helm.release.v1.app.v1")
    stored = len(base64.b64decode(secret["data"]["release"]))
    assert stored > 100_000
    assert abs(review.size / stored - 1) < 0.03
