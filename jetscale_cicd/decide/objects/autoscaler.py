"""HorizontalPodAutoscalers: none waits for metrics, which come a minute after the pods that they are of."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, condition_of, text
from jetscale_cicd.decide.objects.conditions import because_of
from jetscale_cicd.decide.objects.judgement import Judgement, ready, suspended
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition

# Kubernetes, pkg/controller/podautoscaler/horizontal.go: what is wrong with the object itself.
_WRONG = ("FailedGetScale", "FailedUpdateScale", "InvalidSelector", "AmbiguousSelector", "InvalidMetricSourceType")


def judge(thing: Object, around: Snapshot) -> Judgement:
    """It can find and change what it scales; what it cannot measure yet is said."""
    for kind in ("AbleToScale", "ScalingActive"):
        if condition(thing, kind) != "False":
            continue
        reason = text(condition_of(thing, kind), "reason")
        if reason in _WRONG:
            return because_of(thing, around, kind, FaultCode.AUTOSCALER_FAILED)
        if reason == "ScalingDisabled":
            return suspended("what it scales is scaled to 0")
        return ready(f"it does not scale yet: {reason}")
    return ready()
