"""What runs on a target now, by the record that the last deploy left."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.repository import Repository

if TYPE_CHECKING:
    from jetscale_cicd.tools.kubernetes import Kubernetes

RECORD, MANIFESTS = "release.json", "manifests.yaml"
RECORD_FIELDS = ("version", "commit", "digest", "values_digest")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Surroundings(Protocol):
    """What looking at a target needs from the context."""

    @property
    def repository(self) -> Repository: ...
    def kubernetes(self, target: Target, /) -> "Kubernetes | NotObserved": ...


def output_directory(root: Path, target: Target) -> Path:
    """Where the render engine keeps a target."""
    return root / (target.output or f"rendered/{target.name}")


def observe_live(context: Surroundings, target: Target) -> LiveState:
    """Deployed, not deployed, or not observed; a record that cannot be read is none of them.

    Raises:
        CannotTellError: ``RECORD_UNREADABLE``, or the cluster did not say.
        PreconditionError: there is no kubectl to ask it with.
    """
    if target.engine == "argocd":
        return NotObserved("engine argocd is not reached by this release of jetscale-cicd")
    if target.engine == "render":
        return _rendered(context.repository.git.root, target)
    api = context.kubernetes(target)
    if isinstance(api, NotObserved):
        return api
    from jetscale_cicd.observe.cluster.helm_release import observe_release

    return observe_release(api, target)


def _rendered(root: Path, target: Target) -> LiveState:
    record = output_directory(root, target) / RECORD
    try:
        content = json.loads(record.read_bytes())
    except FileNotFoundError:
        return NotDeployed()
    except (OSError, ValueError) as unreadable:
        raise _unreadable(record, str(unreadable)) from unreadable
    if not isinstance(content, dict) or not all(isinstance(content.get(name), str) for name in RECORD_FIELDS):
        raise _unreadable(record, f"it lacks one of {', '.join(RECORD_FIELDS)}")
    if not _COMMIT.fullmatch(content["commit"]):
        raise _unreadable(record, "its commit is no object name")
    if not (record.parent / MANIFESTS).is_file():
        return NotDeployed()  # what the record is about is gone
    return Deployed(**{name: content[name] for name in RECORD_FIELDS})


def _unreadable(record: Path, why: str) -> CannotTellError:
    return CannotTellError(
        "RECORD_UNREADABLE",
        f"what is deployed cannot be read: {why}",
        where=str(record),
        hint="restore the file, or remove the directory to deploy anew",
    )
