"""DaemonSets: as `kubectl rollout status` has it."""

from jetscale_cicd.decide.fields import Object, part, text
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready, unobserved
from jetscale_cicd.decide.objects.pods import controller_faults, counted
from jetscale_cicd.decide.objects.snapshot import Snapshot, count


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Every node that is to have one has an available pod of the newest template."""
    status = part(thing, "status")
    wanted, serving = count(status, "desiredNumberScheduled"), count(status, "numberReady")
    on_delete = text(part(thing, "spec", "updateStrategy"), "type") == "OnDelete"
    updated = wanted if on_delete else count(status, "updatedNumberScheduled")
    new = 0 if unobserved(thing) else min(serving, updated)
    pods = counted(around, "DaemonSet", thing, ready=new, wanted=wanted, old=max(serving - new, 0))
    if unseen := unobserved(thing, pods):
        return unseen
    if missing := _missing(status, wanted, updated):
        return progressing(missing, pods, controller_faults(around, "DaemonSet", thing))
    old = wanted - count(status, "updatedNumberScheduled")
    if on_delete and old > 0:
        return ready(f"updateStrategy OnDelete: {old} pods are of an older template until somebody deletes them", pods)
    return ready("no node is to have one" if wanted == 0 else "", pods)


def _missing(status: Object, wanted: int, updated: int) -> str:
    if updated < wanted:
        return f"{updated} of {wanted} nodes have a pod of the newest template"
    if (available := count(status, "numberAvailable")) < wanted:
        return f"{available} of {wanted} pods are available"
    return ""
