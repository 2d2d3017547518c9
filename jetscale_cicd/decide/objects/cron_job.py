"""CronJobs: there is nothing to wait for, but a run of them that lacks a Secret shows what every run will lack."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, part
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready, suspended
from jetscale_cicd.decide.objects.pods import controller_faults
from jetscale_cicd.decide.objects.snapshot import Snapshot, born

_LACKS = (FaultCode.MISSING_SECRET, FaultCode.MISSING_CONFIGMAP)


def judge(thing: Object, around: Snapshot) -> Judgement:
    """It is there; the pods of its newest Job, which may be of an earlier deploy, lack nothing that they need."""
    if part(thing, "spec").get("suspend") is True:
        return suspended("suspended: it starts no Jobs")
    newest = max(around.owned_by(thing, "Job"), key=born, default=None)
    faults = controller_faults(around, "Job", newest) if newest and _is_of_now(thing, newest) else ()
    lacking = tuple(fault for fault in faults if fault.code in _LACKS)
    return progressing(lacking[0].verdict, faults=lacking) if lacking else ready()


def _is_of_now(thing: Object, job: Object) -> bool:
    """Whether a Job has the pods that the CronJob would make now; one of an earlier template says nothing of it."""
    now = part(thing, "spec", "jobTemplate", "spec", "template", "spec")
    return part(job, "spec", "template", "spec") == now
