"""Every fault that a node or the API server can show: its code, its object, before the rollback; and the hold after."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from jetscale_cicd.decide.cluster.fault_codes import Whose, whose
from tests.cluster.stack import LIVE, SOFT, Stack, stack
from tests.support.control_plane import EXISTING, Cluster
from tests.support.sample import step_results

POD = r"pod web-\w+-\w+ \(Deployment web\)"

HOOK = r"pod migrate-\w+ \(hook Job migrate\)"


class Fault(NamedTuple):
    """Values that bring a fault about, and what has to be said of it."""

    values: str
    code: str
    subject: str
    says: str
    log: str = ""


FAULTS = {
    "secret": Fault("envFrom: [{secretRef: {name: db}}]", "MISSING_SECRET", POD, 'secret "db" does not exist'),
    "configmap": Fault(
        "envFrom: [{configMapRef: {name: c}}]", "MISSING_CONFIGMAP", POD, 'configmap "c" does not exist'
    ),
    "image": Fault("image: faults.invalid/no-image:1", "IMAGE_PULL", POD, "not found"),
    "crash": Fault("image: faults.invalid/crash", "CRASH_LOOP", POD, "ended with status 1", "no route to the database"),
    "memory": Fault(
        "image: faults.invalid/out-of-memory", "OUT_OF_MEMORY", POD, "OOMKilled", "no route to the database"
    ),
    "probe": Fault("image: faults.invalid/never-ready", "PROBE_FAILED", POD, "statuscode: 503", "starting"),
    "node": Fault("image: faults.invalid/too-big", "UNSCHEDULABLE", POD, "Insufficient memory"),
    "slow": Fault("image: faults.invalid/slow:60", "TIMEOUT", POD, "not ready", "starting"),
    "hook": Fault(
        "hook: faults.invalid/fails", "HOOK_FAILED", r"pod migrate-\w+ \(hook Job migrate\)", "ended with", "starting"
    ),
    "quota": Fault("replicas: 4", "QUOTA", "Deployment web", "exceeded quota"),
    "invalid": Fault("replicas: minus", "INVALID_OBJECT", "Deployment web", "replicas"),
}


STATEFUL = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: {{ .Values.db | quote }}}]}
"""


def faulty(live: Stack, values: str) -> None:
    live.sample.commit("chore(live): try", {LIVE: f"size: 4\n{values}\n"})


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_diagnosed_before_the_rollback(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, name: str
) -> None:
    fault = FAULTS[name]
    live = stack(tmp_path, cluster, namespace, helm, SOFT, timeout="4s")
    quota = {"metadata": {"name": "pods"}, "spec": {"hard": {"pods": "2"}}}
    live.ask("/api/v1/namespaces/{}/resourcequotas", "POST", quota)
    live.done()
    faulty(live, fault.values)
    ended = live.run()
    assert ended.status == 5, ended.stderr
    error = ended.json["error"]
    assert error["code"] == fault.code, ended.stderr
    assert re.match(fault.subject, error["message"]) or fault.subject in error["message"]
    assert fault.says in error["message"]
    assert step_results(ended)["deploy live"] == "failed"
    assert step_results(ended)["record live"] == "done"
    if fault.log and not EXISTING:  # whose API server does not reach the stub node for a log
        assert any(line.startswith("log: ") and fault.log in line for line in error["details"]), error["details"]
    number, status = live.history()[-1]
    assert status == "deployed"
    assert live.deployment()["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.invalid/web"
    if number > 1:
        assert "revision 1 was brought back as revision 3" in error["details"]
        assert ended.stderr.index(f"✗ {fault.code}") < ended.stderr.index("→ rollback live")
        (failed,) = [each for each in live.helm("history", "app") if each["revision"] == 2]
        assert f" failed: {fault.code} " in failed["description"]
        assert live.sample.repo.head in failed["description"]
        if whose(fault.code) is not Whose.CHART:
            assert live.command("plan", "--output=json").json["decision"] == "redeploy"
            return
        held = live.done()
        assert held["decision"] == "nothing"
        said = f"HELD: revision 3 is a rollback to 1 (revision 2 failed with {fault.code}), which took back "
        assert said in held["targets"][0]["ignored"][-1]["why"]


def test_a_stateful_set_that_is_stuck_says_what_frees_it_and_the_next_run_ends_its_rollback(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    files = {"charts/app/templates/db.yaml": STATEFUL, LIVE: "db: registry.invalid/db\n"}
    live = stack(tmp_path, cluster, namespace, helm, SOFT, timeout="8s", **files)
    live.done()
    live.sample.commit("chore(live): try", {LIVE: "db: faults.invalid/crash\n"})
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (5, "CRASH_LOOP"), ended.stderr
    assert ended.json["error"]["message"].startswith("pod db-1 (StatefulSet db): ")
    failed, free = ended.json["error"]["details"][:2]  # Kubernetes, StatefulSets, "Forced rollback"
    assert "could not be rolled back" in failed
    assert f"kubectl delete pod db-1 --namespace {namespace}" in free
    live.ask("/api/v1/namespaces/{}/pods/db-1", "DELETE")
    said = live.done()
    assert (said["decision"], said["outcome"], live.history()[-1]) == ("nothing", "done", (4, "deployed"))


def test_what_was_taken_back_for_a_missing_secret_is_deployed_once_that_is_there(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, SOFT, timeout="4s")
    live.done()
    faulty(live, "envFrom: [{secretRef: {name: db}}]")
    assert live.run().json["error"]["code"] == "MISSING_SECRET"
    assert live.history()[-1] == (3, "deployed")
    live.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "db"}})
    said = live.done()
    assert "MISSING_SECRET" in said["targets"][0]["reasons"][-1]["why"]
    assert live.deployment()["spec"]["template"]["spec"]["containers"][0]["envFrom"] == [{"secretRef": {"name": "db"}}]
