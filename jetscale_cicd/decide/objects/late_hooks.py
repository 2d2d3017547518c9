"""What a pod waits for and only a hook after the release makes: a deadlock, for helm waits for the pod before it."""

from collections.abc import Iterable

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import OF_THE_CORE, Thing
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.record import replace


def with_late_hook(diagnosis: Diagnosis, hooks: Iterable[Manifest], namespace: str) -> Diagnosis:
    """The diagnosis, with the hook that makes what is missing, where one does and comes too late.

    Args:
        hooks: of the release.
        namespace: of the release.
    """
    made = made_by([each for each in hooks if any(event.startswith("post-") for event in each.events)], namespace)
    for kind, name in diagnosis.waits_for:
        for maker in made.things.get(Thing(OF_THE_CORE, kind, namespace, name), ()):
            step = f"{maker.by} makes it only once the release is ready, which it never is: make it a hook before"
            return replace(diagnosis, next_step=step)
    return diagnosis
