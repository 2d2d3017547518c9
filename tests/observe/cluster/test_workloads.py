"""What a namespace shows of a release: every kind that this run may list, and the end of a container's log."""

import pytest

from jetscale_cicd.model.diagnosis import LogSource
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.workloads import read_log, see_workloads
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes

APPS, CORE, BATCH = (f"/{path}/namespaces/shop-prod" for path in ("apis/apps/v1", "api/v1", "apis/batch/v1"))
WATCHED = {
    "Deployment": f"{APPS}/deployments",
    "StatefulSet": f"{APPS}/statefulsets",
    "DaemonSet": f"{APPS}/daemonsets",
    "ReplicaSet": f"{APPS}/replicasets",
    "Job": f"{BATCH}/jobs",
    "Pod": f"{CORE}/pods",
    "Event": f"{CORE}/events",
}
ALL = {**WATCHED, "Service": f"{CORE}/services", "CronJob": f"{BATCH}/cronjobs"}


@pytest.fixture
def api() -> FakeKubernetes:
    """One object of each kind, whose name is its kind."""
    return FakeKubernetes({f"{path}/{kind.lower()}": {"metadata": {}} for kind, path in ALL.items()})


@pytest.mark.parametrize(("all_kinds", "kinds"), [(False, WATCHED), (True, ALL)])
def test_each_kind_is_listed(api: FakeKubernetes, target: Target, all_kinds: bool, kinds: dict[str, str]) -> None:
    seen = see_workloads(api, target, "2026", all_kinds=all_kinds)
    assert {kind: [each["metadata"]["name"] for each in found] for kind, found in seen.objects.items()} == {
        kind: [kind.lower()] for kind in kinds
    }
    assert sorted(call.path for call in api.calls) == sorted(kinds.values())
    assert (seen.release, seen.namespace, seen.since, seen.hooks) == ("app", "shop-prod", "2026", None)


@pytest.mark.parametrize(("fresh", "version"), [(True, None), (False, "0")])
def test_a_look_in_passing_asks_the_servers_memory(
    api: FakeKubernetes, target: Target, fresh: bool, version: str | None
) -> None:
    see_workloads(api, target, "2026", fresh=fresh)
    assert {query.get("resourceVersion") for query in api.queries} == {version}


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("kind", WATCHED)
def test_a_kind_that_may_not_be_listed_is_left_out_and_not_empty(
    api: FakeKubernetes, target: Target, kind: str, status: int
) -> None:
    api.script("LIST", WATCHED[kind], ApiFailure(status, "no"))
    assert see_workloads(api, target, "2026").objects.keys() == WATCHED.keys() - {kind}


@pytest.mark.parametrize("status", [0, 401, 429, 500])
def test_a_server_that_does_not_answer_is_a_failure(api: FakeKubernetes, target: Target, status: int) -> None:
    api.script("LIST", WATCHED["Pod"], ApiFailure(status, "away"))
    with pytest.raises(ApiFailure):
        see_workloads(api, target, "2026")


class Logs(FakeKubernetes):
    """Gives one log, or fails."""

    def __init__(self, given: str | ApiFailure) -> None:
        super().__init__()
        self.given = given
        self.asked: list[tuple[str, dict[str, str | int]]] = []

    def text(self, path: str, **query: str | int) -> str:
        self.asked.append((path, query))
        if isinstance(self.given, ApiFailure):
            raise self.given
        return self.given


@pytest.mark.parametrize(("previous", "asked"), [(True, "true"), (False, None)])
def test_of_a_log_the_last_lines_are_asked_for_and_given(previous: bool, asked: str | None) -> None:
    api = Logs("".join(f"{number}\n" for number in range(100)))
    lines = read_log(api, "shop-prod", LogSource(pod="web-1", container="main", previous=previous))
    assert lines == tuple(str(number) for number in range(100))[-len(lines) :]
    ((path, query),) = api.asked
    assert path == f"{CORE}/pods/web-1/log"
    assert (query["container"], query.get("previous")) == ("main", asked)
    assert 0 < len(lines) == int(query["tailLines"]) < 100
    assert 0 < int(query["limitBytes"]) <= 1 << 20


@pytest.mark.parametrize("status", [0, 400, 403, 404, 500])
def test_a_node_that_gives_no_log_is_no_failure(status: int) -> None:
    assert read_log(Logs(ApiFailure(status, "no")), "shop-prod", LogSource(pod="web-1", container="main")) == ()
