"""The ledger of a release: a row for each object of its manifest, by what the cluster shows."""

from collections.abc import Iterable

from jetscale_cicd.decide.cluster.definitions import DEFINITION, PackagedDefinition
from jetscale_cicd.decide.cluster.helm_marks import RELEASE_NAME, RELEASE_NAMESPACE
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, annotation, text, words
from jetscale_cicd.decide.objects import job
from jetscale_cicd.decide.objects.definition import judge_packaged
from jetscale_cicd.decide.objects.judgement import Judgement
from jetscale_cicd.decide.objects.on_purpose import as_wanted
from jetscale_cicd.decide.objects.snapshot import Snapshot, event_line, event_message, is_leaving, name_of, warnings
from jetscale_cicd.decide.objects.table import Rule, place_of, rule_of
from jetscale_cicd.model.ledger import Ledger, LedgerRow, ObjectState
from jetscale_cicd.model.record import replace

_NOT_THERE = "it is not there"


def release_ledger(manifests: Iterable[Manifest], around: Snapshot, *, owned: bool = True) -> Ledger:
    """A row for each object of a release.

    Args:
        manifests: of the release, hooks aside.
        around: what the cluster has.
        owned: they are the release's own; what a target only requires may be of any other.
    """
    return Ledger(tuple(_row(each, around, owned=owned) for each in manifests if not each.hook))


def hook_rows(hooks: Iterable[Manifest], around: Snapshot) -> tuple[LedgerRow, ...]:
    """A row for each hook of this deploy, while it is there.

    Args:
        hooks: their manifests.
    """
    found = ((each, around.find(place_of(each.group, each.kind), each.name, each.namespace)) for each in hooks)
    return tuple(
        replace(_judged(each.kind, thing, around, rule_of(each.group, each.kind)), hook=True)
        for each, thing in found
        if thing and around.is_hook(each.kind, thing)
    )


def packaged_rows(
    packaged: Iterable[PackagedDefinition], around: Snapshot, *, brought_back: bool
) -> tuple[LedgerRow, ...]:
    """A row for each definition of the package, which may be of any release.

    Args:
        brought_back: the release is a rollback.
    """
    return tuple(_packaged(each, around, brought_back=brought_back) for each in packaged)


def _packaged(packaged: PackagedDefinition, around: Snapshot, *, brought_back: bool) -> LedgerRow:
    thing = around.find(DEFINITION, packaged.name)
    if DEFINITION not in around.objects:
        judgement = Judgement(state=ObjectState.UNSEEN, reason=f"this run may not get {DEFINITION} {packaged.name}")
    elif thing is None:
        judgement = Judgement(state=ObjectState.ABSENT, reason=_NOT_THERE)
    else:
        judgement = _leaving(thing) or judge_packaged(packaged, thing, around, brought_back=brought_back)
    return _of(DEFINITION, packaged.name, "", judgement)


def _row(manifest: Manifest, around: Snapshot, *, owned: bool) -> LedgerRow:
    group, kind = manifest.group, manifest.kind
    place, rule = place_of(group, kind), rule_of(group, kind)
    namespace = manifest.namespace or around.namespace
    unseen = [each for each in (place, *rule.beside) if each not in around.objects]
    if unseen:
        reason = f"this run may not list {', '.join(unseen)}"
        return LedgerRow(kind=kind, name=manifest.name, namespace=namespace, state=ObjectState.UNSEEN, reason=reason)
    thing = around.find(place, manifest.name, namespace)
    if thing is None:
        return _of(kind, manifest.name, namespace, _absent(manifest, namespace, around))
    return _judged(kind, thing, around, rule, manifest, owned=owned)


def _absent(manifest: Manifest, namespace: str, around: Snapshot) -> Judgement:
    if job.is_removed_when_done(manifest):
        return job.judge_removed(manifest.name, namespace, around)
    return Judgement(state=ObjectState.ABSENT, reason=_NOT_THERE)


def _judged(
    kind: str, thing: Object, around: Snapshot, rule: Rule, wanted: Manifest | None = None, *, owned: bool = True
) -> LedgerRow:
    judgement = (_of_another(thing, around) if owned else None) or _leaving(thing) or rule.judge(thing, around)
    if wanted is not None and judgement.state is ObjectState.SUSPENDED:
        judgement = as_wanted(judgement, thing, wanted)
    note = "" if judgement.state.is_green else _note(kind, thing, around, judgement.reason)
    return _of(kind, name_of(thing), text(thing, "metadata", "namespace"), judgement, note)


def _of(kind: str, name: str, namespace: str, judgement: Judgement, note: str = "") -> LedgerRow:
    return LedgerRow(
        kind=kind,
        name=name,
        namespace=namespace,
        state=judgement.state,
        reason=judgement.reason,
        pods=judgement.pods,
        faults=judgement.faults,
        note=note,
    )


def _of_another(thing: Object, around: Snapshot) -> Judgement | None:
    owner = annotation(thing, RELEASE_NAME)
    if not owner or around.is_ours(thing):
        return None
    where = annotation(thing, RELEASE_NAMESPACE)
    return Judgement(state=ObjectState.FOREIGN, reason=f"it is of release {where}/{owner}")


def _leaving(thing: Object) -> Judgement | None:
    if not is_leaving(thing):
        return None
    held = ", ".join(words(thing, "metadata", "finalizers"))
    by = f"; it is held by {held}" if held else ""
    return Judgement(state=ObjectState.LEAVING, reason=f"it is being deleted{by}")


def _note(kind: str, thing: Object, around: Snapshot, told: str) -> str:
    """The newest warning of an object and what it makes, else its newest event, where the reason does not have it."""
    sets = around.owned_by(thing, "ReplicaSet") if kind == "Deployment" else ()
    pods = around.pods_of(kind, thing) if kind != "Pod" else ()
    events = around.events_of(thing, *sets, *pods)
    newest = next(reversed(tuple(warnings(events))), None) or next(reversed(events), None)
    return "" if newest is None or event_message(newest) in told else event_line(newest)
