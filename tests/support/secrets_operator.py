"""A real External Secrets Operator beside an API server, and the objects that it reads."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.control_plane import Cluster, Starter
from tests.support.moto import ANYBODY, REGION, Login, Moto

# Where `make secrets-operator` puts them; read before a test hides the home.
OPERATOR_ASSETS = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetscale-cicd" / "secrets-operator"
)
OPERATOR, CRDS = "external-secrets", "crds.yaml"
GROUP = "/apis/external-secrets.io/v1"
_CRDS = (
    *(f"{plural}.external-secrets.io" for plural in ("externalsecrets", "secretstores", "clustersecretstores")),
    "generatorstates.generators.external-secrets.io",
)
_PATIENCE = 30
_APPLY = "application/apply-patch+yaml"

Object = dict[str, Any]


@dataclass(frozen=True)
class SecretsOperator:
    """An operator, the cluster where it works, and the AWS that it reads.

    Args:
        controller: its class: it leaves SecretStores of another one alone.
    """

    cluster: Cluster
    moto: Moto
    controller: str = ""

    def store(self, namespace: str, name: str = "aws", *, login: Login = ANYBODY, **spec: Any) -> None:
        """A SecretStore, and the Secret with its login."""
        keys = {"access-key": login.access_key, "secret-key": login.secret_key}
        secret = {"metadata": {"name": f"{name}-login"}, "stringData": keys}
        self.cluster.ask(f"/api/v1/namespaces/{namespace}/secrets", "POST", secret)
        of_class = {"controller": self.controller} if self.controller else {}
        body = {"spec": {"provider": {"aws": aws_provider(f"{name}-login")}, **of_class, **spec}}
        self.create(namespace, "SecretStore", name, body)

    def external_secret(self, namespace: str, name: str, *keys: str, store: str = "aws", **spec: Any) -> None:
        """An ExternalSecret.

        Args:
            keys: ``KEY`` of AWS for all that it holds, ``KEY/PROPERTY`` for one; a KEY has no slash.
            spec: more of its spec.
        """
        wanted = [key.partition("/") for key in keys]
        single = [{"secretKey": part, "remoteRef": {"key": key, "property": part}} for key, _, part in wanted if part]
        whole = [{"extract": {"key": key}} for key, _, part in wanted if not part]
        body = {"secretStoreRef": {"kind": "SecretStore", "name": store}, "data": single, "dataFrom": whole, **spec}
        self.create(namespace, "ExternalSecret", name, {"spec": body})

    def create(self, namespace: str, kind: str, name: str, body: Object) -> None:
        """Any object of its API."""
        thing = {"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": {"name": name}, **body}
        within = f"namespaces/{namespace}/" if namespace else ""
        self.cluster.ask(f"{GROUP}/{within}{kind.lower()}s", "POST", thing)

    def get(self, namespace: str, name: str) -> Object:
        """An ExternalSecret as it is now."""
        found: Object = self.cluster.ask(f"{GROUP}/namespaces/{namespace}/externalsecrets/{name}")
        return found

    def patch(self, namespace: str, name: str, spec: Object) -> None:
        """Change the spec of an ExternalSecret."""
        path = f"{GROUP}/namespaces/{namespace}/externalsecrets/{name}"
        self.cluster.ask(path, "PATCH", {"spec": spec}, "application/merge-patch+json")

    def until(self, namespace: str, name: str, reason: str, holds: Callable[[Object], bool] = lambda _: True) -> Object:
        """An ExternalSecret, once its condition Ready has this reason, and more holds where that is asked for."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = self.get(namespace, name)
            if ready(found).get("reason") == reason and holds(found):
                return found
            assert time.monotonic() < deadline, f"{name} is not {reason} within {_PATIENCE} s: {found}"
            time.sleep(0.05)


def ready(thing: Object) -> Object:
    """The condition Ready of an object; empty where it has none."""
    conditions = thing.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == "Ready"), {})


def aws_provider(secret: str, namespace: str = "") -> Object:
    """AWS Secrets Manager with the login of a Secret; a ClusterSecretStore names its namespace."""
    where = {"name": secret, **({"namespace": namespace} if namespace else {})}
    login = {"accessKeyIDSecretRef": {**where, "key": "access-key"}}
    login["secretAccessKeySecretRef"] = {**where, "key": "secret-key"}
    return {"service": "SecretsManager", "region": REGION, "auth": {"secretRef": login}}


def install_crds(cluster: Cluster, assets: Path) -> None:
    """The part of the operator's API that it needs with these arguments, once it is served."""
    for each in (assets / CRDS).read_text().split("\n---\n"):
        if any(f"\n  name: {name}\n" in each for name in _CRDS):
            definition = yaml.load(each, yaml.CSafeLoader)
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
            cluster.ask(f"{path}?fieldManager=tests&force=true", "PATCH", definition, _APPLY)
    for plural, _, group in (name.partition(".") for name in _CRDS):
        cluster.until(f"/apis/{group}/{'v1' if group == 'external-secrets.io' else 'v1alpha1'}/{plural}")


def _arguments(namespace: str) -> Iterator[str]:
    yield from ("--metrics-addr=0", "--loglevel=error", "--concurrent=4")
    for unused in ("push-secret", "cluster-push-secret", "cluster-external-secret"):
        yield f"--enable-{unused}-reconciler=false"
    if namespace:
        yield from (f"--namespace={namespace}", f"--controller-class={namespace}")


@contextlib.contextmanager
def running_operator(cluster: Cluster, moto: Moto, directory: Path, namespace: str = "") -> Iterator[SecretsOperator]:
    """An operator until the end of the block.

    Args:
        directory: gets its log.
        namespace: the one that it watches; it is its class, too, so that no other operator reads the same SecretStores.
    """
    directory.mkdir(parents=True, exist_ok=True)
    env = {**moto.env, "KUBECONFIG": str(cluster.kubeconfig), "HOME": str(directory), "PATH": os.environ["PATH"]}
    with contextlib.ExitStack() as running:
        Starter(directory, OPERATOR_ASSETS, running, env).start(OPERATOR, tuple(_arguments(namespace)))
        yield SecretsOperator(cluster, moto, namespace)
