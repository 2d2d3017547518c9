"""Several targets on a real API server: in their order, alone, side by side, and where nothing ever worked."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import CHART, LIVE, VALUES, WORKLOAD, Stack, stack
from tests.support.command import Ended, command_environment
from tests.support.control_plane import Cluster
from tests.support.sample import small

BROKEN, SLOW = "faults.invalid/no-image:1", "faults.invalid/slow:60"
IMAGE = "image: registry.invalid/web"


def fleet(directory: Path, cluster: Cluster, helm: Path, timeout: str = "6s", **needs: list[str]) -> dict[str, Stack]:
    """A stack with a namespace for each target, and for each of them values of its own beside the shared ones."""
    names = {name: cluster.namespace(f"test-{secrets.token_hex(4)}") for name in needs}
    lines = [
        f"  {name}: {{namespace: {place}, release: app, timeout: {timeout}, needs: {json.dumps(needs[name])}, "
        f"values: [{LIVE}, envs/{name}/values.yaml]}}"
        for name, place in names.items()
    ]
    files: dict[str, str | bytes | None] = {
        ".stage6.yaml": "\n".join(["chart: {registry: ../registry}", "targets:", *lines, ""]),
        CHART: VALUES,
        LIVE: "size: 3\n",
        "charts/app/templates/workload.yaml": WORKLOAD,
        **{f"envs/{name}/values.yaml": f"{IMAGE}\n" for name in needs},
    }
    sample = small(directory, files, helm)
    return {name: Stack(sample, cluster, place) for name, place in names.items()}


def edit_all(fleet: dict[str, Stack], path: str, old: str, new: str) -> None:
    next(iter(fleet.values())).sample.edit("fix: change", path, old, new)


def run(fleet: dict[str, Stack], *words: str, command: str = "stage6") -> Ended:
    return next(iter(fleet.values())).command(command, "--output=json", *words)


def states(ended: Ended) -> dict[str, str]:
    """What became of the deploy to each target, or why it was none."""
    found = {}
    for step in ended.json["steps"]:
        if step["name"] == "deploy":
            done = step["state"] in ("needed", "refused")
            found[step["target"]] = step["result"] if done else step["state"]
    return found


def histories(fleet: dict[str, Stack]) -> dict[str, list[str]]:
    """Statuses of all revisions of each target."""
    return {name: [status for _, status in each.history()] for name, each in fleet.items()}


def test_what_stopped_a_needed_target_stops_those_that_need_it_again(
    cluster: Cluster, helm: Path, tmp_path: Path
) -> None:
    all_of_it = fleet(tmp_path, cluster, helm, prod=["staging"], staging=[])
    assert states(run(all_of_it)) == {"staging": "done", "prod": "done"}
    edit_all(all_of_it, LIVE, "size: 3", f"size: 4\nimage: {BROKEN}")
    for name in all_of_it:
        edit_all(all_of_it, f"envs/{name}/values.yaml", f"{IMAGE}\n", "{}\n")
    failed = run(all_of_it)
    assert (failed.status, states(failed)) == (5, {"staging": "failed", "prod": "skipped"})

    again = run(all_of_it)  # the same commit: staging is rolled back and held
    assert states(again) == {"staging": "held", "prod": "waiting"}
    assert [each["waiting"] and each["waiting"]["for"] for each in again.json["targets"]] == [None, "staging"]
    assert "warning WAITING" in again.stderr
    assert states(run(all_of_it, "--target=prod")) == {"prod": "waiting"}
    assert histories(all_of_it)["prod"] == ["deployed"]

    edit_all(all_of_it, LIVE, BROKEN, "registry.invalid/web")  # mended: both get it, in their order
    mended = run(all_of_it)
    assert (mended.status, states(mended)) == (0, {"staging": "done", "prod": "done"})


def test_the_halves_deploy_in_their_order_and_a_target_alone_only_after_those_that_it_needs(
    cluster: Cluster, helm: Path, tmp_path: Path
) -> None:
    all_of_it = fleet(tmp_path, cluster, helm, prod=["staging"], staging=[])
    released = run(all_of_it, command="release")
    assert released.status == 0, released.stderr
    rows = released.json["matrix"]["include"]
    assert [(row["target"], row["needs"], row["version"]) for row in rows] == [
        ("staging", [], "0.1.0"),
        ("prod", ["staging"], "0.1.0"),
    ]
    early = run(all_of_it, "--target=prod", command="deploy")
    assert (early.status, early.json["error"]["code"]) == (3, "NEEDED_FIRST")
    for row in rows:
        ended = run(all_of_it, f"--target={row['target']}", f"--head={row['commit']}", command="deploy")
        assert ended.status == 0, ended.stderr
        assert states(ended) == {row["target"]: "done"}
    done = run(all_of_it, command="deploy")
    assert (done.status, done.json["matrix"]["include"]) == (0, [])


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_independent_targets_are_deployed_although_one_fails_and_the_run_is_red(
    cluster: Cluster, helm: Path, tmp_path: Path, jobs: str
) -> None:
    all_of_it = fleet(tmp_path, cluster, helm, one=[], two=[], three=["one"])
    edit_all(all_of_it, "envs/one/values.yaml", IMAGE, f"image: {BROKEN}")
    audit = tmp_path / "audit"
    ended = run(all_of_it, f"--jobs={jobs}", f"--audit={audit}")
    assert (ended.status, states(ended)) == (5, {"one": "failed", "two": "done", "three": "skipped"})
    assert [error["code"] for error in ended.json["errors"]] == ["IMAGE_PULL"]
    assert all_of_it["two"].deployment()["status"]["readyReplicas"] == 1
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    assert sorted((each["target"], each["result"]) for each in entries) == [("one", "failed"), ("two", "deployed")]


@pytest.mark.parametrize("fault", ["namespace", "cluster"])
def test_a_target_that_is_not_ready_or_not_reached_keeps_no_other_back_and_the_run_is_red(
    cluster: Cluster, helm: Path, tmp_path: Path, fault: str
) -> None:
    all_of_it = fleet(tmp_path, cluster, helm, one=[], two=[], three=["one"])
    here = all_of_it["one"]
    wrong = {"namespace": ("namespace: " + here.namespace, "namespace: is-missing")}
    wrong["cluster"] = (f"namespace: {here.namespace}", f"context: elsewhere, namespace: {here.namespace}")
    edit_all(all_of_it, ".stage6.yaml", *wrong[fault])
    ended = run(all_of_it)
    assert states(ended) == {"one": "failed", "two": "done", "three": "skipped"}, ended.stderr
    assert ended.status == {"namespace": 3, "cluster": 8}[fault]
    assert ended.json["errors"][0]["code"] == {"namespace": "NAMESPACE_MISSING", "cluster": "CONTEXT_MISSING"}[fault]
    again = run(all_of_it)  # nothing is left but what is not ready
    assert (again.status, all_of_it["two"].history()) == (ended.status, [(1, "deployed")])


def test_side_by_side_takes_as_long_as_the_slowest_and_names_each_line(
    cluster: Cluster, helm: Path, tmp_path: Path
) -> None:
    all_of_it = fleet(tmp_path, cluster, helm, "30s", one=[], two=[])
    for name in all_of_it:
        edit_all(all_of_it, f"envs/{name}/values.yaml", IMAGE, "image: faults.invalid/slow:8")
    ended = run(all_of_it, "--jobs=2")
    assert (ended.status, states(ended)) == (0, {"one": "done", "two": "done"}), ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "helm upgrade" in line or "→ verify" in line]
    begun = [line.partition("]")[0] for line in lines]
    assert sorted(begun[:2]) == ["[one", "[two"]  # the second upgrade began before the first one was verified


def test_an_interruption_reaches_every_helm_and_leaves_no_lock(cluster: Cluster, helm: Path, tmp_path: Path) -> None:
    all_of_it = fleet(tmp_path, cluster, helm, "60s", one=[], two=[], three=["one"])
    for name in all_of_it:
        edit_all(all_of_it, f"envs/{name}/values.yaml", IMAGE, f"image: {SLOW}")
    first = all_of_it["one"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "stage6", "--output=json", "--jobs=2"],
        cwd=first.sample.repo.path,
        env={**command_environment(first.sample.helm), **first.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for name in ("one", "two"):
        path = f"/api/v1/namespaces/{all_of_it[name].namespace}/secrets/sh.helm.release.v1.app.v1"
        cluster.until(path)
    time.sleep(1)
    os.kill(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    ended = Ended(process.returncode, out, err)
    assert states(ended) == {"one": "failed", "two": "failed", "three": "skipped"}
    assert {error["code"] for error in ended.json["errors"]} == {"INTERRUPTED"}
    for name in ("one", "two"):
        lease: Any = all_of_it[name].ask("/apis/coordination.k8s.io/v1/namespaces/{}/leases/stage6-app")
        assert not lease["spec"].get("holderIdentity")
        assert [status for _, status in all_of_it[name].history()] == ["failed"]


def test_where_nothing_has_ever_worked_that_is_told_first_and_the_wait_is_bounded(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, timeout="4s")
    live.sample.edit("fix: no image", LIVE, "size: 3", f"size: 3\nimage: {BROKEN}")
    assert live.run().status == 5
    live.sample.edit("chore: timeout", ".stage6.yaml", '"4s"', '"20m"')
    planned = live.command("plan", "--output=json").json
    assert [note for note in planned["notes"] if note.startswith("live: no deploy has ever worked here")]
    assert [each["timeout"] for each in planned["targets"]] == [300]
    asked = live.command("plan", "--output=json", "--redeploy").json
    assert [each["timeout"] for each in asked["targets"]] == [1200]
    live.sample.edit("fix: the image", LIVE, BROKEN, "registry.invalid/web")
    assert live.done()["outcome"] == "done"
    after = live.command("plan", "--output=json").json
    assert not [note for note in after["notes"] if "ever worked" in note]
