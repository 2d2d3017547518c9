"""Deployments: as `kubectl rollout status` has it, and helm, which lets them lack their ``maxUnavailable``."""

from jetscale_cicd.decide.fields import Object, condition_of, part, text
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing, ready, suspended, unobserved
from jetscale_cicd.decide.objects.pods import controller_faults, counted
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition, count
from jetscale_cicd.model.ledger import Pods


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Every pod is of the newest template and available, and none of an older one is left."""
    wanted = count(thing, "spec", "replicas", default=1)
    pods = _pods(thing, around, wanted)
    if part(thing, "spec").get("paused") is True:
        return suspended("paused: a change of its template is not rolled out", pods)
    if unseen := unobserved(thing, pods):
        return unseen
    updated, available = count(thing, "status", "updatedReplicas"), count(thing, "status", "availableReplicas")
    missing = _missing(thing, wanted, updated, available)
    if not missing:
        return suspended("scaled to 0", pods) if wanted == 0 else ready(pods=pods)
    faults = controller_faults(around, "Deployment", thing)
    late = condition_of(thing, "Progressing")
    if text(late, "reason") == "ProgressDeadlineExceeded":
        return failed(f"its progressDeadlineSeconds are over: {missing}", pods, faults)
    return progressing(missing, pods, faults)


def _missing(thing: Object, wanted: int, updated: int, available: int) -> str:
    """What keeps the rollout from being complete; "" where nothing does."""
    old = count(thing, "status", "replicas") - updated
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the newest template"
    if old > 0:
        return f"{old} of an older template are left"
    if updated > wanted:
        return f"{updated - wanted} more pods than it is to have"
    if available < wanted:
        return f"{available} of {wanted} pods are available"
    return "its condition Available is False" if condition(thing, "Available") == "False" else ""


def _pods(thing: Object, around: Snapshot, wanted: int) -> Pods:
    newest = around.newest_set(thing)
    serving = count(thing, "status", "readyReplicas")
    updated = count(thing, "status", "updatedReplicas") if unobserved(thing) is None else 0
    new = count(newest, "status", "readyReplicas") if newest else min(serving, updated)
    return counted(around, "Deployment", thing, ready=new, wanted=wanted, old=max(serving - new, 0))
