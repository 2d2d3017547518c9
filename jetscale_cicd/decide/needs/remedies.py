"""What to do about something that is missing: a command to copy, whose it is, and what has almost its name."""

import shlex
from collections.abc import Iterable, Sequence

from jetscale_cicd.decide.cluster.helm_marks import RESOURCE_POLICY
from jetscale_cicd.decide.needs.need import Thing, Use

_PEOPLE = "people (its values) and Terraform (the store that they come from)"
_TERRAFORM = "Terraform, or whoever installs what the cluster runs"
_OWNERS = {
    "Secret": _PEOPLE,
    "ConfigMap": "people, or the chart itself",
    "ServiceAccount": "Terraform, where it has a cloud role; otherwise the chart itself",
    "PersistentVolumeClaim": "people, or the chart itself",
    "Role": "people, or the chart itself",
}
_CLOSE = 0.6
_MOST_CLOSE = 3


def owner_of(kind: str) -> str:
    """Who makes things of a kind."""
    return _OWNERS.get(kind, _TERRAFORM)


def create_command(thing: Thing, uses: Iterable[Use], keys: Sequence[str]) -> str:
    """The command that makes a thing; the values of a Secret come from files, as every user can list arguments.

    Args:
        uses: how it is needed, which says what type a Secret has.
        keys: that it has to have.
    """
    name, within = shlex.quote(thing.name), f"--namespace {shlex.quote(thing.namespace)}"
    used = set(uses)
    if thing.kind == "Secret" and Use.PULL in used:
        return (
            f"kubectl create secret generic {name} {within} "
            "--type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=FILE"
        )
    if thing.kind == "Secret" and Use.TLS in used:
        return f"kubectl create secret tls {name} {within} --cert=FILE --key=FILE"
    if thing.kind in ("Secret", "ConfigMap"):
        kind = "secret generic" if thing.kind == "Secret" else "configmap"
        form = "--from-file={}=FILE" if thing.kind == "Secret" else "--from-literal={}=…"
        given = " ".join(form.format(shlex.quote(key)) for key in keys) or "--from-env-file=FILE"
        return f"kubectl create {kind} {name} {within} {given}"
    if thing.kind == "Namespace":
        return f"kubectl create namespace {name}"
    if thing.kind == "ServiceAccount":
        return f"kubectl create serviceaccount {name} {within}"
    if thing.kind == "PriorityClass":
        return f"kubectl create priorityclass {name} --value=…"
    return ""


def add_keys_command(thing: Thing, keys: Sequence[str]) -> str:
    """The command that gives more keys to a Secret or a ConfigMap."""
    import json

    field = "stringData" if thing.kind == "Secret" else "data"
    patch = json.dumps({field: dict.fromkeys(keys, "…")}, ensure_ascii=False)
    command = f"kubectl patch {thing.kind.lower()} {shlex.quote(thing.name)} --namespace {shlex.quote(thing.namespace)}"
    if thing.kind == "Secret":
        return f"write {patch} to FILE, and: {command} --type merge --patch-file FILE; then delete the file"
    return f"{command} --type merge --patch {shlex.quote(patch)}"


def list_command(thing: Thing) -> str:
    """The command that shows what there is of a kind."""
    return f"kubectl get {_kind(thing)}{_within(thing)}"


def describe_command(thing: Thing) -> str:
    """The command that shows one thing, with its events."""
    return f"kubectl describe {_kind(thing)} {shlex.quote(thing.name)}{_within(thing)}"


def keep_command(thing: Thing) -> str:
    """The command after which Helm leaves a thing where it is, though its release has it no more."""
    return f"kubectl annotate {_kind(thing)} {shlex.quote(thing.name)} {RESOURCE_POLICY}=keep{_within(thing)}"


def _kind(thing: Thing) -> str:
    return shlex.quote(f"{thing.kind.lower()}.{thing.group}" if thing.group else thing.kind.lower())


def _within(thing: Thing) -> str:
    return f" --namespace {shlex.quote(thing.namespace)}" if thing.namespace else ""


def close_to(wanted: str, names: Iterable[str]) -> tuple[str, ...]:
    """Names that may be meant, the closest first; case and separators count for nothing."""
    from difflib import get_close_matches

    plain = {name: _plain(name) for name in names if name != wanted}
    found = get_close_matches(_plain(wanted), set(plain.values()), _MOST_CLOSE, _CLOSE) if wanted else []
    return tuple(name for match in found for name, each in plain.items() if each == match)[:_MOST_CLOSE]


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(".", "")
