"""StatefulSets: as `kubectl rollout status` has it; a partition or ``OnDelete`` leaves pods as they are."""

from jetscale_cicd.decide.fields import Object, part, text
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready, suspended, unobserved
from jetscale_cicd.decide.objects.pods import controller_faults, counted
from jetscale_cicd.decide.objects.snapshot import Snapshot, count


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Every pod is available, and all of them but those of its partition are of the newest template."""
    wanted = count(thing, "spec", "replicas", default=1)
    strategy = part(thing, "spec", "updateStrategy")
    on_delete, kept = text(strategy, "type") == "OnDelete", count(strategy, "rollingUpdate", "partition")
    status = part(thing, "status")
    serving, observed = count(status, "readyReplicas"), unobserved(thing)
    updated = wanted if on_delete else count(status, "updatedReplicas") + kept
    new = 0 if observed else min(serving, updated)
    pods = counted(around, "StatefulSet", thing, ready=new, wanted=wanted, old=max(serving - new, 0))
    if observed:
        return unobserved(thing, pods) or observed
    if missing := _missing(status, wanted, updated, rolls=not on_delete and not kept):
        return progressing(missing, pods, controller_faults(around, "StatefulSet", thing))
    if wanted == 0:
        return suspended("scaled to 0", pods)
    old = wanted - count(status, "updatedReplicas")
    if on_delete and old > 0:
        return ready(f"updateStrategy OnDelete: {old} pods are of an older template until somebody deletes them", pods)
    return ready(f"partition: pods below {kept} stay of an older template" if kept else "", pods)


def _missing(status: Object, wanted: int, updated: int, *, rolls: bool) -> str:
    """What keeps the rollout from being complete; "" where nothing does.

    Args:
        rolls: every pod is to be replaced.
    """
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the newest template"
    if (left := count(status, "replicas") - wanted) > 0:
        return f"{left} more pods than it is to have"
    if (available := count(status, "availableReplicas")) < wanted:
        return f"{available} of {wanted} pods are available"
    current, newest = text(status, "currentRevision"), text(status, "updateRevision")
    return "its update is not complete" if rolls and current != newest and wanted else ""
