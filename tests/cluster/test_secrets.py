"""Secrets reach the pods and nothing else; and a package is deployed by its digest."""

import base64
import re
from pathlib import Path

import pytest

from tests.cluster.stack import LIVE, SOFT, Stack, stack, store
from tests.support.canary import CANARIES, leaks
from tests.support.control_plane import Cluster
from tests.support.oci import serve

CANARY = "canary-7f3a/9c+1e="
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: {{ .Values.api.token | quote }}}\n"
KEYS = "    secrets: {api.token: API_TOKEN}\n"


def forms() -> list[str]:
    """How a canary may look that got out."""
    return [CANARY, base64.b64encode(CANARY.encode()).decode().rstrip("=")]


def with_secret(cluster: Cluster, namespace: str, helm: Path, directory: Path, timeout: str = "30s") -> Stack:
    files = {"charts/app/templates/secret.yaml": SECRET, "charts/app/values.yaml": f"{VALUES}api: {{token: ''}}\n"}
    return stack(directory / "stack", cluster, namespace, helm, more=KEYS, timeout=timeout, **files)


VALUES = "size: 1\nreplicas: 1\nimage: registry.invalid/web\nenvFrom: []\n"


def check_nothing_shown(live: Stack, audit: Path, *said: str) -> None:
    """Neither helm, nor the audit, nor what was said, nor a file that is left."""
    helm = [live.helm_plain("history", "app", "--output=json")]
    for number, _ in live.history():
        helm += [live.helm_plain("get", what, "app", f"--revision={number}") for what in ("values", "notes")]
        helm.append(live.helm_plain("get", "values", "app", "--all", f"--revision={number}"))
        assert "(from the environment of the deploy)" in helm[-1]
    for text in (*helm, audit.read_text(), *said):
        for form in forms():
            assert form not in text


@pytest.mark.parametrize("image", ["registry.invalid/web", "faults.invalid/crash"])
def test_a_secret_is_shown_nowhere(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, image: str) -> None:
    live = with_secret(cluster, namespace, helm, tmp_path, timeout="4s")
    audit, tmp = tmp_path / "audit.jsonl", tmp_path / "tmp"
    tmp.mkdir()
    env = {"API_TOKEN": CANARY, "TMPDIR": str(tmp)}
    ended = [live.run(f"--audit={audit}", **env)]
    assert ended[0].status == 0, ended[0].stderr
    held = live.ask("/api/v1/namespaces/{}/secrets/token")["data"]["token"]
    assert base64.b64decode(held).decode() == CANARY
    live.sample.commit("chore(live): more", {LIVE: f"size: 4\nimage: {image}\n"})
    ended.append(live.run(f"--audit={audit}", **env))
    assert ended[1].status == (0 if "registry" in image else 5)
    check_nothing_shown(live, audit, *(text for each in ended for text in (each.stdout, each.stderr)))
    assert list(tmp.iterdir()) == []


# In a field that it is valid in, and in one whose value the API server repeats as it refuses it.
REFUSED = SECRET.replace("{name: token}", "{name: token, labels: {a: {{ .Values.api.token | quote }}}}")


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("outcome", [0, 5, 3], ids=["valid", "refused", "tried"])
def test_a_canary_is_shown_nowhere(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, name: str, outcome: int
) -> None:
    live = with_secret(cluster, namespace, helm4, tmp_path, timeout="4s")
    if outcome:
        live.sample.commit("fix: a label", {"charts/app/templates/secret.yaml": REFUSED})
    if outcome == 5:  # what a precondition finds is to be found by helm
        live.sample.edit("chore: soft", ".stage6.yaml", "    release:", f"{SOFT}\n    release:")
    canary, audit, summary, memory = CANARIES[name], tmp_path / "audit", tmp_path / "summary", tmp_path / "memory"
    memory.mkdir()
    env = {"API_TOKEN": canary, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "TMPDIR": str(memory)}
    for number, words in enumerate((("--output=json",), ("--output=text", "--verbose", "--debug"))):
        live.sample.commit(f"chore(live): size {number}", {LIVE: f"size: {number + 4}\n"})
        ended = [live.command("stage6", f"--audit={audit}", *words, **env)]
        assert ended[0].status == outcome, ended[0].stderr
        ended += [live.command(*more, **env) for more in (("status", words[0]), ("rollback", words[0], "--debug"))]
        said = [text for each in ended for text in (each.stdout, each.stderr)]
        written = [file.read_text() for file in (audit, summary) if file.exists()]
        assert not leaks(canary, [*said, *written])
    if outcome == 3:  # nothing was deployed
        return
    history = [live.helm_plain("history", "app", "--output=json")] if live.history() else []
    history += [live.helm_plain("get", "values", "app", f"--revision={number}") for number, _ in live.history()]
    assert not leaks(canary, history)
    assert list(memory.iterdir()) == []


def test_a_secret_that_kubernetes_repeats_is_masked_in_what_is_kept_of_it(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path / "stack", cluster, namespace, helm4, more="    secrets: {image: IMAGE}\n", timeout="4s")
    live.done(IMAGE="registry.invalid/web")
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    image = f"faults.invalid/no-image:{CANARY[:11]}"
    ended = live.run(IMAGE=image)
    assert ended.json["error"]["code"] == "IMAGE_PULL"
    back = live.command("rollback", IMAGE=image)
    for text in (ended.stdout, ended.stderr, back.stdout, back.stderr, live.helm_plain("history", "app")):
        assert CANARY[:11] not in text


def test_a_rollback_brings_the_secret_back_that_was_there(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = with_secret(cluster, namespace, helm, tmp_path)
    live.done(API_TOKEN=CANARY)
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    live.done(API_TOKEN="another-secret-of-ours")
    assert live.command("rollback").status == 0
    held = live.ask("/api/v1/namespaces/{}/secrets/token")["data"]["token"]
    assert base64.b64decode(held).decode() == CANARY


def left_in_clear(live: Stack, revision: int, *, of: int) -> Stack:
    """A stack that was deployed ``of`` times, and a revision that a dead run left with its secret."""
    for size in range(3, 3 + of):
        if size > 3:
            live.sample.edit("chore(live): more", LIVE, f"size: {size - 1}", f"size: {size}")
        live.done(API_TOKEN=CANARY)
    store(live, revision, config={**live.stored(revision)["config"], "api": {"token": CANARY}})
    return live


def test_a_secret_that_a_dead_run_left_in_its_release_is_taken_out_by_the_next_deploy(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = left_in_clear(with_secret(cluster, namespace, helm4, tmp_path), 1, of=1)
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    live.done(API_TOKEN=CANARY)
    assert CANARY not in live.helm_plain("get", "values", "app", "--revision=1")


def test_a_secret_that_a_dead_run_left_is_taken_out_although_nothing_changed(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = left_in_clear(with_secret(cluster, namespace, helm4, tmp_path), 1, of=1)
    said = live.done(API_TOKEN=CANARY)
    assert (said["decision"], said["outcome"], live.history()) == ("nothing", "done", [(1, "deployed")])
    assert CANARY not in live.helm_plain("get", "values", "app", "--revision=1")
    assert live.done(API_TOKEN=CANARY)["outcome"] == "satisfied"


def test_a_secret_that_lies_below_a_rollback_by_hand_is_taken_out_too(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = left_in_clear(with_secret(cluster, namespace, helm4, tmp_path), 2, of=2)
    live.helm_plain("rollback", "app", "1")
    said = live.done(API_TOKEN=CANARY)
    assert (said["targets"][0]["held"], said["outcome"]) == (True, "done")
    assert CANARY not in live.helm_plain("get", "values", "app", "--revision=2")
    assert live.done(API_TOKEN=CANARY)["outcome"] == "satisfied"


def test_a_secret_of_an_older_revision_is_taken_out_too(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = left_in_clear(with_secret(cluster, namespace, helm4, tmp_path), 1, of=2)
    assert live.command("rollback", "--to=1", API_TOKEN=CANARY).status == 0
    for number in (1, 3):
        assert CANARY not in live.helm_plain("get", "values", "app", f"--revision={number}")


@pytest.mark.parametrize("env", [{}, {"API_TOKEN": ""}])
def test_a_secret_that_is_not_set_stops_the_run_before_anything_is_changed(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    live = with_secret(cluster, namespace, helm4, tmp_path)
    ended = live.run(**env)
    assert ended.status == 3
    assert ended.json["error"]["code"] == "SECRET_UNSET"
    assert "API_TOKEN" in ended.json["error"]["message"]
    assert live.sample.published == []


def test_a_redeploy_gets_the_package_as_the_one_file_that_was_compared(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path / "stack", cluster, namespace, helm)
    with serve(tmp_path / "oci") as host:
        place = f"--registry=oci://{host}/charts"
        first = live.run(place)
        assert first.status == 0, first.stderr
        live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
        ended = live.run(place)
    assert ended.status == 0, ended.stderr
    assert re.search(r"\$ helm upgrade app small-0\.1\.0\.tgz\n", ended.stderr)
    assert ended.stderr.count("$ helm pull") == 1
    records = [live.stored(number)["config"]["global"]["stage6"]["digest"] for number in (1, 2)]
    assert records[0] == records[1]
