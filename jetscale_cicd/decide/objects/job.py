"""Jobs: finished, or failed; helm waits only for those that are hooks, unless it is told to."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, condition_of, part, parts, text, whole
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing, ready, suspended
from jetscale_cicd.decide.objects.pod_faults import READ_LOG
from jetscale_cicd.decide.objects.pods import controller_faults, counted
from jetscale_cicd.decide.objects.snapshot import Snapshot, born, condition, count, event_lines, name_of
from jetscale_cicd.model.diagnosis import Diagnosis, LogSource
from jetscale_cicd.model.ledger import ObjectState

_REMOVED = "it ended, and was removed, as its ttlSecondsAfterFinished says"
# The event with which the Job controller says that a Job is complete (Kubernetes, job_controller.go); one that warns
# has the reason of the condition Failed.
_COMPLETED = "Completed"
_FAILURES = frozenset(
    ("BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy", "FailedIndexes", "MaxFailedIndexesExceeded")
)


def judge(thing: Object, around: Snapshot) -> Judgement:
    """All of its completions are there (Kubernetes, Jobs: its condition Complete)."""
    wanted, done = count(thing, "spec", "completions", default=1), count(thing, "status", "succeeded")
    pods = counted(around, "Job", thing, ready=min(done, wanted), wanted=wanted)
    if condition(thing, "Complete") == "True":
        return ready(pods=pods)
    if condition(thing, "Failed") == "True":
        why = _why_failed(thing)
        return failed(why, pods, (*controller_faults(around, "Job", thing), _fault(thing, around, why)))
    if part(thing, "spec").get("suspend") is True:
        return suspended("suspended: it makes no pods", pods)
    return progressing(f"{done} of {wanted} completions", pods, controller_faults(around, "Job", thing))


def is_removed_when_done(manifest: Manifest) -> bool:
    """Whether it is a Job that Kubernetes removes once it has ended."""
    return manifest.kind == "Job" and whole(manifest.document, "spec", "ttlSecondsAfterFinished") is not None


def judge_removed(name: str, namespace: str, around: Snapshot) -> Judgement:
    """A Job that is gone by its ttl is judged by the event about the end of the newest one; events live for an hour."""
    if around.proven:
        return ready(_REMOVED)
    if "Event" not in around.objects:
        why = "it is gone, and how it ended cannot be seen: this run may not list Event"
        return Judgement(state=ObjectState.UNSEEN, reason=why)
    events = around.events_about("Job", name, namespace)
    newest = text(events[-1], "involvedObject", "uid") if events else ""  # a Job of an earlier deploy proves nothing
    reasons = [text(each, "reason") for each in events if text(each, "involvedObject", "uid") == newest]
    end = next((each for each in reversed(reasons) if each in (_COMPLETED, *_FAILURES)), None)
    if end is None:
        return progressing("it is gone, and no event shows how it ended")
    if end == _COMPLETED:
        return ready(_REMOVED)
    return failed(f"{end}: it failed, and was removed, as its ttlSecondsAfterFinished says")


def _why_failed(thing: Object) -> str:
    why = condition_of(thing, "Failed")
    return f"{text(why, 'reason') or 'Failed'}: {text(why, 'message')}"


def _fault(thing: Object, around: Snapshot, why: str) -> Diagnosis:
    pods = around.owned_by(thing, "Pod")
    last = max(pods, key=born, default=None)
    hook = "hook " if around.is_hook("Job", thing) else ""
    return Diagnosis(
        code=FaultCode.JOB_FAILED,
        subject=f"{hook}Job {name_of(thing)}",
        verdict=why,
        next_step=READ_LOG,
        events=event_lines(around.events_of(thing, *pods)),
        source=_log_of(last) if last else None,
        read_log=True,
    )


def _log_of(pod: Object) -> LogSource | None:
    first = next(iter(parts(pod, "spec", "containers")), None)
    return LogSource(pod=name_of(pod), container=text(first, "name")) if first else None
