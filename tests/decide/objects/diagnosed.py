"""A release of few objects, and its diagnosis."""

from typing import Any

from jetscale_cicd.decide.objects.diagnose import diagnose
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.record import replace
from tests.decide.objects.release import OURS, Object, rows, seen, thing

WAITED = "context deadline exceeded"


def diagnosed(around: Snapshot | None, message: str, *more: Any, **named: Any) -> Diagnosis:
    """The diagnosis of the release that has all that is marked as its own."""
    return diagnose(None if around is None else rows(around), message, *more, **named)


def waiting(reason: str, message: str = "", **more: Any) -> Object:
    return {"name": "main", "image": "web:1", "state": {"waiting": {"reason": reason, "message": message}}, **more}


def pod(name: str, owner: str, *containers: Object, **status: Any) -> Object:
    return thing(name, owner, status={"phase": "Pending", "containerStatuses": list(containers), **status})


def hooked(kind: str, name: str, snapshot: Snapshot) -> Snapshot:
    """The same, and that is the release's one hook."""
    return replace(snapshot, hooks=frozenset({(kind, name)}))


def deployed(*pods: Object, **kinds: list[Object]) -> Snapshot:
    """A Deployment with two ReplicaSets, the second the newer."""
    numbered = [{"deployment.kubernetes.io/revision": number} for number in ("1", "2")]
    sets = [thing(f"web-{n}", "web", annotations=each) for n, each in enumerate(numbered, 1)]
    return seen(Deployment=[thing("web", annotations=OURS)], ReplicaSet=sets, Pod=list(pods), **kinds)


TEMPLATE: Object = {"template": {}}
