"""What keeps a namespace from getting its secrets, first causes first: the operator, the stores, the ExternalSecrets.

Terraform makes the pipes, and people put the values into the vault; each finding says what to do, and whose it is.
"""

from collections.abc import Collection, Iterable, Iterator

from jetscale_cicd.decide.cluster.external_secrets import (
    StoreRef,
    Sync,
    SyncState,
    remote_keys,
    store_refs,
    target_secret,
)
from jetscale_cicd.decide.cluster.secret_pipes import GROUP, STORE_KINDS, Pipes
from jetscale_cicd.decide.cluster.secret_stores import Store, store_state
from jetscale_cicd.decide.fields import Object, text
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error

_LOOK = "kubectl get deployments --all-namespaces --selector app.kubernetes.io/name=external-secrets"


def check_pipes(
    seen: Pipes, external_secrets: Iterable[str], stores: Iterable[str], coming: Collection[tuple[str, str]] = ()
) -> tuple[Stage6Error, ...]:
    """Everything that keeps these from being synced; () where they are.

    Args:
        external_secrets: names that have to be synced.
        stores: ``SecretStore/NAME`` or ``ClusterSecretStore/NAME`` that have to be ready.
        coming: kind and name of what the deploy itself makes or changes: as it is now is no matter, nor is what reads
            through it.
    """
    names = tuple(name for name in dict.fromkeys(external_secrets) if not comes(seen, name, coming))
    required = tuple(ref for ref in dict.fromkeys(map(_ref, stores)) if (ref.kind, ref.name) not in coming)
    if not names and not required:
        return ()
    if not seen.readable:
        return (_not_served(seen),)
    refs = dict.fromkeys((*required, *(ref for name in names for ref in store_refs(seen.external_secret(name) or {}))))
    stopped = seen.stopped(names)
    wrong = {ref: each for ref in refs for each in _store(seen, ref)}
    hidden = tuple(_hidden(seen, names, required))
    late = "; the operator does not work" if stopped else ""
    synced = (each for name in names for each in _external_secret(seen, name, frozenset(wrong), late))
    return (*_operator(seen, names, stopped), *hidden, *wrong.values(), *synced)


def comes(seen: Pipes, name: str, coming: Collection[tuple[str, str]]) -> bool:
    """Whether the deploy itself makes or changes an ExternalSecret, or a store that it reads through."""
    through = store_refs(seen.external_secret(name) or {})
    return ("ExternalSecret", name) in coming or any((ref.kind, ref.name) in coming for ref in through)


def _ref(written: str) -> StoreRef:
    kind, _, name = written.rpartition("/")
    return StoreRef(kind or STORE_KINDS[0], name)


def _unmet(seen: Pipes, code: str, message: str, hint: str, details: tuple[str, ...] = ()) -> Stage6Error:
    return PreconditionError(code, message, where=f"namespace {seen.namespace}", hint=hint, details=details)


def _unknown(seen: Pipes, code: str, message: str, hint: str) -> Stage6Error:
    return CannotTellError(code, message, where=f"namespace {seen.namespace}", hint=hint)


def _not_served(seen: Pipes) -> Stage6Error:
    served = f"; it serves {', '.join(seen.served)}" if seen.served else ""
    message = f"the cluster does not serve {GROUP} in version v1 or v1beta1{served}: no ExternalSecret can be synced"
    hint = "Terraform installs it; is this the right cluster? kubectl get crd externalsecrets.external-secrets.io"
    return _unmet(seen, "ESO_NOT_SERVED", message, hint)


def _operator(seen: Pipes, names: tuple[str, ...], stopped: str) -> Iterator[Stage6Error]:
    """Whether it works; where nothing of it can be seen, its ExternalSecrets alone show that."""
    if stopped:
        message = f"External Secrets Operator does not work: {stopped}"
        yield _unmet(seen, "ESO_NOT_WORKING", message, f"Terraform installs it; do its pods run? {_LOOK}")
    elif not names and not seen.proven:
        message = (
            "nothing shows that External Secrets Operator works: no Deployment of it with available pods was seen, and "
            "nothing that it did within a quarter of an hour; a store that is Ready is no proof"
        )
        yield _unknown(seen, "ESO_UNPROVEN", message, f"does it run? {_LOOK}")


def _hidden(seen: Pipes, names: tuple[str, ...], required: tuple[StoreRef, ...]) -> Iterator[Stage6Error]:
    """Kinds that this run may not list though something of them is required."""
    kinds = [kind for kind in STORE_KINDS if any(ref.kind == kind for ref in required)]
    listed = {"ExternalSecret": seen.external_secrets, "Secret": seen.secrets, **seen.stores}
    for kind in (*(("ExternalSecret", "Secret") if names else ()), *kinds):
        if listed.get(kind, ()) is None:
            plural = f"{kind.lower()}s" + ("" if kind == "Secret" else f".{GROUP}")
            message = f"this run may not list {plural}, so that nobody can tell whether they are as required"
            hint = f"its account needs that right: kubectl auth can-i list {plural}{_within(seen, kind)}"
            yield _unknown(seen, "EXTERNAL_SECRETS_UNSEEN", message, hint)


def _within(seen: Pipes, kind: str) -> str:
    return "" if kind == "ClusterSecretStore" else f" --namespace {seen.namespace}"


def _store(seen: Pipes, ref: StoreRef) -> Iterator[Stage6Error]:
    if seen.stores.get(ref.kind, ()) is None:
        return
    kind, within, thing = ref.kind.lower(), _within(seen, ref.kind), seen.store(ref.kind, ref.name)
    if thing is None:
        hint = f"Terraform makes it; has it another name? kubectl get {kind}s{within}"
        yield _unmet(seen, "STORE_MISSING", f"there is no {ref}", hint)
        return
    state = store_state(thing, seen.about(thing))
    if state.store is not Store.READY:
        message = f"{ref} is not ready: {state.cause}"
        hint = f"Terraform makes it and its login: kubectl describe {kind} {ref.name}{within}"
        yield _unmet(seen, "STORE_NOT_READY", message, hint)


def _external_secret(seen: Pipes, name: str, wrong: frozenset[StoreRef], late: str) -> Iterator[Stage6Error]:
    if seen.external_secrets is None:
        return
    thing = seen.external_secret(name)
    if thing is None:
        within = _within(seen, "ExternalSecret")
        hint = f"Terraform makes it where the chart does not; what is there: kubectl get externalsecrets{within}"
        yield _unmet(seen, "EXTERNAL_SECRET_MISSING", f"there is no ExternalSecret {name}", hint)
        return
    state = seen.state(thing)
    blamed = [str(ref) for ref in store_refs(thing) if ref in wrong]
    if state.sync is Sync.SYNCED:
        return
    if blamed and state.sync in (Sync.FAILED, Sync.NOT_SEEN):
        message = f"ExternalSecret {name} is not synced, because of {' and '.join(blamed)}"
        hint = f"mend that first; then: kubectl describe externalsecret {name}{_within(seen, 'ExternalSecret')}"
        yield _unmet(seen, "EXTERNAL_SECRET_NOT_SYNCED", message, hint)
    else:
        yield _unsynced(seen, thing, state, late)


def _unsynced(seen: Pipes, thing: Object, state: SyncState, late: str) -> Stage6Error:
    within, name = _within(seen, "ExternalSecret"), text(thing, "metadata", "name")
    what, look = f"ExternalSecret {name}", f"kubectl describe externalsecret {name}{within}"
    match state.sync:
        case Sync.STALE:
            hint = f"does the operator run, and serve this namespace? {look}"
            return _unmet(seen, "EXTERNAL_SECRET_STALE", f"{what} is stale: {state.cause}{late}", hint)
        case Sync.NOT_SEEN:
            hint = f"does the operator run, and serve this namespace and the class of its store? {look}"
            return _unmet(seen, "EXTERNAL_SECRET_NOT_SEEN", f"{what} is not synced: {state.cause}{late}", hint)
        case Sync.OUTDATED:
            hint = f"does the operator run, and serve this namespace? {look}"
            return _unmet(seen, "EXTERNAL_SECRET_OUTDATED", f"{what} was changed, and is not synced since{late}", hint)
        case Sync.FROZEN:
            message = f"{what} was changed, and reads once only, so that its Secret stays as it was"
            hint = f"the operator makes anew what is deleted: kubectl delete secret {target_secret(thing)}{within}"
            return _unmet(seen, "EXTERNAL_SECRET_OUTDATED", message, hint)
        case Sync.LEAVING:
            message, hint = (
                f"{what} leaves no Secret: {state.cause}",
                f"what delays that, and who makes it anew? {look}",
            )
            return _unmet(seen, "EXTERNAL_SECRET_NO_TARGET", message, hint)
        case Sync.TARGET_MISSING:
            hint = (
                f"its creationPolicy and deletionPolicy say who makes the Secret: {look}; then: {_again(state, name)}"
            )
            return _unmet(seen, "EXTERNAL_SECRET_NO_TARGET", f"{what} leaves no Secret: {state.cause}", hint + within)
    message = f"{what} is not synced: {state.cause}{_source(thing)}{late}"
    told = f"people put values into the vault, Terraform gives the right to read them: {look}"
    return _unmet(seen, "EXTERNAL_SECRET_NOT_SYNCED", message, f"{told}; then: {_again(state, name)}{within}")


def _again(state: SyncState, name: str) -> str:
    """Let the operator read at once; one that it takes for synced it does not read because of an annotation."""
    if state.sync is Sync.INCOMPLETE:
        patch = """--subresource=status --type=merge --patch '{"status": {"refreshTime": null}}'"""
        return f"kubectl patch externalsecret {name} {patch}"
    return f"kubectl annotate externalsecret {name} --overwrite force-sync=$(date +%s)"


def _source(thing: Object) -> str:
    """What it reads, and through which store."""
    keys, refs = remote_keys(thing), store_refs(thing)
    through = f" through {', '.join(map(str, refs))}" if refs else ""
    return f"; it reads {', '.join(keys)}{through}" if keys else ""
