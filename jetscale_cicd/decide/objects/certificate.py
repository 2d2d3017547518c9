"""Certificates of cert-manager."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, condition_of, text, whole
from jetscale_cicd.decide.objects.conditions import because_of
from jetscale_cicd.decide.objects.judgement import Judgement, outdated, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition, count
from jetscale_cicd.model.record import replace


def judge(thing: Object, around: Snapshot) -> Judgement:
    """It is issued for this generation (cert-manager: its condition Ready, with the generation that it is of)."""
    of = whole(condition_of(thing, "Ready"), "observedGeneration")
    if of is not None and of < count(thing, "metadata", "generation"):
        return outdated()
    if condition(thing, "Ready") == "True":
        return ready("it is being issued anew" if condition(thing, "Issuing") == "True" else "")
    found = because_of(thing, around, "Ready", FaultCode.CERTIFICATE_NOT_READY)
    secret, issuer = text(thing, "spec", "secretName"), text(thing, "spec", "issuerRef", "name")
    kind = text(thing, "spec", "issuerRef", "kind") or "Issuer"
    faults = (
        replace(each, waits_for=((kind, issuer),), blocks=(*each.blocks, ("Secret", secret))) for each in found.faults
    )
    return replace(found, faults=tuple(faults))
