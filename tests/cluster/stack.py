"""A stack whose target is a namespace of the test cluster."""

import base64
import gzip
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.command import Ended, command, command_environment
from tests.support.control_plane import Cluster
from tests.support.sample import Sample, small

CHART, LIVE = "charts/app/values.yaml", "envs/live/values.yaml"
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: {{ .Values.image | quote }}
          env: [{name: SIZE, value: {{ .Values.size | quote }}}]
          envFrom: {{ .Values.envFrom | toJson }}
{{- with .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: before-hook-creation}}
spec:
  backoffLimit: 0
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: {{ . }}}]}}
{{- end }}
"""
# Of a target whose deploy is to find out what a precondition would have: what it does then is no other.
SOFT = "    checks: {chart-needs: warn, contract-secrets: warn, external-secrets: warn, ownership: warn, policy: warn}"
VALUES = "size: 1\nreplicas: 1\nimage: registry.invalid/web\nenvFrom: []\n"


@dataclass(frozen=True)
class Stack:
    """A sample and the namespace that it is deployed to."""

    sample: Sample
    cluster: Cluster
    namespace: str

    @property
    def env(self) -> dict[str, str]:
        return {"KUBECONFIG": str(self.cluster.kubeconfig)}

    def command(self, *words: str, **env: str) -> Ended:
        return command(*words, cwd=self.sample.repo.path, env={**self.env, **env}, helm=self.sample.helm)

    def run(self, *words: str, **env: str) -> Ended:
        return self.command("stage6", "--output=json", *words, **env)

    def done(self, *words: str, **env: str) -> dict[str, Any]:
        """What a run says that ends well."""
        ended = self.run(*words, **env)
        assert ended.status == 0, ended.stderr
        return ended.json

    def helm(self, *words: str) -> Any:
        """What the real helm says, as JSON."""
        return json.loads(self.helm_plain(*words, "--output", "json"))

    def helm_plain(self, *words: str) -> str:
        """What the real helm says; a person's helm, with nothing of ours."""
        assert self.sample.helm
        argv: list[str | Path] = [self.sample.helm, *words, "--namespace", self.namespace]
        env = {**command_environment(), **self.env}
        said: str = subprocess.run(argv, env=env, capture_output=True, check=True, text=True).stdout
        return said

    def history(self) -> list[tuple[int, str]]:
        """Every revision with its status."""
        return [(each["revision"], each["status"]) for each in self.helm("history", "app")]

    def stored(self, revision: int) -> Any:
        """What helm keeps of a revision, by the API."""
        secret = self.ask(f"/api/v1/namespaces/{{}}/secrets/sh.helm.release.v1.app.v{revision}")
        return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))

    def record(self, revision: int) -> Any:
        """What Stage 6 recorded in the values of a revision."""
        return self.stored(revision)["config"]["global"]["stage6"]

    def ask(self, path: str, method: str = "GET", body: Any = None, kind: str = "application/json") -> Any:
        """The API, at a path with the namespace for ``{}``."""
        return self.cluster.ask(path.format(self.namespace), method, body, kind)

    def deployment(self) -> Any:
        return self.ask("/apis/apps/v1/namespaces/{}/deployments/web")


def stack(
    directory: Path, cluster: Cluster, namespace: str, helm: Path, more: str = "", timeout: str = "30s", **files: str
) -> Stack:
    """A small stack with one Deployment; ``more`` are keys of the target."""
    client, _, env = namespace.partition("-")
    keys = {"client_name": client, "env": env, "release": "app", "required_secrets": "[]", "timeout": timeout}
    lines = [f"    {key}: {value if value == '[]' else json.dumps(value)}" for key, value in keys.items()]
    config = "\n".join(["chart: {registry: ../registry}", "targets:", "  live:", *lines, more])
    contents: dict[str, str | bytes | None] = {
        ".stage6.yaml": config,
        CHART: VALUES,
        LIVE: "size: 3\n",
        "charts/app/templates/workload.yaml": WORKLOAD,
        **files,
    }
    return Stack(small(directory, contents, helm), cluster, namespace)


def bare_chart(directory: Path, template: str = "") -> Path:
    """A chart with one template, for a plain helm."""
    (directory / "templates").mkdir(parents=True)
    (directory / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (directory / "templates" / "all.yaml").write_text(template)
    return directory


def store(live: Stack, revision: int, *, status: str = "", config: Any = None, **info: str) -> None:
    """Change what helm keeps of a revision: a state in which a process that died would have left it."""
    path = f"/api/v1/namespaces/{{}}/secrets/sh.helm.release.v1.app.v{revision}"
    secret, content = live.ask(path), live.stored(revision)
    content["info"] |= {"last_deployed" if key == "updated" else key: value for key, value in info.items()}
    if status:
        content["info"]["status"] = secret["metadata"]["labels"]["status"] = status
    if config is not None:
        content["config"] = config
    packed = base64.b64encode(gzip.compress(json.dumps(content).encode()))
    secret["data"]["release"] = base64.b64encode(packed).decode()
    live.ask(path, "PUT", secret)
