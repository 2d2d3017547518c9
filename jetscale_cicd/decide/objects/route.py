"""Routes of the Gateway API."""

from collections.abc import Iterator

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, parts, text, whole
from jetscale_cicd.decide.objects.judgement import Judgement, outdated, progressing, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, count, event_lines, name_of
from jetscale_cicd.model.diagnosis import Diagnosis

_CONDITIONS = ("Accepted", "ResolvedRefs")


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Every parent that it names has accepted it, and found what it leads to (Gateway API, RouteParentStatus)."""
    parents = parts(thing, "status", "parents")
    if len(parents) < len(parts(thing, "spec", "parentRefs")):
        return _waits(thing, around, "no controller of its Gateway has dealt with it")
    generation = count(thing, "metadata", "generation")
    held = [each for parent in parents for each in parts(parent, "conditions") if text(each, "type") in _CONDITIONS]
    if any((whole(each, "observedGeneration") or generation) < generation for each in held):
        return outdated()
    wrong = next(_refusals(held), "")
    return _waits(thing, around, wrong) if wrong else ready()


def _refusals(conditions: list[Object]) -> Iterator[str]:
    for each in conditions:
        if text(each, "status") != "True":
            said = f"{text(each, 'reason')}: {' '.join(text(each, 'message').split())}"
            yield f"{text(each, 'type')} is {text(each, 'status')} ({said})"


def _waits(thing: Object, around: Snapshot, verdict: str) -> Judgement:
    kind, name = text(thing, "kind") or "HTTPRoute", name_of(thing)
    parents = tuple(
        (text(each, "kind") or "Gateway", text(each, "name")) for each in parts(thing, "spec", "parentRefs")
    )
    fault = Diagnosis(
        code=FaultCode.ROUTE_NOT_ACCEPTED,
        subject=f"{kind} {name}",
        verdict=verdict,
        next_step=f"is its Gateway there, and its controller at work? kubectl describe {kind.lower()} {name}",
        events=event_lines(around.events_of(thing)),
        waits_for=parents,
    )
    return progressing(verdict, faults=(fault,))
