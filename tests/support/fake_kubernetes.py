"""A strict stand-in for an API server, in this process: what a test does not declare is asked in vain, and fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.server_clock import ServerClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class StoppedClock(ServerClock):
    """A server's clock that moves when a test moves it."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Call:
    """A call that was made: its method, its path, and what was sent."""

    method: str
    path: str
    body: Object | None = None


@dataclass
class _Script:
    """Answers that come before what is stored, one for each call."""

    answers: list[ApiFailure | Callable[[], None]] = field(default_factory=list)


class FakeKubernetes(Kubernetes):
    """The four calls ``get``, ``items``, ``create`` and ``replace`` on objects that are kept by their paths.

    Writing follows the API server's rules: a second creation and a replacement of an outdated ``resourceVersion`` are
    conflicts. A path is known once an object, its absence or its collection is declared.

    Args:
        objects: path to the object, None where there is none.
        collections: paths that may be listed though nothing is there.
    """

    def __init__(
        self, objects: Mapping[str, Object | None] | None = None, *, collections: tuple[str, ...] = ()
    ) -> None:
        self.now = StoppedClock()
        super().__init__(Path("/nowhere"), Redactor.of(()), clock=self.now)
        self.objects: dict[str, Object | None] = {}
        self.collections = set(collections)
        self.calls: list[Call] = []
        self.queries: list[dict[str, str | int]] = []
        self._scripts: dict[tuple[str, str], _Script] = {}
        self._version = 0
        for path, each in (objects or {}).items():
            self.put(path, each)

    def put(self, path: str, content: Object | None) -> None:
        """Declare an object, or its absence."""
        if content is not None:
            self._version += 1
            metadata = {**content.get("metadata", {}), "resourceVersion": str(self._version)}
            metadata.setdefault("name", path.rpartition("/")[2])
            content = {**content, "metadata": metadata}
        self.objects[path] = content
        self.collections.add(path.rpartition("/")[0])

    def script(self, method: str, path: str, *answers: ApiFailure | Callable[[], None]) -> None:
        """Let the next calls fail, or have something happen before each of them is answered."""
        self._scripts.setdefault((method, path), _Script()).answers += answers

    def written(self, method: str = "PUT") -> list[Object]:
        """What was sent with each call of a method."""
        return [call.body for call in self.calls if call.method == method and call.body is not None]

    def get(self, path: str, **query: str | int) -> Object | None:
        assert not query, f"GET {path}: unexpected {query}"
        self._called("GET", path)
        assert path in self.objects, f"unexpected: GET {path}"
        return self.objects[path]

    def items(self, path: str, *, accept: str = "application/json", **query: str | int) -> list[Object]:
        self.queries.append(query)
        self._called("LIST", path)
        assert path in self.collections, f"unexpected: LIST {path}"
        within = [each for at, each in self.objects.items() if each and at.rpartition("/")[0] == path]
        return [each for each in within if _selected(each, str(query.get("labelSelector", "")))]

    def create(self, path: str, body: Object) -> Object:
        self._called("POST", path, body)
        named = f"{path}/{body['metadata']['name']}"
        assert named in self.objects, f"unexpected: POST {named}"
        if self.objects[named] is not None:
            raise ApiFailure(409, f"{named} already exists")
        return self._store(named, body)

    def replace(self, path: str, body: Object) -> Object:
        self._called("PUT", path, body)
        assert path in self.objects, f"unexpected: PUT {path}"
        kept = self.objects[path]
        if kept is None:
            raise ApiFailure(404, f"{path} not found")
        if body["metadata"].get("resourceVersion") != kept["metadata"]["resourceVersion"]:
            raise ApiFailure(409, f"{path} has been modified")
        return self._store(path, body)

    def delete(self, path: str) -> None:
        self._called("DELETE", path)
        assert path in self.objects, f"unexpected: DELETE {path}"
        self.objects[path] = None

    def apply(self, path: str, body: Object, manager: str) -> Object:
        raise AssertionError(f"unexpected: PATCH {path}")

    def text(self, path: str, **query: str | int) -> str:
        raise AssertionError(f"unexpected: GET {path} as text")

    def request(self, method: str, path: str, **_: Any) -> Object:
        assert method == "GET", f"unexpected: {method} {path}"
        return self.get(path) or {}

    def _called(self, method: str, path: str, body: Object | None = None) -> None:
        self.calls.append(Call(method, path, body))
        script = self._scripts.get((method, path))
        if script and script.answers:
            answer = script.answers.pop(0)
            if isinstance(answer, ApiFailure):
                raise answer
            answer()

    def _store(self, path: str, body: Object) -> Object:
        self.put(path, body)
        stored = self.objects[path]
        assert stored
        return stored


def _selected(thing: Object, selector: str) -> bool:
    labels = thing["metadata"].get("labels", {})
    return all(
        labels.get(key) == value for key, _, value in (part.partition("=") for part in selector.split(",") if part)
    )
