"""The state of a target: its release, its workloads, and whether its objects are what the release says."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import parts, text
from jetscale_cicd.decide.objects.first_cause import in_order_of_cause
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.decide.objects.table import place_of
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.live import Deployed, LiveState
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.status import TargetStatus
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.drift import DriftReader
from jetscale_cicd.observe.cluster.helm_release import read_revision, revision_marks, secret_path
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

# An object that may not be listed shows no change, and a definition is large: both are read once in so many times.
_SELDOM = 30


def see_target(api: Kubernetes, target: Target, live: LiveState) -> TargetStatus:
    """What a target runs, and whether its objects are what its release says.

    Raises:
        CannotTellError: the release cannot be read.
    """
    stored = _stored(api, target, live)
    if stored is None:
        return TargetStatus(target=target, live=live, context=api.context)
    return _Observer(api, target, live, stored).see(fresh=True)


@dataclass
class TargetWatch:
    """A target that is seen again and again: by the same few lists each time, and each object that changed.

    Args:
        live: what it ran when it was planned.
        revisions: of its release then; None before they were first seen.
    """

    api: Kubernetes
    target: Target
    live: LiveState
    revisions: frozenset[tuple[str, str]] | None = None
    observer: "_Observer | None" = None

    def see(self) -> TargetStatus | None:
        """What it runs now; None where its release was changed. A server that does not answer is part of the answer."""
        nothing = TargetStatus(target=self.target, live=self.live, context=self.api.context)
        try:
            if self._has_moved():
                return None
            return self.observer.see(fresh=False) if self.observer else nothing
        except CannotTellError as failed:
            self.observer = None  # what it knows of the server may be of the moment when that did not answer
            return replace(nothing, unseen=(failed.message,))

    def _has_moved(self) -> bool:
        """Whether the release has other revisions than it was planned with."""
        revisions = revision_marks(self.api, self.target)
        if self.observer is None and (stored := _stored(self.api, self.target, self.live)):
            self.observer = _Observer(self.api, self.target, self.live, stored)
        if self.revisions is None and not self._moved_since_the_plan(revisions):
            self.revisions = revisions
        return revisions != self.revisions

    def _moved_since_the_plan(self, revisions: Collection[tuple[str, str]]) -> bool:
        planned = self.live.revision if isinstance(self.live, Deployed) else None
        if planned is None or self.observer is None:
            return planned is not None
        later = secret_path(self.target, planned.number + 1).rpartition("/")[2]
        return self.observer.stored.status != planned.status or later in {name for name, _ in revisions}


@dataclass
class _Observer:
    """The objects of one revision."""

    api: Kubernetes
    target: Target
    live: LiveState
    stored: StoredRelease
    objects: ReleaseObjects | None = None
    drift: DriftReader = field(init=False)
    definitions: tuple[Object, ...] | None = None
    unreadable: tuple[str, ...] = ()
    count: int = 0

    def __post_init__(self) -> None:
        self.drift = DriftReader(self.api, self.target, self.stored)

    def see(self, *, fresh: bool) -> TargetStatus:
        """What they are.

        Args:
            fresh: as they are now; else as the API server has them cached, and those alone are read that changed.

        Raises:
            CannotTellError: not fresh, and the API server does not answer.
        """
        unseen: list[str] = []
        around = self._around(unseen, fresh=fresh)
        ledger = self.objects.judge(around) if self.objects and around else None
        faults = in_order_of_cause(ledger.faults()) if ledger else ()
        if fresh or around is None:
            differences = self.drift.read(unseen)
        else:
            differences = self.drift.read(unseen, lambda manifest: self._mark(manifest, around))
        self.count += 1
        return TargetStatus(
            target=self.target,
            live=self.live,
            context=self.api.context,
            differences=differences,
            unseen=tuple(unseen),
            ledger=ledger,
            fault=next(iter(faults), None),
        )

    def _around(self, unseen: list[str], *, fresh: bool) -> Snapshot | None:
        try:
            self.objects = self.objects or self._of_revision()
            unseen += self.unreadable
            return self.objects.see(fresh=fresh, definitions=None if fresh else self._definitions)
        except ApiFailure as failed:
            if not fresh and failed.unreachable:
                raise cannot_tell(failed, self.target) from None
            unseen.append(f"the objects of the release: {failed.message}")
        except ConfigurationError:  # which the comparison of its fields reports
            pass
        return None

    def _of_revision(self) -> ReleaseObjects:
        objects = ReleaseObjects.of(self.api, self.target, self.stored).with_history(self.stored)
        try:
            return objects.with_definitions(self.stored)
        except ConfigurationError as unreadable:  # a helm outside Stage 6 never reads them in an upgrade
            self.unreadable = (f"crds/ of the chart: {unreadable.message}",)
            return objects

    def _definitions(self) -> tuple[Object, ...] | None:
        if self.objects and self.count % _SELDOM == 0:
            self.definitions = self.objects.see_definitions()
        return self.definitions

    def _mark(self, manifest: Manifest, around: Snapshot) -> str:
        place = place_of(manifest.group, manifest.kind)
        if place not in around.objects:
            return f"unlisted {self.count // _SELDOM}"
        thing = around.find(place, manifest.name, manifest.namespace or self.target.namespace)
        return "" if thing is None else mark_of(thing)


def mark_of(thing: Object) -> str:
    """What changes with an object, its status aside, which changes without anybody's doing."""
    metadata = thing.get("metadata", {})
    if "status" not in thing:
        return text(metadata, "resourceVersion")
    written = [each for each in parts(metadata, "managedFields") if text(each, "subresource") != "status"]
    kept = {key: value for key, value in metadata.items() if key != "resourceVersion"} | {"managedFields": written}
    rest = {key: value for key, value in thing.items() if key != "status"} | {"metadata": kept}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _stored(api: Kubernetes, target: Target, live: LiveState) -> StoredRelease | None:
    revision = live.revision if isinstance(live, Deployed) else None
    return read_revision(api, target, revision.number) if revision else None
