"""The whole story on real parts: publish, redeploy, nothing, rollback and hold; both helms, a real API server."""

import json
from pathlib import Path

from tests.cluster.stack import CHART, LIVE, Stack, stack
from tests.support.control_plane import Cluster
from tests.support.terminal import typed

RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://git.example",
    "GITHUB_REPOSITORY": "o/r",
    "GITHUB_RUN_ID": "7",
}


def decided(live: Stack, *words: str) -> tuple[str, str | None]:
    said = live.done(*words)
    return said["decision"], said["version"]


def sizes(live: Stack) -> str:
    """What the pods get, by the live Deployment."""
    (container,) = live.deployment()["spec"]["template"]["spec"]["containers"]
    return str(container["env"][0]["value"])


def test_the_whole_story(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm)

    # first install
    said = live.done()
    assert (said["decision"], said["version"]) == ("publish", "0.1.0")
    assert {each["name"]: each["result"] for each in said["steps"]} == dict.fromkeys(
        ("package", "publish", "tag", "lock", "recover", "deploy", "verify", "record"), "done"
    )
    uid, first = live.deployment()["metadata"]["uid"], live.stored(1)["info"]["first_deployed"]
    assert live.history() == [(1, "deployed")]

    # values change: the latest tag again, a new revision, the same version
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    assert decided(live) == ("redeploy", "0.1.0")
    assert (live.history(), sizes(live)) == ([(1, "superseded"), (2, "deployed")], "4")

    # chart change: a new version, published and live
    live.sample.edit("feat: more room", CHART, "replicas: 1", "replicas: 2")
    assert decided(live) == ("publish", "0.2.0")
    assert sorted(live.sample.remote_tags) == ["v0.1.0", "v0.2.0"]
    assert live.deployment()["status"]["readyReplicas"] == 2

    # nothing: no new revision
    live.sample.edit("docs: us", "README.md", "stack", "stacks")
    assert decided(live) == ("nothing", None)
    assert live.history()[-1] == (3, "deployed")

    # a manual rollback is held
    live.helm_plain("rollback", "app", "2")
    ended = live.run(GITHUB_ACTIONS="true")
    held = ended.json
    assert (ended.status, held["decision"], live.history()[-1]) == (0, "nothing", (4, "deployed"))
    (target,) = held["targets"]
    assert target["held"]
    assert target["ignored"][0]["why"].startswith("HELD: revision 4 is a rollback to 2, which took back 0.2.0 of ")
    assert {each["name"]: each["state"] for each in held["steps"]}["deploy"] == "held"
    assert "warning HELD: revision 4 is a rollback to 2" in ended.stderr
    assert "::warning title=Stage 6%3A HELD::" in ended.stderr
    live.sample.edit("docs: more", "README.md", "stacks", "stack")
    assert decided(live) == ("nothing", None)

    # a new version is deployed
    live.sample.edit("fix: less room", CHART, "replicas: 2", "replicas: 1")
    assert decided(live) == ("publish", "0.2.1")
    assert live.history()[-1] == (5, "deployed")
    assert decided(live) == ("nothing", None)

    # it was one release all the time
    assert live.deployment()["metadata"]["uid"] == uid
    assert live.stored(5)["info"]["first_deployed"] == first


def test_new_values_release_a_hold(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    live.sample.edit("feat: more room", CHART, "replicas: 1", "replicas: 2")
    live.done()
    live.helm_plain("rollback", "app", "1")
    assert decided(live) == ("nothing", None)
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    assert decided(live) == ("redeploy", "0.2.0")
    assert live.history()[-1] == (4, "deployed")


def test_a_hold_is_released_by_hand(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    live.sample.edit("feat: more room", CHART, "replicas: 1", "replicas: 2")
    live.done()
    live.helm_plain("rollback", "app", "1")
    assert decided(live, "--release-hold") == ("redeploy", "0.2.0")
    assert decided(live) == ("nothing", None)


def test_a_lost_run_is_made_up_for(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    live.sample.edit("feat: more room", CHART, "replicas: 1", "replicas: 2")
    live.done("--engine=render")  # published, tagged, and not brought to the cluster
    said = live.done()
    assert (said["decision"], said["version"]) == ("redeploy", "0.2.0")
    assert said["targets"][0]["reasons"][-1]["path"] is None  # no path changed: what is deployed asks for it


def test_an_older_commit_never_replaces_a_newer(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    older = live.sample.edit("chore(live): four", LIVE, "size: 3", "size: 4")
    live.sample.edit("chore(live): five", LIVE, "size: 4", "size: 5")
    live.done()
    said = live.done(f"--head={older}")
    assert said["decision"] == "nothing"
    assert "superseded" in said["targets"][0]["ignored"][-1]["why"]
    assert sizes(live) == "5"


def test_every_revision_names_commit_digests_and_run(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path / "stack", cluster, namespace, helm)
    audit = tmp_path / "audit.jsonl"
    commits = [live.sample.repo.head]
    live.done(f"--audit={audit}", **RUN)
    commits.append(live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4"))
    live.done(f"--audit={audit}", **RUN)
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    for number, commit in enumerate(commits, 1):
        record = live.helm("get", "values", "app", f"--revision={number}")["global"]["stage6"]
        (description,) = [each["description"] for each in live.helm("history", "app") if each["revision"] == number]
        entry = entries[number - 1]
        assert (record["commit"], entry["commit"], entry["revision"]) == (commit, commit, number)
        assert record["run"] == entry["run"] == "https://git.example/o/r/actions/runs/7"
        assert (entry["digest"], entry["values"]) == (record["digest"], record["values"])
        for key in ("version", "commit", "digest", "values", "run"):
            assert record[key] in description
        labels = live.ask(f"/api/v1/namespaces/{{}}/secrets/sh.helm.release.v1.app.v{number}")["metadata"]["labels"]
        assert labels["stage6.jetscale.ai/commit"] == commit


def test_the_audit_names_what_failed_and_what_was_brought_back(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path / "stack", cluster, namespace, helm, timeout="4s")
    audit = tmp_path / "audit.jsonl"
    live.done(f"--audit={audit}")
    live.sample.edit("chore(live): bad", LIVE, "size: 3", "size: 4\nimage: faults.invalid/crash")
    assert live.run(f"--audit={audit}").status == 5
    _, entry = (json.loads(line) for line in audit.read_text().splitlines())
    assert (entry["result"], entry["commit"], entry["error"]["code"]) == ("failed", live.sample.repo.head, "CRASH_LOOP")
    assert (entry["revision"], entry["rollback"]) == (2, {"revision": 3, "to": 1})
    assert entry["digest"] == json.loads(audit.read_text().splitlines()[0])["digest"]


def test_at_a_terminal_nothing_is_published_before_the_question_is_answered(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    refused = typed("n\n", "stage6", cwd=live.sample.repo.path, env=live.env, helm=helm)
    assert (refused[0], live.sample.published, live.sample.remote_tags) == (3, [], {}), refused[1]
    agreed = typed("y\n", "stage6", cwd=live.sample.repo.path, env=live.env, helm=helm)
    assert (agreed[0], live.history()) == (0, [(1, "deployed")]), agreed[1]
