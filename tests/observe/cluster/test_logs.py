"""The end of a container's log."""

import pytest

from jetscale_cicd.model.diagnosis import LogSource
from jetscale_cicd.observe.cluster.logs import read_log
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes

CORE = "/api/v1/namespaces/shop-prod"


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
