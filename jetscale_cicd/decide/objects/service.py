"""Services: helm and kubectl wait for the address of a load balancer."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, items, parts, text
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, event_lines, name_of
from jetscale_cicd.model.diagnosis import Diagnosis


def judge(thing: Object, around: Snapshot) -> Judgement:
    """A load balancer has an address, or is given one (``externalIPs``, as helm has it)."""
    balanced = text(thing, "spec", "type") == "LoadBalancer"
    if not balanced or parts(thing, "status", "loadBalancer", "ingress") or items(thing, "spec", "externalIPs"):
        return ready()
    name = name_of(thing)
    fault = Diagnosis(
        code=FaultCode.LOAD_BALANCER,
        subject=f"Service {name}",
        verdict="it has no address yet",
        next_step=f"do its events show why? kubectl describe service {name} --namespace {around.namespace}",
        events=event_lines(around.events_of(thing)),
    )
    return progressing(fault.verdict, faults=(fault,))
