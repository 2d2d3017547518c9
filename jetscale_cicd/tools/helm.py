"""helm as typed calls: one process for each method, always without plugins.

The user's kubeconfig is passed only to the calls that change a release, to `helm test`, and to a `helm template` that
is to render as a cluster would.
"""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.tools.loopback import plain_http
from jetscale_cicd.tools.paths import exists
from jetscale_cicd.tools.process import Finished, Processes, ProcessTimeout, tool_environment

_NOT_THE_ERROR = ("WARNING", "walk.go", "coalesce.go", "Use --debug flag")
_MAX_MESSAGE_CHARS = 2000
# Helm's own default for --history-max.
_MAX_HISTORY = 10
# Helm may wait for its timeout before, while and after it changes objects (hooks), and --timeout applies to each.
_WAITING_PHASES = 3
_STARTUP_SECONDS = 60
_NO_CLUSTER = {"KUBECONFIG": os.devnull}
# Where logins and authorities are; helm is started in another directory, and has to find the same files.
_PATHS = (
    "HELM_CONFIG_HOME",
    "HELM_REGISTRY_CONFIG",
    "XDG_CONFIG_HOME",
    "DOCKER_CONFIG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
_STATUS_TIMED_OUT = 124  # as timeout(1)
_NOTHING_KNOWN = Capabilities()
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
# A proxy on a port without a listener: Go's HTTP client uses it for everything except loopback, so that a URL in
# the schema or the dependencies of a chart is not fetched (helm ≥ 3.18 follows `$ref: https://…` of the schema).
_NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}


@frozen(kw_only=True)
class ReleaseLocation:
    """Where a release is, and how long helm may wait for it.

    Args:
        context: kubeconfig context; "" is the current one.
        timeout: seconds, as helm's ``--timeout``.
        stop: an event that interrupts helm.
    """

    release: str
    namespace: str
    context: str
    timeout: int
    stop: threading.Event = field(default_factory=threading.Event)


class ClusterAccess(NamedTuple):
    """A cluster that helm may read while it renders.

    Args:
        context: of the kubeconfig; "" is the current one.
        maps_kinds: whether helm takes version and APIs from it, for which it looks up the kind of every object.
    """

    context: str
    maps_kinds: bool


class RevisionNote(NamedTuple):
    """Description and labels of a revision."""

    description: str
    labels: Mapping[str, str]


@frozen
class Helm:
    """A helm binary and a scratch directory for its caches.

    Args:
        processes: starts helm.
        scratch: empty directory of this run.
        network: whether it may reach registries, with the user's credentials.
        binary: name or path of helm.
        registry_config: registry configuration that replaces the user's.
    """

    processes: Processes
    scratch: Path
    network: bool
    binary: str = "helm"
    registry_config: Path | None = None

    def version(self) -> tuple[int, int, int]:
        """Version of the binary.

        Raises:
            PreconditionError: ``TOOL_MISSING``, or ``HELM_UNKNOWN``, the program is not helm 3 or newer.
        """
        finished = self._run("version", "--template", "{{.Version}}")
        match = _VERSION.match(finished.stdout.decode("utf-8", "replace"))
        if finished.status != 0 or match is None or int(match[1]) < 3:
            raise PreconditionError("HELM_UNKNOWN", f"{self.binary} is not helm 3 or newer", hint="install helm 3 or 4")
        return int(match[1]), int(match[2]), int(match[3])

    def package(self, chart: Path, destination: Path) -> Finished:
        """`helm package`: write an archive of the chart folder to ``destination``."""
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
        """`helm push` of an archive to ``oci://…``; it overwrites an existing version, so check before."""
        return self._run("push", str(archive), repository, *(("--plain-http",) if plain else ()))

    def pull_archive(self, reference: str, version: str, destination: Path, *, plain: bool) -> Finished:
        """`helm pull` of a chart from ``oci://…/chart``: write the archive to ``destination``."""
        transport = ("--plain-http",) if plain else ()
        return self._run("pull", reference, "--version", version, "--destination", str(destination), *transport)

    def template(
        self,
        release: str,
        chart: Path,
        namespace: str,
        values: Sequence[Path],
        *,
        timeout: float,
        capabilities: Capabilities = _NOTHING_KNOWN,
        access: ClusterAccess | None = None,
    ) -> Finished:
        """`helm template`: render the manifests of a chart with values.

        Args:
            capabilities: what helm is told of the cluster.
            access: lets it read one.

        Raises:
            ProcessTimeout: it took longer than the target allows.
        """
        options = [f"--kube-version={capabilities.kube_version}"] if capabilities.kube_version else []
        options += [f"--api-versions={','.join(capabilities.api_versions)}"] if capabilities.api_versions else []
        if access:
            options += ["--dry-run=server", "--disable-openapi-validation"]
            # helm 3 takes version and APIs from the cluster only to validate; helm 4 always (measured on both).
            options += ["--validate"] if access.maps_kinds and self.known_version < (4,) else []
            options += ["--kube-context", access.context] if access.context else []
        files = [part for path in values for part in ("--values", str(path))]
        argv = ("template", release, str(chart), "--namespace", namespace, "--include-crds", *options, *files)
        return self._read_cluster(*argv, timeout=timeout) if access else self._start(*argv, timeout=timeout)

    def upgrade(self, location: ReleaseLocation, chart: Path, values: Sequence[Path], note: RevisionNote) -> Finished:
        """`helm upgrade --install`, waiting for the resources of Kubernetes itself.

        The watcher of helm 4 would also wait for every custom resource; the legacy strategy of both majors does not.

        Args:
            chart: the archive.
            values: values files in Helm's order.

        Raises:
            ProcessTimeout: helm did not end within its timeout.
        """
        files = [part for path in values for part in ("--values", str(path))]
        labels = ",".join(f"{name}={value}" for name, value in note.labels.items())
        described = ("--labels", labels, "--description", note.description)
        return self._change("upgrade", (location.release, str(chart), "--install", *files, *described), location)

    def rollback(self, location: ReleaseLocation, revision: int) -> Finished:
        """`helm rollback`: install an earlier revision as a new one, waiting as ``upgrade`` does.

        Raises:
            ProcessTimeout: helm did not end within its timeout.
        """
        return self._change("rollback", (location.release, str(revision)), location)

    def test(self, location: ReleaseLocation) -> Finished:
        """`helm test`: run the chart's own tests.

        Raises:
            ProcessTimeout: helm did not end within its timeout.
        """
        return self._cluster("test", (location.release, "--timeout", f"{location.timeout}s"), location)

    def _change(self, verb: str, arguments: Sequence[str], location: ReleaseLocation) -> Finished:
        # helm 4 uses server-side apply, which refuses to change a field with another manager (a person with kubectl, an
        # autoscaler): no deploy and no rollback would succeed any more. helm 3 always overwrote such fields.
        wait = ("--wait=legacy", "--server-side=true", "--force-conflicts") if self.applies else ("--wait",)
        options = (*wait, "--timeout", f"{location.timeout}s", "--history-max", str(_MAX_HISTORY))
        return self._cluster(verb, (*arguments, *options), location)

    def _cluster(self, verb: str, arguments: Sequence[str], location: ReleaseLocation) -> Finished:
        context = ("--kube-context", location.context) if location.context else ()
        return self.processes.run(
            [self.binary, verb, *arguments, "--namespace", location.namespace, *context],
            env=self._environment(cluster=True),
            cwd=self.scratch,
            timeout=_WAITING_PHASES * location.timeout + _STARTUP_SECONDS,
            guarded=True,
            stop=location.stop,
        )

    @property
    def applies(self) -> bool:
        """Whether it has the server merge its objects (server-side apply), as helm 4 does.

        Raises:
            PreconditionError: as ``version``.
        """
        return self.known_version >= (4,)

    @cached_property
    def known_version(self) -> tuple[int, int, int]:
        """Version of the binary, observed once.

        Raises:
            PreconditionError: as ``version``.
        """
        return self.version()

    def _run(self, *arguments: str, timeout: float = 300) -> Finished:
        try:
            return self._start(*arguments, timeout=timeout)
        except ProcessTimeout as late:
            said = f"Error: {late}"
            return Finished(f"{self.binary} {arguments[0]}", _STATUS_TIMED_OUT, b"", said, said)

    def _start(self, *arguments: str, timeout: float) -> Finished:
        return self.processes.run([self.binary, *arguments], env=self._environment(), cwd=self.scratch, timeout=timeout)

    def _read_cluster(self, *arguments: str, timeout: float) -> Finished:
        env = self._environment(cluster=True)
        return self.processes.run([self.binary, *arguments], env=env, cwd=self.scratch, timeout=timeout)

    def _environment(self, *, cluster: bool = False) -> Mapping[str, str]:
        removed = ("HELM_",) if cluster else ("HELM_", "KUBE")
        found = {**os.environ, **_absolute_paths(os.environ)}
        kept = {name: value for name, value in found.items() if not name.startswith(removed)}
        ours = tool_environment(os.environ)
        own = {
            "PATH": ours["PATH"],
            "HELM_CACHE_HOME": str(self.scratch / "helm-cache"),
            "HELM_DATA_HOME": str(self.scratch / "helm-data"),
            "HELM_PLUGINS": str(self.scratch / "no-plugins"),
            **({name: ours[name] for name in ("KUBECONFIG",) if name in ours} if cluster else _NO_CLUSTER),
        }
        if self.network:
            config: dict[str, str] = {
                name: found[name] for name in ("HELM_CONFIG_HOME", "HELM_REGISTRY_CONFIG") if name in found
            }
            if self.registry_config:
                config["HELM_REGISTRY_CONFIG"] = str(self.registry_config)
            return {**kept, **own, **config}
        no_proxy = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
        no_credentials = {
            "HELM_CONFIG_HOME": str(self.scratch / "helm-config"),
            "DOCKER_CONFIG": str(self.scratch / "no-credentials"),
        }
        return {**no_proxy, **own, **no_credentials, **_NO_NETWORK}


def _absolute_paths(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that name a file or a directory which is there, seen from the working directory."""
    return {name: str(Path(env[name]).absolute()) for name in _PATHS if env.get(name) and exists(env[name])}


def failure_of(finished: Finished, *, unredacted: bool = False) -> str:
    """Helm's error message on one line: from the last line with ``Error:`` to the end, because causes follow it.

    Args:
        unredacted: to decide by, and never to show.
    """
    told = (finished.unredacted if unredacted else finished.stderr).splitlines()
    lines = [line.strip() for line in told if line.strip() and not line.startswith(_NOT_THE_ERROR)]
    first = max((number for number, line in enumerate(lines) if line.startswith("Error: ")), default=len(lines) - 1)
    message = " ".join(lines[max(first, 0) :]).removeprefix("Error: ")
    return (
        message[:_MAX_MESSAGE_CHARS] + "…" if len(message) > _MAX_MESSAGE_CHARS else message
    ) or f"exit status {finished.status}"


__all__ = ["Helm", "ProcessTimeout", "failure_of"]
