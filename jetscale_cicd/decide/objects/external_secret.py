"""ExternalSecrets and their stores: synced by the rule of ``decide/cluster/external_secrets``, not by a condition."""

from jetscale_cicd.decide.cluster.external_secrets import Sync, store_refs, sync_state, target_secret
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.secret_stores import Store, store_state
from jetscale_cicd.decide.fields import Object, text
from jetscale_cicd.decide.objects.judgement import Judgement, progressing, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, event_lines, name_of
from jetscale_cicd.model.diagnosis import Diagnosis


def judge(thing: Object, around: Snapshot) -> Judgement:
    """Its Secret is there, and what this generation asks for."""
    listed = around.objects.get("Secret")
    namespace = text(thing, "metadata", "namespace")
    there = (each for each in listed or () if text(each, "metadata", "namespace") == namespace)
    secrets = None if listed is None else frozenset(map(name_of, there))
    state = sync_state(thing, around.events_of(thing), secrets, around.now)
    if state.sync is Sync.SYNCED:
        return ready()
    name = name_of(thing)
    fault = Diagnosis(
        code=FaultCode.SYNC_FAILED,
        subject=f"ExternalSecret {name}",
        verdict=f"it is not synced: {state.cause}",
        next_step=f"is its key in the vault, and may the store read it? kubectl describe externalsecret {name}"
        f" --namespace {around.namespace}",
        events=event_lines(around.events_of(thing)),
        waits_for=tuple((ref.kind, ref.name) for ref in store_refs(thing)),
        blocks=(("ExternalSecret", name), ("Secret", target_secret(thing))),
    )
    return progressing(f"{state.sync}: {state.cause}", faults=(fault,))


def judge_store(thing: Object, around: Snapshot) -> Judgement:
    """The operator could log in; a store that is Ready is no proof that it may read."""
    state = store_state(thing, around.events_of(thing))
    if state.store is Store.READY:
        return ready()
    kind, name = text(thing, "kind") or "SecretStore", name_of(thing)
    fault = Diagnosis(
        code=FaultCode.STORE_FAILED,
        subject=f"{kind} {name}",
        verdict=f"it is not ready: {state.cause}",
        next_step=f"is its login right? kubectl describe {kind.lower()} {name}",
        events=event_lines(around.events_of(thing)),
        blocks=((kind, name),),
    )
    return progressing(fault.verdict, faults=(fault,))
