"""Whether what stands still does so because the release says so, or because somebody stopped it."""

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, part, whole
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing
from jetscale_cicd.decide.objects.snapshot import name_of


def as_wanted(judgement: Judgement, thing: Object, wanted: Manifest) -> Judgement:
    """The judgement of something suspended, by its manifest: no helm resumes what was paused outside of it.

    A number of replicas that the manifest leaves out is an autoscaler's, which may scale to 0.
    """
    live, said = part(thing, "spec"), part(wanted.document, "spec")
    for switch in ("paused", "suspend"):
        if live.get(switch) is True and said.get(switch) is not True:
            return _stopped_outside(judgement, thing, wanted.kind)
    replicas = whole(said, "replicas")
    if live.get("replicas") == 0 and replicas:
        return failed(f"{judgement.reason}, and the release says {replicas}", judgement.pods)
    return judgement


def _stopped_outside(judgement: Judgement, thing: Object, kind: str) -> Judgement:
    reason = f"{judgement.reason}; the release does not say so"
    if kind == "Job":  # a queue that suspended it starts it later
        return progressing(reason, judgement.pods)
    if kind == "Deployment":
        reason += f": kubectl rollout resume deployment/{name_of(thing)}"
    return failed(reason, judgement.pods)
