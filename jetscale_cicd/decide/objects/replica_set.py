"""ReplicaSets and ReplicationControllers that a chart has itself."""

from jetscale_cicd.decide.fields import Object, text
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready, suspended, unobserved
from jetscale_cicd.decide.objects.pods import controller_faults, counted
from jetscale_cicd.decide.objects.snapshot import Snapshot, count


def judge(thing: Object, around: Snapshot) -> Judgement:
    """It has as many available pods as it is to have."""
    kind = text(thing, "kind") or "ReplicaSet"
    wanted = count(thing, "spec", "replicas", default=1)
    pods = counted(around, kind, thing, ready=count(thing, "status", "readyReplicas"), wanted=wanted)
    if unseen := unobserved(thing, pods):
        return unseen
    made, available = count(thing, "status", "replicas"), count(thing, "status", "availableReplicas")
    if made > wanted:
        return progressing(f"{made - wanted} more pods than it is to have", pods)
    if available < wanted:
        return progressing(f"{available} of {wanted} pods are available", pods, controller_faults(around, kind, thing))
    return suspended("scaled to 0", pods) if wanted == 0 else ready(pods=pods)
