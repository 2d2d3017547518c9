"""What is shown of the workloads while helm waits."""

import threading
from collections.abc import Sequence

from jetscale_cicd.engines.helm.progress import Progress
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.engines.helm.conftest import Stage
from tests.support.helm_secret import Object, ours

DEPLOYMENTS = "/apis/apps/v1/namespaces/shop-prod/deployments"


class Rounds(threading.Event):
    """Is set after some waits, which take no time."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


class Screen:
    """A terminal, or none; and a run of helm that ends after some rounds."""

    def __init__(self, stage: Stage, rounds: int, *, terminal: bool) -> None:
        self.stage = stage
        self.terminal = terminal
        self.shown: list[tuple[str, ...]] = []
        target = stage.engine().target
        self.progress = Progress(stage.api, target, "2026", 0, stage.announced.append, self.show, done=Rounds(rounds))

    def show(self, rows: Sequence[str]) -> bool:
        self.shown.append(tuple(rows))
        return self.terminal

    def run(self) -> None:
        """Observe until helm is done."""
        self.progress.run()


def deployment(stage: Stage, name: str, ready: int) -> None:
    """A Deployment of the revision that helm makes."""
    status: Object = {"replicas": 2, "readyReplicas": ready, "updatedReplicas": 2, "availableReplicas": ready}
    annotations = {"meta.helm.sh/release-name": "app"}
    made = {"metadata": {"uid": name, "annotations": annotations}, "spec": {"replicas": 2}, "status": status}
    stage.api.put(f"{DEPLOYMENTS}/{name}", made)
    names = [path.rpartition("/")[2] for path in stage.api.objects if path.startswith(DEPLOYMENTS)]
    documents = (f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {each}}}\n" for each in names)
    stage.release.add(1, ours(1, "pending-install", manifest="---\n".join(documents)))


def test_without_a_terminal_each_change_is_announced_once(stage: Stage) -> None:
    deployment(stage, "web", 0)
    stage.api.script("LIST", DEPLOYMENTS, *[lambda: None] * 2, lambda: deployment(stage, "web", 1))
    Screen(stage, 5, terminal=False).run()
    assert [line.partition("web: ")[2].partition(" ")[0] for line in stage.announced] == ["0/2", "1/2"]


def test_on_a_terminal_nothing_is_announced_and_the_rows_go_in_the_end(stage: Stage) -> None:
    deployment(stage, "web", 0)
    screen = Screen(stage, 2, terminal=True)
    screen.run()
    assert (len(screen.shown), len(screen.shown[0]), screen.shown[-1], stage.announced) == (3, 1, (), [])


def test_what_is_waited_for_comes_first(stage: Stage) -> None:
    deployment(stage, "a-ready", 2)
    deployment(stage, "b-waiting", 1)
    screen = Screen(stage, 1, terminal=True)
    screen.run()
    assert ["b-waiting" in line for line in screen.shown[0]] == [True, False]


def test_a_server_that_does_not_answer_ends_nothing(stage: Stage) -> None:
    deployment(stage, "web", 0)
    stage.api.script("LIST", DEPLOYMENTS, ApiFailure(503, "away"))
    Screen(stage, 2, terminal=False).run()
    assert ["0/2" in line for line in stage.announced] == [False, True]


def test_after_the_end_of_helm_nothing_is_announced(stage: Stage) -> None:
    deployment(stage, "web", 0)
    screen = Screen(stage, 1, terminal=False)
    screen.progress.done.set()
    screen.run()
    assert stage.announced == []


def test_the_servers_memory_is_asked_and_not_its_database(stage: Stage) -> None:
    deployment(stage, "web", 0)
    Screen(stage, 1, terminal=False).run()
    assert {query.get("resourceVersion") for query in stage.api.queries if "labelSelector" not in query} == {"0"}


def test_before_helm_makes_its_revision_nothing_is_shown(stage: Stage) -> None:
    deployment(stage, "web", 0)
    screen = Screen(stage, 2, terminal=True)
    screen.progress.before = 1
    screen.run()
    assert screen.shown == [(), (), ()]
