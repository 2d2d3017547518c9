"""The contract end to end on real parts: Secrets Manager, External Secrets Operator, API server.

Each precondition is broken alone, and preflight finds exactly that one; all are broken at once, and it finds all.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import Stack, stack
from tests.support.accounts import Account, rule
from tests.support.command import Ended
from tests.support.control_plane import Cluster
from tests.support.moto import ANYBODY, REGION
from tests.support.secrets_operator import GROUP, SecretsOperator

CANARY = "canary-of-the-vault-9d1c"
VALUES = {"REGION": REGION, "ROLE_ARN": CANARY}
FILE, CHART = ".stage6.yaml", "charts/app/values.yaml"
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: public
  rules:
    - host: {{ .Release.Namespace }}.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
CONTRACT = """\
    create_namespace: false
    contract:
      secrets: {aws-client: [REGION, ROLE_ARN], by-hand: [URL]}
      external_secrets: [aws-client]
      stores: [SecretStore/aws]
      aws_secrets: {ENTRY: [REGION, ROLE_ARN]}
      aws_region: THE_REGION
    own_checks: {window: [./window.sh]}
"""


@dataclass(frozen=True)
class Contract:
    """A stack whose contract is met.

    Args:
        entry: the name of its values in AWS.
    """

    live: Stack
    operator: SecretsOperator
    entry: str

    @property
    def env(self) -> dict[str, str]:
        """What a run needs to ask AWS."""
        keys = {"AWS_ACCESS_KEY_ID": ANYBODY.access_key, "AWS_SECRET_ACCESS_KEY": ANYBODY.secret_key}
        return {**self.operator.moto.env, **keys}

    def preflight(self, *words: str, **env: str) -> Ended:
        return self.live.command("preflight", "--output=json", *words, **{**self.env, **env})

    def put(self, values: Any) -> None:
        self.operator.moto.put(self.entry, values)

    def ask(self, path: str, method: str = "GET", body: Any = None, kind: str = "application/json") -> Any:
        return self.live.ask(path, method, body, kind)

    def patch(self, path: str, body: Any) -> None:
        self.ask(path, "PATCH", body, "application/merge-patch+json")


def unmet(ended: Ended) -> dict[str, list[str]]:
    """Codes of what does not hold or cannot be told, by the id of the check."""
    found: dict[str, list[str]] = {}
    for row in ended.json["preconditions"]:
        if row["error"] and row["state"] != "warning":
            found.setdefault(row["id"], []).append(row["error"]["code"])
    return found


@pytest.fixture
def met(cluster: Cluster, namespace: str, helm4: Path, secrets_operator: SecretsOperator, tmp_path: Path) -> Contract:
    entry = f"{namespace}/aws/client"
    config = CONTRACT.replace("ENTRY", entry).replace("THE_REGION", REGION)
    script = {"window.sh": "#!/bin/sh\ntest ! -e closed || { echo the window is closed; exit 1; }\n"}
    files = {"charts/app/templates/ingress.yaml": INGRESS, CHART: _values("aws-client"), **script}
    live = stack(tmp_path, cluster, namespace, helm4, config, **files)
    (live.sample.repo.path / "window.sh").chmod(0o755)
    live.sample.repo.git("update-index", "--chmod=+x", "window.sh")
    live.sample.commit("chore: a script", {})
    contract = Contract(live, secrets_operator, entry)
    contract.put(VALUES)
    secrets_operator.store(namespace)
    spec = {"secretStoreRef": {"kind": "SecretStore", "name": "aws"}, "dataFrom": [{"extract": {"key": entry}}]}
    secrets_operator.create(namespace, "ExternalSecret", "aws-client", {"spec": spec})
    secrets_operator.until(namespace, "aws-client", "SecretSynced")
    contract.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "by-hand"}, "stringData": {"URL": "x"}})
    _class(cluster)
    return contract


def _values(secret: str) -> str:
    return f"size: 1\nreplicas: 1\nimage: registry.invalid/web\nenvFrom: [{{secretRef: {{name: {secret}}}}}]\n"


def _class(cluster: Cluster) -> None:
    path = "/apis/networking.k8s.io/v1/ingressclasses"
    body = {"metadata": {"name": "public"}, "spec": {"controller": "example.com/none"}}
    if "public" not in {each["metadata"]["name"] for each in cluster.ask(path)["items"]}:
        cluster.ask(path, "POST", body)


# --- everything is met --------------------------------------------------------------------------------------------


def test_everything_is_met_and_a_run_deploys(met: Contract) -> None:
    ended = met.preflight()
    assert (unmet(ended), ended.status, ended.json["ready"]) == ({}, 0, True), ended.stderr
    done = met.live.run(**met.env)
    assert done.status == 0, done.stderr
    pods = met.ask("/api/v1/namespaces/{}/pods")["items"]
    assert [each["spec"]["containers"][0]["envFrom"] for each in pods] == [[{"secretRef": {"name": "aws-client"}}]]
    assert CANARY not in ended.stdout + ended.stderr + done.stdout + done.stderr


def test_a_key_that_is_removed_is_named_and_nothing_is_changed_anywhere(met: Contract) -> None:
    met.put({"REGION": REGION, "ROLE_ARM": CANARY})
    before = met.live.sample.tracks(), _objects(met)
    ended = met.live.run(**met.env)
    assert (ended.status, ended.json["error"]["code"]) == (3, "VAULT_KEY_MISSING")
    assert "ROLE_ARN" in ended.json["error"]["message"]
    assert CANARY not in ended.stdout + ended.stderr
    assert (met.live.sample.published, met.live.sample.remote_tags) == ([], {})
    assert (_changed(before[0], met.live.sample.tracks()), _objects(met)) == (set(), before[1])


def _changed(before: Any, after: Any) -> set[str]:
    """Files that were written; git may refresh its index, and keep what it fetched."""
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {name for name in names if "/.git/" not in f"/{name}"}


def _objects(met: Contract) -> list[tuple[str, str]]:
    """Every object of the namespace that a deploy could make, with its version."""
    paths = (
        *("/api/v1/namespaces/{}/secrets", "/apis/apps/v1/namespaces/{}/deployments"),
        *("/apis/coordination.k8s.io/v1/namespaces/{}/leases", "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"),
    )
    found = [each["metadata"] for path in paths for each in met.ask(path)["items"]]
    return sorted((each["name"], each["resourceVersion"]) for each in found)


# --- each alone, and all at once ----------------------------------------------------------------------------------


def no_entry(met: Contract) -> None:
    met.operator.moto.delete(met.entry)


def no_key(met: Contract) -> None:
    met.put({"REGION": REGION})


def empty_key(met: Contract) -> None:
    met.put({**VALUES, "ROLE_ARN": " "})


def no_json(met: Contract) -> None:
    met.put(CANARY)


def no_store(met: Contract) -> None:
    met.ask(f"{GROUP}/namespaces/{{}}/secretstores/aws", "DELETE")


def no_external_secret(met: Contract) -> None:
    met.ask(f"{GROUP}/namespaces/{{}}/externalsecrets/aws-client", "DELETE")
    met.live.cluster.until(f"/api/v1/namespaces/{met.live.namespace}/secrets", lambda: _gone(met))


def _gone(met: Contract) -> None:
    names = [each["metadata"]["name"] for each in met.ask("/api/v1/namespaces/{}/secrets")["items"]]
    assert "aws-client" not in names


def wrong_property(met: Contract) -> None:
    data = [{"secretKey": "X", "remoteRef": {"key": met.entry, "property": "NO_SUCH"}}]
    met.patch(f"{GROUP}/namespaces/{{}}/externalsecrets/aws-client", {"spec": {"data": data}})
    met.operator.until(met.live.namespace, "aws-client", "SecretSyncedError")


def no_secret(met: Contract) -> None:
    met.ask("/api/v1/namespaces/{}/secrets/by-hand", "DELETE")


def no_key_of_a_secret(met: Contract) -> None:
    met.patch("/api/v1/namespaces/{}/secrets/by-hand", {"data": {"URL": None}})


def another_need(met: Contract) -> None:
    met.live.sample.commit("feat: another secret", {CHART: _values("nobody-makes-it")})


def anothers_object(met: Contract) -> None:
    body = {
        "metadata": {"name": "web"},
        "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
    }
    met.ask("/apis/networking.k8s.io/v1/namespaces/{}/ingresses", "POST", body)


def host_taken(met: Contract) -> None:
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    paths = {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}
    rules = [{"host": f"{met.live.namespace}.example.com", "http": paths}]
    body = {"metadata": {"name": "other"}, "spec": {"ingressClassName": "public", "rules": rules}}
    met.ask("/apis/networking.k8s.io/v1/namespaces/{}/ingresses", "POST", body)


def no_quota(met: Contract) -> None:
    body = {"metadata": {"name": "none"}, "spec": {"hard": {"count/deployments.apps": "0"}}}
    met.ask("/api/v1/namespaces/{}/resourcequotas", "POST", body)
    met.live.cluster.until(f"/api/v1/namespaces/{met.live.namespace}/resourcequotas/none", lambda: _counted(met))


def _counted(met: Contract) -> None:
    assert met.ask("/api/v1/namespaces/{}/resourcequotas/none")["status"].get("hard")


def another_cluster(met: Contract) -> None:
    key = "    cluster: 00000000-0000-4000-8000-000000000000"
    met.live.sample.edit("chore: pinned", FILE, "    create_namespace:", f"{key}\n    create_namespace:")


def closed_window(met: Contract) -> None:
    met.live.sample.repo.write("closed", "")


ALONE: list[tuple[Callable[[Contract], None], str, str, str]] = [
    (no_entry, "vault-values", "VAULT_ENTRY_MISSING", "secretsmanager"),
    (no_key, "vault-values", "VAULT_KEY_MISSING", "put-secret-value"),
    (empty_key, "vault-values", "VAULT_KEY_EMPTY", "put-secret-value"),
    (no_json, "vault-values", "VAULT_NOT_JSON", "put-secret-value"),
    (no_store, "external-secrets", "STORE_MISSING", "aws"),
    (no_external_secret, "external-secrets", "EXTERNAL_SECRET_MISSING", "aws-client"),
    (wrong_property, "external-secrets", "EXTERNAL_SECRET_NOT_SYNCED", "NO_SUCH"),
    (no_secret, "contract-secrets", "CONTRACT_SECRET_MISSING", "kubectl create secret generic by-hand"),
    (no_key_of_a_secret, "contract-secrets", "CONTRACT_SECRET_KEY_MISSING", "URL"),
    (another_need, "chart-needs", "NEEDED_SECRET_MISSING", "kubectl create secret generic nobody-makes-it"),
    (anothers_object, "ownership", "OBJECT_OF_ANOTHER", "kubectl annotate"),
    (host_taken, "ingress-hosts", "INGRESS_HOST_TAKEN", "other"),
    (no_quota, "policy", "QUOTA_EXCEEDED", "quota"),
    (another_cluster, "cluster", "CLUSTER_DIFFERS", "cluster"),
    (closed_window, "own-checks", "OWN_CHECK", "the window is closed"),
]


@pytest.mark.parametrize(("broken", "check", "code", "remedy"), ALONE, ids=[each[0].__name__ for each in ALONE])
def test_each_one_that_is_broken_is_found_alone(
    met: Contract, broken: Callable[[Contract], None], check: str, code: str, remedy: str
) -> None:
    broken(met)
    ended = met.preflight()
    assert unmet(ended) == {check: [code]}
    (row,) = (each for each in ended.json["preconditions"] if each["id"] == check and each["error"])
    assert remedy in json.dumps(row["error"])
    assert row["error"]["hint"]
    assert CANARY not in ended.stdout + ended.stderr


def test_all_that_is_broken_is_found_in_one_run(met: Contract) -> None:
    all_at_once = (
        no_key,
        no_store,
        no_secret,
        another_need,
        anothers_object,
        host_taken,
        another_cluster,
        closed_window,
    )
    for broken in all_at_once:
        broken(met)
    expected = {each[1]: [each[2]] for each in ALONE if each[0] in all_at_once}
    assert unmet(met.preflight()) == expected


def test_rights_that_lack_are_found_alone(met: Contract, tmp_path: Path) -> None:
    """An account that may read everything and change nothing."""
    account = Account(met.live.cluster, met.live.namespace).may_on_cluster(rule("*", "*", "get", "list"))
    reader = replace(
        met, live=replace(met.live, cluster=replace(met.live.cluster, kubeconfig=account.kubeconfig(tmp_path)))
    )
    found = unmet(reader.preflight("--skip=policy"))
    assert set(found) == {"rights"}
    assert set(found["rights"]) == {"RIGHT_MISSING"}


def test_a_value_that_may_not_be_read_cannot_be_told_and_describe_needs_no_such_right(met: Contract) -> None:
    moto = met.operator.moto
    user = moto.user(f"describer-{met.live.namespace}", "secretsmanager:DescribeSecret")
    env = {"AWS_ACCESS_KEY_ID": user.access_key, "AWS_SECRET_ACCESS_KEY": user.secret_key}
    with moto.rights_enforced():
        assert unmet(met.preflight("--only=vault-values", **env)) == {"vault-values": ["VAULT_DENIED"]}
        met.live.sample.edit(
            "chore: describe", FILE, "      aws_region:", "      aws_values: describe\n      aws_region:"
        )
        assert unmet(met.preflight("--only=vault-values", **env)) == {}


def test_plan_status_and_run_show_what_preflight_shows_in_the_same_words(met: Contract) -> None:
    no_key(met)
    no_secret(met)
    met.live.sample.edit("fix: another size", CHART, "size: 1", "size: 2")
    shown = {}
    for words in (("preflight",), ("plan",), ("status",), ("simulate", "--online", "--base=HEAD~1"), ("stage6",)):
        ended = met.live.command(*words, "--output=json", **met.env)
        rows = ended.json.get("next", ended.json)["preconditions"]
        found = [(row["id"], row["error"]) for row in rows if row["error"] and row["state"] != "warning"]
        shown[words[0]] = sorted(json.dumps(each) for each in found)
    assert all(each == shown["preflight"] for each in shown.values()), shown
