"""CustomResourceDefinitions."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object
from jetscale_cicd.decide.objects.conditions import because_of
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Its kind is served."""
    if condition(thing, "Established") == "True":
        return ready()
    if condition(thing, "NamesAccepted") == "False":
        return because_of(thing, around, "NamesAccepted", FaultCode.CRD_NOT_ESTABLISHED, is_final=True)
    return progressing("its kind is not served yet")
