"""Pods that a chart has itself."""

from jetscale_cicd.decide.fields import Object, text
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing, ready
from jetscale_cicd.decide.objects.pod_faults import pod_fault, restarts
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition, name_of
from jetscale_cicd.model.ledger import Pods


def judge(thing: Object, around: Snapshot) -> Judgement:
    """It is ready, or has succeeded."""
    phase = text(thing, "status", "phase")
    done = phase == "Succeeded" or (condition(thing, "Ready") == "True" and phase != "Failed")
    pods = Pods(ready=int(done), wanted=1, restarts=restarts(thing))
    if done:
        return ready(pods=pods)
    fault = pod_fault(around, thing, f"{'hook ' if around.is_hook('Pod', thing) else ''}Pod {name_of(thing)}")
    faults = (fault,) if fault else ()
    return (failed if phase == "Failed" else progressing)(f"it is {phase or 'Pending'}, and not ready", pods, faults)
