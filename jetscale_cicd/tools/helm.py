"""helm as typed calls: one method, one process; always without plugins.

The user's kubeconfig reaches only the calls that change a release, and the chart's own tests.
"""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.tools.process import Finished, Processes, ProcessTimeout, tool_environment

_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?")
_NO_REASON = ("WARNING", "walk.go", "coalesce.go", "Use --debug flag")
_LONGEST = 2000
# Helm's own default for --history-max.
_HISTORY = 10
# Helm may wait for its timeout before, while and after it changes objects (hooks), and --timeout is for each of them.
_WAITS = 3
_START = 60
_NO_CLUSTER = {"KUBECONFIG": os.devnull}
_TIMED_OUT = 124  # what timeout(1) says
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
# A proxy that nobody listens on: Go's HTTP client goes through it for everything but loopback, so that a chart whose
# schema or dependency names a URL reaches no network (helm ≥ 3.18 fetches `$ref: https://…` of values.schema.json).
_NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLocation:
    """A release on a cluster.

    Args:
        context: of the kubeconfig; "" is its current one.
        timeout: seconds that Helm may wait for anything.
        stop: set to have helm interrupted.
    """

    release: str
    namespace: str
    context: str
    timeout: int
    stop: threading.Event = field(default_factory=threading.Event)


class RevisionNote(NamedTuple):
    """What a revision says of itself."""

    description: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Helm:
    """A helm binary and a scratch directory for its caches.

    Args:
        processes: starts it.
        scratch: empty directory of this run.
        network: whether it may reach registries, with the user's credentials.
        binary: name or path.
        registry_config: file of credentials that replaces the user's.
    """

    processes: Processes
    scratch: Path
    network: bool
    binary: str = "helm"
    registry_config: Path | None = None

    def version(self) -> tuple[int, int, int]:
        """Version of the binary.

        Raises:
            PreconditionError: ``TOOL_MISSING``, or ``HELM_UNKNOWN`` for something that is no helm 3 or newer.
        """
        finished = self._run("version", "--template", "{{.Version}}")
        match = _VERSION.match(finished.stdout.decode("utf-8", "replace"))
        if finished.status != 0 or match is None or int(match[1]) < 3:
            raise PreconditionError("HELM_UNKNOWN", f"{self.binary} is no helm 3 or newer", hint="install helm 3 or 4")
        return int(match[1]), int(match[2]), int(match[3])

    def package(self, chart: Path, destination: Path) -> Finished:
        """`helm package`: an archive of the chart folder in ``destination``."""
        return self._run("package", str(chart), "--destination", str(destination))

    def dependency_build(self, chart: Path, repositories: Sequence[str]) -> Finished:
        """`helm dependency build`: fetch what Chart.lock names from its repositories."""
        return self._run("dependency", "build", str(chart), *plain_http(*repositories))

    def pull(self, repository: str, chart: str, version: str, destination: Path) -> Finished:
        """`helm pull` of a chart at one version, from ``oci://…`` or the URL of a chart repository."""
        named = [f"{repository}/{chart}"] if repository.startswith("oci://") else [chart, "--repo", repository]
        return self._run(
            "pull", *named, "--version", version, "--destination", str(destination), *plain_http(repository)
        )

    def push(self, archive: Path, repository: str, *, plain: bool) -> Finished:
        """`helm push` of an archive to ``oci://…``; it overwrites what is there, so look first."""
        return self._run("push", str(archive), repository, *(("--plain-http",) if plain else ()))

    def pull_archive(self, reference: str, version: str, destination: Path, *, plain: bool) -> Finished:
        """`helm pull` of a chart from ``oci://…/chart`` as an archive in ``destination``."""
        transport = ("--plain-http",) if plain else ()
        return self._run("pull", reference, "--version", version, "--destination", str(destination), *transport)

    def template(
        self, release: str, chart: Path, namespace: str, values: Sequence[Path], *, timeout: float
    ) -> Finished:
        """`helm template`: the manifests that this chart and these values give.

        Raises:
            ProcessTimeout: it took longer than the target allows.
        """
        files = [part for path in values for part in ("--values", str(path))]
        return self._start(
            "template", release, str(chart), "--namespace", namespace, "--include-crds", *files, timeout=timeout
        )

    def upgrade(
        self, location: ReleaseLocation, chart: Sequence[str], values: Sequence[Path], note: RevisionNote
    ) -> Finished:
        """`helm upgrade --install`, waiting for what Kubernetes itself knows how to judge.

        helm 4's own way of waiting, its watcher, waits for every custom resource; both majors' older way does not.

        Args:
            chart: its reference and what goes with it, as `chart_arguments` gives them.
            values: files in Helm's order.

        Raises:
            ProcessTimeout: helm did not keep to the timeout that it was given.
        """
        files = [part for path in values for part in ("--values", str(path))]
        labels = ",".join(f"{name}={value}" for name, value in note.labels.items())
        described = ("--labels", labels, "--description", note.description)
        return self._change("upgrade", ("--install", location.release, *chart, *files, *described), location)

    def rollback(self, location: ReleaseLocation, revision: int) -> Finished:
        """`helm rollback`: an earlier revision as a new one, waiting as ``upgrade`` does.

        Raises:
            ProcessTimeout: helm did not keep to the timeout that it was given.
        """
        return self._change("rollback", (location.release, str(revision)), location)

    def test(self, location: ReleaseLocation) -> Finished:
        """`helm test`: the chart's own tests.

        Raises:
            ProcessTimeout: helm did not keep to the timeout that it was given.
        """
        return self._cluster("test", (location.release, "--timeout", f"{location.timeout}s"), location)

    def _change(self, verb: str, arguments: Sequence[str], location: ReleaseLocation) -> Finished:
        # helm 4 applies on the server, which lets nobody change a field that somebody else (a hand, an autoscaler) has
        # changed meanwhile: no deploy and no rollback would pass any more. helm 3 has always taken such fields back.
        ways = ("--wait",) if self.number < (4,) else ("--wait=legacy", "--server-side=true", "--force-conflicts")
        bounds = (*ways, "--timeout", f"{location.timeout}s", "--history-max", str(_HISTORY))
        return self._cluster(verb, (*arguments, *bounds), location)

    def _cluster(self, verb: str, arguments: Sequence[str], location: ReleaseLocation) -> Finished:
        context = ("--kube-context", location.context) if location.context else ()
        return self.processes.run(
            [self.binary, verb, *arguments, "--namespace", location.namespace, *context],
            env=self._environment(cluster=True),
            cwd=self.scratch,
            timeout=_WAITS * location.timeout + _START,
            guarded=True,
            stop=location.stop,
        )

    @cached_property
    def number(self) -> tuple[int, int, int]:
        """Version of the binary, asked once.

        Raises:
            PreconditionError: as ``version``.
        """
        return self.version()

    def _run(self, *arguments: str, timeout: float = 300) -> Finished:
        try:
            return self._start(*arguments, timeout=timeout)
        except ProcessTimeout as late:
            return Finished(f"{self.binary} {arguments[0]}", _TIMED_OUT, b"", f"Error: {late}")

    def _start(self, *arguments: str, timeout: float) -> Finished:
        return self.processes.run([self.binary, *arguments], env=self._environment(), cwd=self.scratch, timeout=timeout)

    def _environment(self, *, cluster: bool = False) -> Mapping[str, str]:
        hidden = ("HELM_",) if cluster else ("HELM_", "KUBE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        ours = tool_environment(os.environ)
        own = {
            "PATH": ours["PATH"],
            "HELM_CACHE_HOME": str(self.scratch / "helm-cache"),
            "HELM_DATA_HOME": str(self.scratch / "helm-data"),
            "HELM_PLUGINS": str(self.scratch / "no-plugins"),
            **({name: ours[name] for name in ("KUBECONFIG",) if name in ours} if cluster else _NO_CLUSTER),
        }
        if self.network:
            config = {
                name: os.environ[name] for name in ("HELM_CONFIG_HOME", "HELM_REGISTRY_CONFIG") if name in os.environ
            }
            if self.registry_config:
                config["HELM_REGISTRY_CONFIG"] = str(self.registry_config)
            return {**kept, **own, **config}
        without = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
        nothing = {
            "HELM_CONFIG_HOME": str(self.scratch / "helm-config"),
            "DOCKER_CONFIG": str(self.scratch / "no-credentials"),
        }
        return {**without, **own, **nothing, **_NO_NETWORK}


def is_loopback(host: str) -> bool:
    """Whether ``host[:port]`` is this machine."""
    return _LOOPBACK.fullmatch(host) is not None


def plain_http(*references: str) -> tuple[str, ...]:
    """``--plain-http`` where every registry is on this machine; helm 3 finds that out by itself, helm 4 does not."""
    hosts = [reference.removeprefix("oci://").partition("/")[0] for reference in references]
    return ("--plain-http",) if hosts and all(map(is_loopback, hosts)) else ()


def failure_of(finished: Finished) -> str:
    """What helm says broke, on one line: its last error to the end, for reasons follow on lines of their own."""
    lines = [line.strip() for line in finished.stderr.splitlines() if line.strip() and not line.startswith(_NO_REASON)]
    first = max((number for number, line in enumerate(lines) if line.startswith("Error: ")), default=len(lines) - 1)
    said = " ".join(lines[max(first, 0) :]).removeprefix("Error: ")
    return (said[:_LONGEST] + "…" if len(said) > _LONGEST else said) or f"exit status {finished.status}"


__all__ = ["Helm", "ProcessTimeout", "failure_of", "is_loopback"]
