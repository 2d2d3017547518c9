"""CustomResourceDefinitions: of the release's templates, and those that came with its package."""

from jetscale_cicd.decide.cluster.definitions import PackagedDefinition, listed
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object
from jetscale_cicd.decide.objects.conditions import because_of
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Its kind is served."""
    if condition(thing, "Established") == "True":
        return ready()
    if condition(thing, "NamesAccepted") == "False":
        return because_of(thing, around, "NamesAccepted", FaultCode.CRD_NOT_ESTABLISHED, is_final=True)
    return progressing("its kind is not served yet")


def judge_packaged(
    packaged: PackagedDefinition, thing: Object, around: Snapshot, *, brought_back: bool = False
) -> Judgement:
    """It is as packaged, and its kind is served.

    Args:
        brought_back: the package is of a revision that a rollback brought back, which leaves definitions as they are.
    """
    departs = packaged.departures(thing)
    if departs and not brought_back:
        return failed(f"it is not as packaged: {listed(departs)}")
    served = judge(thing, around)
    if departs and served.state.is_green:
        return ready("it is not the one of this revision: a rollback takes no definition back")
    return served
