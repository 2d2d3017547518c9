"""What earlier attempts at a release left: objects that nobody has any more, and hooks that never ran to their end."""

from collections.abc import Iterable, Mapping, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import text
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition, is_leaving
from jetscale_cicd.decide.objects.table import is_of_kubernetes, place_of
from jetscale_cicd.model.ledger import LedgerRow, ObjectState
from jetscale_cicd.model.record import frozen

_SUCCEEDED = "Succeeded"
HOLD_DATA = ("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition")


@frozen(kw_only=True)
class HookRun:
    """A hook of one revision, and how it went.

    Args:
        events: when Helm runs it.
        phase: Helm's own: ``Succeeded``, ``Failed``, ``Running``, ``Unknown``; "" where it never began.
    """

    manifest: Manifest
    events: tuple[str, ...]
    phase: str = ""


@frozen
class Attempt:
    """A revision that failed.

    Args:
        installs: it was the first one.
    """

    number: int
    installs: bool
    manifests: tuple[Manifest, ...]
    hooks: tuple[HookRun, ...] = ()


def left_by(attempts: Iterable[Attempt], manifests: Sequence[Manifest], namespace: str) -> dict[int, list[Manifest]]:
    """The objects of failed revisions that a release has no more: Helm compares with the last deployed one alone.

    Args:
        manifests: of the release as it is now, and its hooks.
        namespace: of the release.
    """
    known = {each.identity(namespace) for each in manifests}
    found: dict[int, list[Manifest]] = {}
    for attempt in sorted(attempts, key=lambda each: -each.number):
        for each in attempt.manifests:
            if not each.is_kept and each.identity(namespace) not in known:
                known.add(each.identity(namespace))
                found.setdefault(attempt.number, []).append(each)
    return found


def still_there(left: Mapping[int, Sequence[Manifest]], around: Snapshot) -> tuple[tuple[int, Manifest], ...]:
    """Those of them that are still there, and still marked as the release's, with the number of the revision."""
    return tuple((number, each) for number, manifests in left.items() for each in manifests if _is_there(each, around))


def holds_data(manifest: Manifest) -> bool:
    """Whether what is removed with an object may be more than the object: data, or what another operator made of it."""
    return manifest.kind in HOLD_DATA or not is_of_kubernetes(manifest.group)


def leftover_rows(left: Mapping[int, Sequence[Manifest]], around: Snapshot) -> tuple[LedgerRow, ...]:
    """A row for each of those that are still there."""
    return tuple(
        LedgerRow(
            kind=each.kind,
            name=each.name,
            namespace=each.namespace or around.namespace,
            state=ObjectState.LEFT_OVER,
            reason=f"left over from revision {number}, which failed; the release has it no more",
        )
        for number, each in still_there(left, around)
    )


def _is_there(manifest: Manifest, around: Snapshot) -> bool:
    thing = around.find(place_of(manifest.group, manifest.kind), manifest.name, manifest.namespace)
    return thing is not None and around.is_ours(thing) and not is_leaving(thing)


def missed_hooks(attempts: Iterable[Attempt], hooks: Sequence[HookRun]) -> tuple[HookRun, ...]:
    """Hooks of an installation that failed, which no upgrade runs: the release still has them.

    Args:
        hooks: of the release as it is now.
    """
    installs = [attempt for attempt in attempts if attempt.installs]
    if not installs:
        return ()
    newest = max(installs, key=lambda each: each.number)
    done = {_name(each) for each in newest.hooks if each.phase == _SUCCEEDED}
    had = {_name(each) for each in newest.hooks}
    return tuple(each for each in hooks if _runs_once(each) and _name(each) in had and _name(each) not in done)


def _runs_once(hook: HookRun) -> bool:
    of_install = any(event.endswith("-install") for event in hook.events)
    return of_install and not any(event.endswith("-upgrade") for event in hook.events)


def _name(hook: HookRun) -> tuple[str, str]:
    return hook.manifest.kind, hook.manifest.name


def missed_rows(missed: Iterable[HookRun], around: Snapshot) -> tuple[LedgerRow, ...]:
    """A row for each of them, unless somebody ran it by hand, and it is done."""
    return tuple(
        LedgerRow(
            kind=each.manifest.kind,
            name=each.manifest.name,
            namespace=each.manifest.namespace or around.namespace,
            state=ObjectState.FAILED,
            reason=f"{', '.join(each.events)}: it never succeeded in the first install, and no upgrade runs it",
            hook=True,
        )
        for each in missed
        if not _is_done(each.manifest, around)
    )


def _is_done(manifest: Manifest, around: Snapshot) -> bool:
    thing = around.find(place_of(manifest.group, manifest.kind), manifest.name, manifest.namespace)
    if thing is None or manifest.kind not in ("Job", "Pod"):
        return thing is not None
    return condition(thing, "Complete") == "True" or text(thing, "status", "phase") == _SUCCEEDED
