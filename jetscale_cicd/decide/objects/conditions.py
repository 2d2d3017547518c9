"""What the conditions of a custom resource say, by the conventions of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus)."""

from collections.abc import Callable

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.operator_events import without_values
from jetscale_cicd.decide.cluster.secret_pipes import GROUP
from jetscale_cicd.decide.fields import Object, condition_of, text
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing, ready, unobserved
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition, event_lines, name_of
from jetscale_cicd.model.diagnosis import Diagnosis


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Nothing is stalled or in progress, and Ready, where its controller says that, is True for this generation."""
    if unseen := unobserved(thing, says=False):
        return unseen
    if condition(thing, "Stalled") == "True":
        return because_of(thing, around, "Stalled", FaultCode.NOT_RECONCILED, is_final=True)
    if condition(thing, "Reconciling") == "True":
        return because_of(thing, around, "Reconciling", FaultCode.NOT_RECONCILED)
    if condition(thing, "Ready") in ("False", "Unknown"):
        return because_of(thing, around, "Ready", FaultCode.NOT_RECONCILED)
    return ready()


def judge_by(of: str) -> Callable[[Object, Snapshot], Judgement]:
    """The rule of a kind that is ready once one condition of its own is True."""

    def judged(thing: Object, around: Snapshot) -> Judgement:
        return ready() if condition(thing, of) == "True" else because_of(thing, around, of, FaultCode.NOT_RECONCILED)

    return judged


def because_of(thing: Object, around: Snapshot, of: str, code: FaultCode, *, is_final: bool = False) -> Judgement:
    """Not ready, with what a condition says.

    Args:
        of: the condition.
        is_final: waiting does not change it.
    """
    kind, name = text(thing, "kind"), name_of(thing)
    held = condition_of(thing, of)
    message = " ".join(text(held, "message").split())
    if GROUP in text(thing, "apiVersion"):  # which may repeat what it read in a vault
        message = without_values(message)
    said = ": ".join(part for part in (text(held, "reason"), message) if part)
    verdict = f"{of} is {text(held, 'status') or 'not there'}" + (f": {said}" if said else "")
    group = text(thing, "apiVersion").rpartition("/")[0]
    look = f"{kind.lower()}.{group}" if group else kind.lower()
    namespace = text(thing, "metadata", "namespace")
    within = f" --namespace {namespace}" if namespace else ""
    fault = Diagnosis(
        code=code,
        subject=f"{kind} {name}",
        verdict=verdict,
        next_step=f"why? kubectl describe {look} {name}{within}",
        events=event_lines(around.events_of(thing)),
        blocks=((kind, name),),
    )
    return (failed if is_final else progressing)(verdict, faults=(fault,))
