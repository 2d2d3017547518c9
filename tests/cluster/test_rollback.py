"""The command `rollback`: which revision it brings back, that it is recorded, and held."""

import json
from pathlib import Path

import pytest

from tests.cluster.stack import CHART, LIVE, Stack, stack
from tests.support.control_plane import Cluster


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    """0.1.0 with size 3, then with size 4, then 0.2.0."""
    made = stack(tmp_path / "stack", cluster, namespace, helm)
    made.done()
    made.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    made.done()
    made.sample.edit("feat: more room", CHART, "replicas: 1", "replicas: 2")
    made.done()
    return made


def test_it_brings_the_newest_good_revision_back_and_goes_on_from_there(live: Stack, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    for to, back in ((2, 4), (1, 5)):
        ended = live.command("rollback", "--output=json", f"--audit={audit}")
        assert ended.status == 0, ended.stderr
        said = ended.json
        assert (said["to"], said["live"]["revision"], said["live"]["rollback_to"]) == (to, back, to)
    assert live.deployment()["spec"]["replicas"] == 1
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [(each["decision"], each["to"], each["revision"], each["result"]) for each in entries] == [
        ("rollback", 2, 4, "rolled back"),
        ("rollback", 1, 5, "rolled back"),
    ]
    assert live.record(5)["rollback"] == {"of": 4, "to": 1, "cause": "requested", "code": ""}
    description = live.helm("history", "app")[-1]["description"]
    assert description.startswith("Rollback to 1: requested at revision 4; stage6 0.1.0 commit=")
    held = live.done()
    assert held["decision"] == "nothing"
    assert "took back 0.2.0" in held["targets"][0]["ignored"][-1]["why"]


def test_a_named_revision_is_brought_back_if_helm_keeps_it_and_it_is_not_the_newest(live: Stack) -> None:
    for number in (3, 9, 0):
        ended = live.command("rollback", f"--to={number}")
        assert (ended.status, live.history()[-1][0]) == (2, 3)
        assert "NO_SUCH_RELEASE_REVISION" in ended.stderr
    ended = live.command("rollback", "--to=1", "--target=live")
    assert ended.status == 0, ended.stderr
    assert "ROLLED BACK  live" in ended.stdout
    assert live.history()[-1] == (4, "deployed")
    assert live.stored(4)["config"]["size"] == 3


def test_where_there_is_nothing_to_go_back_to_it_says_so(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    assert "NOTHING_TO_ROLL_BACK: there is no release app" in live.command("rollback").stderr
    live.done()
    ended = live.command("rollback")
    assert ended.status == 3
    assert "Helm keeps 1, and none up to 0 was good" in ended.stderr
