"""The words for needs that are not met: what is missing, who needs it, and the remedy."""

import shlex
from collections.abc import Iterator, Mapping

from jetscale_cicd.decide.needs.inventory import Place
from jetscale_cicd.decide.needs.need import Need, Thing, Use
from jetscale_cicd.decide.needs.remedies import (
    add_keys_command,
    close_to,
    create_command,
    describe_command,
    keep_command,
    list_command,
    owner_of,
)
from jetscale_cicd.decide.needs.verdicts import DOCKER_TYPES, Circumstances, Verdict
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen

_MOST_LINES = 8
_MOST_NAMES = 3


@frozen
class Group:
    """Needs that are told as one: of the same thing, for the same reason.

    Args:
        lines: where the values say a text (``values_lines.lines_of_values``).
    """

    needs: tuple[Need, ...]
    state: Verdict
    given: Circumstances
    lines: Mapping[str, str]

    @property
    def thing(self) -> Thing:
        """What is needed; of several of one kind that could not be seen, the first."""
        return self.needs[0].thing

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that are needed, each once."""
        return _unique(need.key for need in self.needs if need.key)

    @property
    def uses(self) -> frozenset[Use]:
        """How it is needed."""
        return frozenset(need.use for need in self.needs)

    @property
    def warns(self) -> bool:
        """Whether a deploy may succeed without it, which only the deploy shows.

        What makes no pods needs nothing for them yet. An account with rights in its namespace alone sees no class of
        the cluster; an image may be pulled without a login, as the live revision shows: Kubernetes passes over an
        ``imagePullSecrets`` entry that is not there.
        """
        if self.state is Verdict.UNSEEN:
            return not self.thing.namespace and Use.KIND not in self.uses
        if all(need.user.idle for need in self.needs) and Use.KIND not in self.uses:
            return True
        return self.state is Verdict.MISSING and self.uses == {Use.PULL} and self.thing in self.given.lived_without

    @property
    def users(self) -> str:
        """Who needs it, a few of them by name."""
        names = _unique(str(need.user) for need in self.needs)
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        return ", ".join(names[:_MOST_NAMES]) + more

    @property
    def there(self) -> str:
        """Where it should be."""
        return f"namespace {self.thing.namespace}" if self.thing.namespace else "the cluster"

    @property
    def where(self) -> str:
        """The templates, and the line of the values that says the name, or the key."""
        templates = _unique(need.user.template for need in self.needs if need.user.template)
        names = (*(self.keys if self.state is Verdict.KEY_MISSING else ()), self.thing.name)
        lines = (self.lines.get(name, "") for name in names)
        line = next((found for found in lines if found), "")
        return ", ".join([*templates[:_MOST_NAMES], *([line] if line else [])])

    def details(self, *more: str) -> tuple[str, ...]:
        """Every place that needs it, and what else is known."""
        places = _unique(need.place for need in self.needs)
        rest = (f"… and {len(places) - _MOST_LINES} more",) if len(places) > _MOST_LINES else ()
        return (*places[:_MOST_LINES], *rest, *(each for each in more if each))


def finding(group: Group) -> Stage6Error:
    """The error for needs that are not met."""
    match group.state:
        case Verdict.UNSEEN:
            return _unseen(group)
        case Verdict.NOT_SERVED:
            return _not_served(group)
        case Verdict.KEY_MISSING:
            return _key_missing(group)
        case Verdict.TOO_LATE | Verdict.GONE:
            return _too_late(group)
        case Verdict.WRONG_TYPE:
            return _wrong_type(group)
        case Verdict.REMOVED:
            message = f"{group.thing} is removed by this upgrade, and {group.users} needs it"
            hint = f"keep it in the chart, or have helm leave it there: {keep_command(group.thing)}"
            return _unmet("UPGRADE_REMOVES_NEEDED", message, hint, group)
        case Verdict.OPERATED:
            return _operated(group)
        case _:
            return _missing(group)


def _unmet(code: str, message: str, hint: str, group: Group, *more: str) -> PreconditionError:
    owner = f"owner: {owner_of(group.thing.kind)}"
    return PreconditionError(code, message, hint=hint, where=group.where, details=group.details(*more, owner))


def _missing(group: Group) -> PreconditionError:
    thing = group.thing
    leaves = group.state is Verdict.LEAVING
    there = f"{thing} in {group.there} is being deleted" if leaves else f"there is no {thing} in {group.there}"
    message = f"{there}, and {group.users} needs it"
    hint, close = _make(group), _close(thing.name, group.given.inventory.names(thing))
    if leaves:
        hint, close = f"what delays that? {describe_command(thing)}; once it is gone: {hint}", ""
    if thing.kind == "Secret" and Use.PULL in group.uses:
        hint = f"have the run make it, by image_pull_secret of the target; or {hint}"
        return _unmet("PULL_SECRET_MISSING", message, hint, group, close)
    match thing.kind:
        case "Secret":
            return _unmet("NEEDED_SECRET_MISSING", message, hint, group, close, _copied(group))
        case "ConfigMap":
            return _unmet("NEEDED_CONFIGMAP_MISSING", message, hint, group, close, _copied(group))
        case "ServiceAccount":
            return _unmet("SERVICE_ACCOUNT_MISSING", message, hint, group, close)
        case "PersistentVolumeClaim":
            return _unmet("CLAIM_MISSING", message, f"create it, or name another: {hint}", group, close)
        case "PriorityClass":
            return _unmet("PRIORITY_CLASS_MISSING", message, hint, group, close)
        case "IngressClass" | "StorageClass":
            return _class_missing(group, message, close)
        case _:
            return _reference_missing(group, message, f"create it, or name another: {hint}", close)


def _reference_missing(group: Group, message: str, hint: str, close: str) -> PreconditionError:
    match group.thing.kind:
        case "RuntimeClass":
            return _unmet("RUNTIME_CLASS_MISSING", message, hint, group, close)
        case "SecretStore" | "ClusterSecretStore":
            return _unmet("SECRET_STORE_MISSING", message, hint, group, close)
        case "Issuer" | "ClusterIssuer":
            return _unmet("ISSUER_MISSING", message, hint, group, close)
        case "Namespace":
            return _unmet("OBJECT_NAMESPACE_MISSING", message, hint, group, close)
        case "Role" | "ClusterRole":
            return _unmet("ROLE_MISSING", message, hint, group, close)
        case "Gateway" | "GatewayClass":
            return _unmet("GATEWAY_MISSING", message, hint, group, close)
        case _:
            return _unmet("REFERENCE_MISSING", message, hint, group, close)


def _class_missing(group: Group, message: str, close: str) -> PreconditionError:
    thing, show = group.thing, list_command(group.thing)
    if thing.kind == "StorageClass":
        if not thing.name:
            message = f"no StorageClass is the default of the cluster, and {group.users} names none"
        hint = f"name one that there is, or have it made: {show}"
        return _unmet("STORAGE_CLASS_MISSING", message, hint, group, close)
    if not thing.name:
        message = f"no IngressClass is the default of the cluster, and {group.users} names none"
    elif Use.LEGACY_CLASS in group.uses:
        message += "; nor has any Ingress of that class an address, so no controller is known to answer it"
    hint = f"name one that there is, or install its controller: {show}"
    return _unmet("INGRESS_CLASS_MISSING", message, hint, group, close)


def _key_missing(group: Group) -> PreconditionError:
    thing, present = group.thing, group.given.inventory.things.get(group.thing)
    known = {*(present.keys or () if present else ()), *group.given.release.keys_of(thing)}
    keys = f"key {', '.join(group.keys)}" if len(group.keys) == 1 else f"keys {', '.join(group.keys)}"
    message = f"{thing} in {group.there} has no {keys}, and {group.users} needs it"
    near = [_close(key, known) for key in group.keys]
    makers = group.given.release.things.get(thing, ())
    if makers:
        hint = f"add it to {makers[0].by.kind} {makers[0].by.name} ({makers[0].by.template or 'of this release'})"
    elif present and present.controller:
        show = f"{list_command(thing)} {shlex.quote(thing.name)} --output yaml"
        hint = f"add it to what {present.controller} makes it of: {show}"
    else:
        hint = add_keys_command(thing, group.keys)
    if thing.kind == "Secret":
        return _unmet("NEEDED_SECRET_KEY_MISSING", message, hint, group, *near)
    return _unmet("NEEDED_CONFIGMAP_KEY_MISSING", message, hint, group, *near)


def _too_late(group: Group) -> PreconditionError:
    thing, release = group.thing, group.given.release
    made = release.later(group.needs[0], group.given.deploy)
    maker = f"{made.by} ({made.by.template})" if made and made.by.template else str(made.by) if made else "the release"
    if group.state is Verdict.GONE:
        message = f"{group.users} needs {thing}, which {maker} makes and helm removes before, by hook-succeeded"
        hint = "take hook-succeeded out of its helm.sh/hook-delete-policy, or make it an object of the release"
        return _unmet("HOOK_REMOVES_NEEDED", message, hint, group)
    if group.needs[0].user.events:
        message = f"{group.users} waits for {thing}, which {maker} makes only after it: a deadlock"
        hint = "make it a hook that runs before, by its helm.sh/hook-weight, or run the hook that needs it later"
        return _unmet("HOOK_DEADLOCK", message, hint, group)
    message = f"{group.users} waits for {thing}, which {maker} makes only once the release is ready: a deadlock"
    hint = "make it a hook before the release, or an object of it"
    return _unmet("WAITS_FOR_HOOK", message, hint, group)


def _wrong_type(group: Group) -> PreconditionError:
    message = f"{group.thing} in {group.there} is no login for a registry, and {group.users} pulls images with it"
    hint = f"its type has to be {DOCKER_TYPES[0]}: delete it, then {_make(group)}"
    return _unmet("PULL_SECRET_TYPE", message, hint, group)


def _not_served(group: Group) -> PreconditionError:
    need, given = group.needs[0], group.given
    version, kind = need.api_version, need.thing.kind
    makers = given.release.kinds.get((version, kind), ())
    others = [each.api_version for each in given.inventory.resources or () if each.kind == kind]
    users = group.users
    if makers and any(given.deploy.moments(makers[0])):
        message = f"{kind} of {version} is made by this release ({makers[0]}), and helm asks for it before: {users}"
        hint = "put its CustomResourceDefinition into crds/ of the chart, or apply it first: kubectl apply -f FILE"
        return _unmet("KIND_NOT_SERVED", message, hint, group)
    if makers:
        message = f"{kind} of {version} is not served: its CRD is in crds/, which helm leaves out of upgrades: {users}"
        file = shlex.quote(makers[0].template.partition("/")[2] or "FILE")
        return _unmet("KIND_NOT_SERVED", message, f"apply it first: kubectl apply --server-side -f {file}", group)
    if others:
        message = f"the cluster serves {kind} as {', '.join(others)}, and not as {version}: {users}"
        hint = f"write it as {others[0]} in the template, or take a version of the chart that does"
        return _unmet("KIND_NOT_SERVED", message, hint, group)
    message = f"the cluster serves no {kind} of {version}: {users}"
    api_group = shlex.quote(version.rpartition("/")[0])
    hint = f"install what brings it (its CRDs); what there is: kubectl api-resources --api-group={api_group}"
    return _unmet("KIND_NOT_SERVED", message, hint, group)


def _operated(group: Group) -> CannotTellError:
    makers = ", ".join(map(str, group.given.release.operators_of(group.thing)[:_MOST_NAMES]))
    return CannotTellError(
        "NEEDED_MAYBE_MADE",
        f"there is no {group.thing} in {group.there}; the operator of {makers} may make it, and {group.users} needs it",
        hint=f"deploy {makers} first, or make it: {_make(group)}",
        where=group.where,
        details=group.details(),
    )


def _unseen(group: Group) -> CannotTellError:
    thing, inventory = group.thing, group.given.inventory
    if Use.KIND in group.uses:
        version = group.needs[0].api_version
        message = f"the cluster does not say whether it serves {thing.kind} of {version}"
        path = f"/{'apis' if '/' in version else 'api'}/{version}"
        hint = f"does that API answer? kubectl get --raw {shlex.quote(path)}"
        return CannotTellError("NEED_UNSEEN", message, hint=hint, where=group.where, details=group.details())
    names = _unique(need.thing.name or "the default one" for need in group.needs)
    why = inventory.why_unseen.get(Place(*thing[:3]), "")
    return CannotTellError(
        "NEED_UNSEEN",
        f"this run may not see {thing.kind} {', '.join(names)} in {group.there}, which {group.users} needs",
        hint=f"let it get or list them; as somebody who may: {list_command(thing)}",
        where=group.where,
        details=group.details(why),
    )


def _make(group: Group) -> str:
    thing = group.thing
    command = create_command(thing, group.uses, group.keys)
    if command and thing.namespace in group.given.inventory.new_namespaces:
        return f"kubectl create namespace {shlex.quote(thing.namespace)} && {command}"
    return command or list_command(thing)


def _copied(group: Group) -> str:
    new = group.thing.namespace in group.given.inventory.new_namespaces
    return "if a controller copies it into new namespaces, make the namespace alone, and check again" if new else ""


def _close(wanted: str, names: "Iterator[str] | tuple[str, ...] | set[str]") -> str:
    found = close_to(wanted, names)
    return f"there is {', '.join(found)}: is one of them meant by {wanted}?" if found else ""


def _unique(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
