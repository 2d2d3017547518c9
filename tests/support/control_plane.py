"""A real Kubernetes API server on loopback: etcd, kube-apiserver and kube-controller-manager in one directory.

There is no node and no kubelet: pods stay Pending until `tests.support.kubelet` gives them a status.
"""

import base64
import contextlib
import http.client
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.support.oci import Authority, authority

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")
# Where `make kube-assets` puts them, unless envtest's variable says another place; read before a test hides the home.
ASSETS = Path(
    os.environ.get("KUBEBUILDER_ASSETS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetscale-cicd" / "kube-assets"
)
# A cluster to test on in place of our own; read before a test hides it.
EXISTING = os.environ.get("KUBECONFIG", "")
_PATIENCE = 30
_SIGNS = "service-accounts.key"


@dataclass(frozen=True)
class Cluster:
    """An API server, and a kubeconfig of somebody who may do everything.

    Args:
        server: ``https://…``.
        ca: the authority of its certificate.
        token: of the administrator.
        kubeconfig: for programs.
        certificate: of an administrator who has no token, and its key: a cluster that is not of our making.
    """

    server: str
    ca: Path
    token: str
    kubeconfig: Path
    certificate: tuple[Path, Path] | None = None

    def ask(self, path: str, method: str = "GET", body: Any = None, kind: str = "application/json") -> Any:
        """The API's answer as JSON (None where it is none).

        Raises:
            urllib.error.HTTPError: another status than 2xx.
        """
        request = urllib.request.Request(
            f"{self.server}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": kind} | ({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        )
        with self._opener.open(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content[:1] in (b"{", b"[") else None

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """Without proxies: it asks from threads, and pytest changes the environment in which urllib looks for them."""
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        tls = ssl.create_default_context(cafile=str(self.ca))
        if self.certificate:
            tls.load_cert_chain(*self.certificate)
        return tls

    def namespace(self, name: str) -> str:
        """A new namespace, once its default ServiceAccount is there: before that, a pod is refused."""
        self.ask("/api/v1/namespaces", "POST", {"metadata": {"name": name}})
        self.until(f"/api/v1/namespaces/{name}/serviceaccounts/default")
        return name

    def until(self, path: str, check: Callable[[], None] = lambda: None) -> Any:
        """What is at a path, waited for, as long as ``check`` does not fail."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self.ask(path)
            except (OSError, http.client.HTTPException) as failed:
                said = str(failed)
            assert time.monotonic() < deadline, f"{path} was not there within {_PATIENCE} s: {said}"
            check()
            time.sleep(0.05)


def existing_cluster(kubeconfig: Path, directory: Path) -> Cluster:
    """The cluster of a kubeconfig's first entries, as kind writes them: all in one file, certificates inside."""
    document = yaml.safe_load(kubeconfig.read_text())
    place, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    files = {"ca": place["certificate-authority-data"]}
    files |= {key: user[f"client-{key}-data"] for key in ("certificate", "key") if f"client-{key}-data" in user}
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).touch(mode=0o600)
        (directory / name).write_bytes(base64.b64decode(content))
    own = directory / "kubeconfig"
    own.touch(mode=0o600)
    own.write_text(json.dumps(document))
    pair = (directory / "certificate", directory / "key") if "certificate" in files else None
    return Cluster(place["server"], directory / "ca", user.get("token", ""), own, pair)


@contextlib.contextmanager
def control_plane(directory: Path, assets: Path) -> Iterator[Cluster]:
    """Start one, and end it; nothing outlives the test session.

    Args:
        directory: empty; gets data, keys and logs.
        assets: holds ``PROGRAMS``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as running:
        etcd, api = free_ports(2)
        run = Starter(directory, assets, running)
        run.start("etcd", _etcd(directory, etcd))
        keys = authority(directory / "pki", "127.0.0.1")
        tokens = {name: secrets.token_hex(16) for name in ("admin", "system:kube-controller-manager")}
        admin, manager = (_kubeconfig(directory, name, tokens[name], api, keys) for name in tokens)
        # For ServiceAccounts' tokens; a key in the form that `openssl req` writes is not read.
        new = ("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(directory / _SIGNS))
        subprocess.run(new, check=True, capture_output=True)
        _write_tokens(directory / "tokens.csv", tokens)
        wait_for(f"http://127.0.0.1:{etcd}/health", run)
        run.start("kube-apiserver", _apiserver(directory, keys, etcd, api))
        cluster = Cluster(f"https://127.0.0.1:{api}", keys.ca, tokens["admin"], admin)
        cluster.until("/readyz", run.check)
        run.start("kube-controller-manager", _manager(directory, keys, manager))
        cluster.until("/api/v1/namespaces/default/serviceaccounts/default", run.check)
        yield cluster


@dataclass
class Starter:
    """Programs in the background, which end with the block.

    Args:
        directory: gets their logs.
        assets: holds the programs.
        running: ends them.
        env: of all of them; None is ours.
    """

    directory: Path
    assets: Path
    running: contextlib.ExitStack
    env: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """In the background, its words in ``NAME.log``; it dies with us, however we end."""
        guard = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
        log = self.running.enter_context((self.directory / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [*guard, str(self.assets / name), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=None if self.env is None else dict(self.env),
        )
        self.started[name] = process
        self.running.callback(process.wait)
        self.running.callback(process.kill)  # what it holds is thrown away; a graceful end takes up to a minute

    def check(self) -> None:
        """Fail where one has ended, with its last words."""
        for name, process in self.started.items():
            said = (self.directory / f"{name}.log").read_text(errors="replace")[-2000:]
            assert process.poll() is None, f"{name} ended with status {process.returncode}:\n{said}"


def _etcd(directory: Path, port: int) -> tuple[str, ...]:
    client = f"http://127.0.0.1:{port}"
    # A short election: 0.2 s until it answers, in place of 0.3 to 1.1 (measured).
    quick = ("--unsafe-no-fsync", "--heartbeat-interval=10", "--election-timeout=100", "--log-level=warn")
    urls = (f"--listen-client-urls={client}", f"--advertise-client-urls={client}")
    return (f"--data-dir={directory / 'etcd'}", *quick, *urls, "--listen-peer-urls=http://127.0.0.1:0")


def _apiserver(directory: Path, keys: Authority, etcd: int, port: int) -> tuple[str, ...]:
    return (
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        f"--cert-dir={directory / 'pki'}",
        *("--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={port}"),
        "--endpoint-reconciler-type=none",  # it would refuse a loopback address
        *(f"--tls-cert-file={keys.certificate}", f"--tls-private-key-file={keys.key}"),
        f"--token-auth-file={directory / 'tokens.csv'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        *(f"--service-account-{use}-file={directory / _SIGNS}" for use in ("key", "signing-key")),
        *("--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged"),
    )


def _manager(directory: Path, keys: Authority, kubeconfig: Path) -> tuple[str, ...]:
    return (
        f"--kubeconfig={kubeconfig}",
        *("--leader-elect=false", "--secure-port=0", "--use-service-account-credentials"),
        # It would find the stub node dead after 40 s, for it renews no Lease.
        "--controllers=*,-node-lifecycle-controller",
        *(f"--service-account-private-key-file={directory / _SIGNS}", f"--root-ca-file={keys.ca}"),
        # With the default, 20 a second, a ServiceAccount takes 5 s in place of 0.5 (measured).
        *("--kube-api-qps=1000", "--kube-api-burst=2000"),
    )


def free_ports(number: int) -> list[int]:
    """Ports below those that the kernel gives to connections (32768 and above), which could take one meanwhile."""
    free: set[int] = set()
    while len(free) < number:
        port = 20000 + secrets.randbelow(10000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            free.add(port)
    return list(free)


def _write_tokens(file: Path, tokens: dict[str, str]) -> None:
    groups = {"admin": '"system:masters"'}
    file.write_text("".join(f"{token},{name},{name},{groups.get(name, '')}\n" for name, token in tokens.items()))


def _kubeconfig(directory: Path, name: str, token: str, port: int, keys: Authority) -> Path:
    file = directory / f"{name.rpartition(':')[2]}.kubeconfig"
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority-data": base64.b64encode(keys.ca.read_bytes()).decode(),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
        "current-context": "test",
    }
    file.write_text(json.dumps(document))
    file.chmod(0o600)
    return file


def wait_for(url: str, run: Starter) -> None:
    """Until a server answers with success, and its program has not ended."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        run.check()
        assert time.monotonic() < deadline, f"{url} did not answer within {_PATIENCE} s"
        time.sleep(0.02)
