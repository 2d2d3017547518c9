"""ServiceAccounts of the test cluster with few rights, and kubeconfigs of theirs."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jetscale_cicd.tools.kubernetes import Kubernetes, open_kubernetes
from jetscale_cicd.tools.process import Processes, tool_environment
from jetscale_cicd.tools.redact import Redactor
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

Rule = dict[str, list[str]]
_RBAC = "/apis/rbac.authorization.k8s.io/v1"


def rule(group: str, resource: str, *verbs: str, names: tuple[str, ...] = ()) -> Rule:
    """A rule of a Role, for objects of these names alone where there are any."""
    made = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    return made | ({"resourceNames": list(names)} if names else {})


@contextmanager
def connected(kubeconfig: Path, scratch: Path) -> Iterator[Kubernetes]:
    """The API by a kubeconfig, through kubectl as a run has it."""
    env = tool_environment({**command_environment(), "KUBECONFIG": str(kubeconfig)})
    with open_kubernetes(Processes(Redactor.of(()), lambda _: None), env, "", scratch) as api:
        yield api


@dataclass
class Account:
    """A ServiceAccount: what it may do in its namespace, and on the cluster."""

    cluster: Cluster
    namespace: str
    name: str = field(default_factory=lambda: f"ci-{secrets.token_hex(3)}")

    def __post_init__(self) -> None:
        self._only = False
        self._make(f"/api/v1/namespaces/{self.namespace}/serviceaccounts", {"metadata": {"name": self.name}})

    @property
    def user(self) -> str:
        """Its name to the API server."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    def may(self, *rules: Rule) -> "Account":
        """Grant rules in its namespace."""
        return self._grant(f"{_RBAC}/namespaces/{self.namespace}", "Role", rules)

    def may_on_cluster(self, *rules: Rule) -> "Account":
        """Grant rules on the whole cluster."""
        return self._grant(_RBAC, "ClusterRole", rules)

    def may_only(self, *rules: Rule) -> "Account":
        """Grant these rules in its namespace in place of all others."""
        path = f"{_RBAC}/namespaces/{self.namespace}"
        if not self._only:
            self._only = True
            return self._grant(path, "Role", rules, self.name)
        self.cluster.ask(f"{path}/roles/{self.name}", "PUT", {"metadata": {"name": self.name}, "rules": list(rules)})
        return self

    def kubeconfig(self, directory: Path) -> Path:
        """A kubeconfig with a token of its own."""
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{self.name}/token"
        token = self._make(path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
        document = json.loads(self.cluster.kubeconfig.read_text())
        document["users"][0]["user"] = {"token": token}
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{self.name}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(json.dumps(document))
        return file

    def _grant(self, path: str, kind: str, rules: tuple[Rule, ...], name: str = "") -> "Account":
        name = name or f"{self.name}-{secrets.token_hex(3)}"
        self._make(f"{path}/{kind.lower()}s", {"metadata": {"name": name}, "rules": list(rules)})
        subject = {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
        body = {"metadata": {"name": name}, "subjects": [subject], "roleRef": role}
        self._make(f"{path}/{kind.lower()}bindings", body)
        return self

    def _make(self, path: str, body: Any) -> Any:
        return self.cluster.ask(path, "POST", body)
