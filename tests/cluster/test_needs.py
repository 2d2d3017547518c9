"""What a release needs, asked of a real API server: in a flat number of calls, with few rights, and in helm's order."""

import base64
import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.hosts import routed_kinds, taken_hosts
from jetscale_cicd.decide.needs.inventory import Inventory, Sight
from jetscale_cicd.decide.needs.judge import to_see, unmet_needs
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.ownership import foreign_objects, to_compare
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.decide.needs.verdicts import Circumstances
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.inventory import see_inventory
from jetscale_cicd.tools.kubernetes import Kubernetes, open_kubernetes
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.cluster.stack import bare_chart
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

CANARY = "kanarienvogel-9c1e"
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      priorityClassName: PRIORITY
      containers:
        - name: main
          image: registry.invalid/web
          envFrom: [{secretRef: {name: login}}, {configMapRef: {name: settings}}]
          env: [{name: URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: CLASS
  rules:
    - host: HOST
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: STORAGE, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: nightly}
"""


@dataclass
class Asked:
    """A cluster that is asked as one user, and every path that was asked."""

    api: Kubernetes
    target: Target
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        answer = self.api._answer

        def counted(method: str, url: str, *rest: Any, **more: Any) -> bytes:
            self.paths.append(url)
            return answer(method, url, *rest, **more)

        self.api._answer = counted  # type: ignore[method-assign]

    def inventory(self, manifests: tuple[Manifest, ...], *, install: bool = True) -> Inventory:
        namespace = self.target.namespace
        needs, made = needs_of(manifests, namespace), made_by(manifests, namespace)
        wanted = to_see(needs, made, Deploy(install)) | to_compare(manifests, (), install=install, namespace=namespace)
        return see_inventory(self.api, self.target, wanted, routed=routed_kinds(manifests, namespace))

    def unmet(self, manifests: tuple[Manifest, ...], *, install: bool = True) -> tuple[Stage6Error, ...]:
        namespace = self.target.namespace
        needs, made = needs_of(manifests, namespace), made_by(manifests, namespace)
        unmet = unmet_needs(
            needs,
            Circumstances(
                release=made, inventory=self.inventory(manifests, install=install), deploy=Deploy(install=install)
            ),
        )
        return (*unmet.errors, *unmet.warnings)


@contextlib.contextmanager
def asked_as(cluster: Cluster, namespace: str, kubeconfig: Path, scratch: Path) -> Iterator[Asked]:
    processes = Processes(Redactor.of(()), lambda _: None)
    env = {**command_environment(), "KUBECONFIG": str(kubeconfig)}
    with open_kubernetes(processes, env, "", scratch) as api:
        yield Asked(api, Target(name="live", namespace=namespace, release="app"))


@pytest.fixture
def asked(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Asked]:
    with asked_as(cluster, namespace, cluster.kubeconfig, tmp_path) as made:
        yield made


@pytest.fixture
def words(namespace: str) -> dict[str, str]:
    """Names of what lies in no namespace, of this test alone."""
    return {word: f"{namespace}-{word.lower()}" for word in ("PRIORITY", "CLASS", "STORAGE")} | {
        "HOST": f"{namespace}.test"
    }


def rendered(words: dict[str, str], text: str = POD) -> tuple[Manifest, ...]:
    for word, name in words.items():
        text = text.replace(word, name)
    return parse_manifests(text.encode(), "test")


def create(cluster: Cluster, path: str, name: str, **body: Any) -> None:
    metadata = {"name": name, **body.pop("metadata", {})}
    cluster.ask(path, "POST", {"metadata": metadata, **body})


def fill(cluster: Cluster, namespace: str, words: dict[str, str]) -> None:
    """All that the release needs, and a few dozen of each kind beside."""
    core = f"/api/v1/namespaces/{namespace}"
    encoded = base64.b64encode(CANARY.encode()).decode()
    for name in ("login", "db", *(f"other-{number}" for number in range(30))):
        create(cluster, f"{core}/secrets", name, data={"url": encoded})
    create(
        cluster, f"{core}/secrets", "sh.helm.release.v1.app.v1", type="helm.sh/release.v1", data={"release": encoded}
    )
    for name in ("settings", *(f"other-{number}" for number in range(30))):
        create(cluster, f"{core}/configmaps", name, data={"a": "b"})
    create(cluster, f"{core}/serviceaccounts", "web")
    create(cluster, "/apis/scheduling.k8s.io/v1/priorityclasses", words["PRIORITY"], value=1)
    create(cluster, "/apis/networking.k8s.io/v1/ingressclasses", words["CLASS"], spec={"controller": "a.test/b"})
    create(cluster, "/apis/storage.k8s.io/v1/storageclasses", words["STORAGE"], provisioner="a.test/b")


def test_everything_that_is_missing_is_one_finding_and_nothing_is_once_it_is_there(
    cluster: Cluster, namespace: str, asked: Asked, words: dict[str, str]
) -> None:
    manifests = rendered(words)
    assert sorted(each.code for each in asked.unmet(manifests)) == [
        *("INGRESS_CLASS_MISSING", "KIND_NOT_SERVED", "NEEDED_CONFIGMAP_MISSING", "NEEDED_SECRET_MISSING"),
        *("NEEDED_SECRET_MISSING", "PRIORITY_CLASS_MISSING", "SERVICE_ACCOUNT_MISSING", "STORAGE_CLASS_MISSING"),
    ]
    before = len(asked.paths)
    fill(cluster, namespace, words)
    asked.paths.clear()
    inventory = asked.inventory(manifests)
    assert len(asked.paths) == before
    assert CANARY not in repr(inventory)
    assert base64.b64encode(CANARY.encode()).decode() not in repr(inventory)
    assert inventory.things[Thing("", "Secret", namespace, "db")].keys == {"url": False}
    assert Thing("", "Secret", namespace, "sh.helm.release.v1.app.v1") not in inventory.things
    (removed,) = asked.unmet(manifests)
    assert removed.code == "KIND_NOT_SERVED"
    assert "batch/v1, and not" in removed.message


def test_calls_are_as_many_for_sixty_objects_as_for_six(asked: Asked, words: dict[str, str]) -> None:
    few = [each for number in range(2) for each in rendered(words, POD.replace("name: ", f"name: n{number}-"))]
    many = [each for number in range(20) for each in rendered(words, POD.replace("name: ", f"name: n{number}-"))]
    counts = []
    for manifests in (few, many):
        asked.paths.clear()
        asked.inventory(tuple(manifests))
        counts.append(len(asked.paths))
    assert counts[0] == counts[1] <= 16


def restricted(cluster: Cluster, namespace: str, directory: Path, rules: list[dict[str, Any]]) -> Path:
    """The kubeconfig of an account that may do only this."""
    name = f"few-{secrets.token_hex(3)}"
    create(cluster, f"/api/v1/namespaces/{namespace}/serviceaccounts", name)
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    create(cluster, f"{rbac}/roles", name, rules=rules)
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    reference = {"kind": "Role", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    create(cluster, f"{rbac}/rolebindings", name, subjects=[subject], roleRef=reference)
    made = cluster.ask(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", "POST", {"spec": {}})
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": made["status"]["token"]}
    file = directory / "few.kubeconfig"
    file.touch(mode=0o600)
    file.write_text(json.dumps(document))
    return file


def test_a_role_that_names_what_it_lets_be_read_is_enough_and_the_rest_is_unseen(
    cluster: Cluster, namespace: str, tmp_path: Path, words: dict[str, str]
) -> None:
    create(cluster, f"/api/v1/namespaces/{namespace}/secrets", "login", data={"url": ""})
    rules = [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["login", "db"], "verbs": ["get"]}]
    with asked_as(cluster, namespace, restricted(cluster, namespace, tmp_path, rules), tmp_path) as few:
        manifests = rendered(words)
        inventory = few.inventory(manifests)
        sights = [inventory.sight(Thing("", "Secret", namespace, name)) for name in ("login", "db", "other")]
        assert sights == [Sight.PRESENT, Sight.ABSENT, Sight.UNSEEN]
        found = {each.code for each in few.unmet(manifests)}
    assert found == {"NEEDED_SECRET_MISSING", "NEED_UNSEEN", "KIND_NOT_SERVED"}


CLAIMED = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: CLUSTER-ROLE}
"""


def test_helm_refuses_exactly_what_is_said_to_be_of_another(
    helm: Path, cluster: Cluster, namespace: str, asked: Asked, tmp_path: Path
) -> None:
    text = CLAIMED.replace("NAME", "settings").replace("CLUSTER-ROLE", f"{namespace}-role")
    chart = bare_chart(tmp_path / "chart", text)
    manifests = rendered({}, text)
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    create(cluster, path, f"{namespace}-role", rules=[])

    def foreign() -> list[Stage6Error]:
        inventory = asked.inventory(manifests)
        return list(foreign_objects(manifests, (), inventory, install=True, release="app", namespace=namespace))

    def install() -> subprocess.CompletedProcess[str]:
        argv = [str(helm), "install", "app", str(chart), "--namespace", namespace]
        env = {**command_environment(), "KUBECONFIG": str(cluster.kubeconfig)}
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)

    (refused,) = foreign()
    assert refused.code == "OBJECT_OF_ANOTHER"
    ended = install()
    assert ended.returncode != 0
    assert "invalid ownership metadata" in ended.stderr
    for command in refused.hint.split("release: ")[1].split("; ")[0].split(" && "):  # what adopts it, as it is told
        env = {**command_environment(), "KUBECONFIG": str(cluster.kubeconfig)}
        subprocess.run(command.split(), env=env, check=True, capture_output=True, timeout=60)
    assert foreign() == []
    assert install().returncode == 0


def test_an_ingress_of_another_namespace_with_the_same_host_is_named(
    cluster: Cluster, namespace: str, asked: Asked, words: dict[str, str]
) -> None:
    manifests = rendered(words)
    other = cluster.namespace(f"{namespace}-b")
    site = {**next(each.document for each in manifests if each.kind == "Ingress")}
    path = f"/apis/networking.k8s.io/v1/namespaces/{other}/ingresses"
    create(cluster, path, "site", spec=site["spec"])
    (taken,) = taken_hosts(manifests, asked.inventory(manifests), release="app", namespace=namespace)
    assert taken.code == "INGRESS_HOST_TAKEN"
    assert f"{other}/site" in taken.message
    assert words["HOST"] in taken.message


def test_a_deadlock_of_a_hook_is_one_to_helm(
    helm: Path, cluster: Cluster, namespace: str, asked: Asked, tmp_path: Path
) -> None:
    """Weights and names decide as here: the hook that is said to wait for the other one runs before it."""
    chart = bare_chart(tmp_path / "chart")
    hook = "annotations: {helm.sh/hook: pre-install, helm.sh/hook-weight: '%d'}"
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s, " + hook + "}\n"
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, " + hook + "}\nspec: {restartPolicy: Never, "
        "serviceAccountName: %s, containers: [{name: main, image: registry.invalid/x}]}\n"
    )
    cases = [
        (("b", 0), ("a", 0)),
        (("a", 0), ("b", 0)),
        (("a", 9), ("b", 10)),
        (("b", 2), ("a", 1)),
        (("a", 0), ("a", 0)),
    ]
    for number, ((account_name, account_weight), (pod_name, pod_weight)) in enumerate(cases):
        names = f"{account_name}{number}", f"{pod_name}{number}"
        text = account % (names[0], account_weight) + "---\n" + pod % (names[1], pod_weight, names[0])
        (chart / "templates/all.yaml").write_text(text)
        codes = [each.code for each in asked.unmet(rendered({}, text))]
        argv = [str(helm), "install", f"r{number}", str(chart), "--namespace", namespace, "--timeout", "3s"]
        env = {**command_environment(), "KUBECONFIG": str(cluster.kubeconfig)}
        said = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60).stderr
        # The admission of ServiceAccounts refuses the pod at once where its account is not there yet.
        assert (codes == ["HOOK_DEADLOCK"]) == ("serviceaccount" in said and "not found" in said), (names, codes, said)
