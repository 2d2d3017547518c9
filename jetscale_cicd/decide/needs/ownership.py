"""Objects of a release that somebody else has on the cluster: Helm takes none of them, and a hook deletes them.

Helm's rule (helm 3.22, pkg/action/validate.go): what the live revision does not have, and is there, has to carry its
label and its two annotations with the name and the namespace of the release. Hooks and ``crds/`` are not asked.
"""

import shlex
from collections.abc import Iterator, Sequence

from jetscale_cicd.decide.cluster.helm_marks import BEFORE_CREATION, MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.needs.hooks import Deploy, Phase, user_of
from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present, Sight
from jetscale_cicd.decide.needs.need import Thing, User, thing_of
from jetscale_cicd.decide.needs.remedies import list_command
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error

_MOST_NAMES = 5


def foreign_objects(
    manifests: Sequence[Manifest],
    live: Sequence[Manifest],
    inventory: Inventory,
    *,
    install: bool,
    release: str,
    namespace: str,
) -> tuple[Stage6Error, ...]:
    """What Helm would refuse to take, or a hook would delete, because it is not of this release.

    Args:
        live: manifests of the revision that the deploy begins with.
        inventory: of what ``to_compare`` names.
        install: whether the deploy makes the first revision.
        release: name of the release.
        namespace: of the release.
    """
    own = (release, namespace)
    found: list[Stage6Error] = []
    unseen: dict[Place, list[Thing]] = {}
    for thing, user in _compared(manifests, live, namespace, Deploy(install)):
        located = inventory.located(thing)
        present = inventory.things.get(located)
        if present is None and inventory.sight(located) is Sight.UNSEEN and not user.events:
            unseen.setdefault(Place(*located[:3]), []).append(located)
        elif present and user.events:
            found += _deleted(located, user, present, own)
        elif present and not (present.helm and present.release == own):
            found.append(_of_another(located, user, present, own))
    return (*found, *(_unseen(place, things, inventory) for place, things in unseen.items()))


def own_namespace(manifests: Sequence[Manifest], namespace: str) -> tuple[PreconditionError, ...]:
    """The error for a chart that renders the namespace which the run makes before it: Helm takes none that is there."""
    for each in manifests:
        if (each.kind, each.api_version, each.name) == ("Namespace", "v1", namespace) and not each.hook:
            return (
                PreconditionError(
                    "NAMESPACE_RENDERED",
                    f"the chart renders Namespace {namespace}, which the run makes before, by create_namespace",
                    where=each.source,
                    hint="take it out of the chart, where another chart or Terraform does not make it",
                ),
            )
    return ()


def to_compare(
    manifests: Sequence[Manifest], live: Sequence[Manifest], *, install: bool, namespace: str
) -> frozenset[Thing]:
    """What the cluster has to be asked for: objects that this deploy would be the first to have."""
    return frozenset(thing for thing, _ in _compared(manifests, live, namespace, Deploy(install)))


def _compared(
    manifests: Sequence[Manifest], live: Sequence[Manifest], namespace: str, deploy: Deploy
) -> Iterator[tuple[Thing, User]]:
    known = {thing_of(each, namespace) for each in live if not each.hook}
    for manifest in manifests:
        thing, user = thing_of(manifest, namespace), user_of(manifest, namespace)
        phases = {moment.phase for moment in deploy.moments(user)}
        metadata = manifest.document.get("metadata")
        named = isinstance(metadata, dict) and bool(metadata.get("name"))
        if named and phases - {Phase.CRDS} and (user.events or thing not in known):
            yield thing, user


def _deleted(thing: Thing, user: User, present: Present, own: tuple[str, str]) -> Iterator[PreconditionError]:
    """What a hook would delete that is of another release, or of no hook at all."""
    of_another = present.release[0] and present.release != own
    if BEFORE_CREATION not in user.policies or user.kind == "CustomResourceDefinition":
        return
    if of_another or not (present.release[0] or present.hook):
        yield PreconditionError(
            "HOOK_DELETES_ANOTHERS",
            f"{user} would delete {thing}{_within(thing)} before it is made, which is of {_owner(present)}",
            where=user.template,
            hint=f"give the hook another name; what is there: {_command('get', thing)}",
            details=_origin(present),
        )


def _of_another(thing: Thing, user: User, present: Present, own: tuple[str, str]) -> PreconditionError:
    name, namespace = map(shlex.quote, own)
    adopt = (
        f"{_command('label', thing)} --overwrite {MANAGED_BY}=Helm && {_command('annotate', thing)} --overwrite "
        f"{RELEASE_NAME}={name} {RELEASE_NAMESPACE}={namespace}"
    )
    return PreconditionError(
        "OBJECT_OF_ANOTHER",
        f"{thing}{_within(thing)} is there already and is of {_owner(present)}, so helm refuses to take it",
        where=user.template,
        hint=f"give one of the two another name; or, if it is to be of this release: {adopt}; "
        f"or, if nobody needs it: {_command('delete', thing)}",
        details=_origin(present),
    )


def _unseen(place: Place, things: list[Thing], inventory: Inventory) -> CannotTellError:
    names = ", ".join(each.name for each in things[:_MOST_NAMES])
    more = f" and {len(things) - _MOST_NAMES} more" if len(things) > _MOST_NAMES else ""
    why = inventory.why_unseen.get(place, "")
    return CannotTellError(
        "OWNER_UNSEEN",
        f"this run may not see whether {place.kind} {names}{more} is there already, and whose",
        hint=f"let it get or list them, which helm needs, too; as somebody who may: {list_command(things[0])}",
        details=(why,) if why else (),
    )


def _owner(present: Present) -> str:
    name, namespace = present.release
    if name:
        managed = "" if present.helm else ", without Helm's label"
        return f"release {namespace}/{name}{managed}"
    return "no release of Helm"


def _origin(present: Present) -> tuple[str, ...]:
    owned = (f"it belongs to {present.controller}",) if present.controller else ()
    return (*owned, *(("it is being deleted",) if present.leaving else ()))


def _within(thing: Thing) -> str:
    return f" in namespace {thing.namespace}" if thing.namespace else " of the cluster"


def _command(verb: str, thing: Thing) -> str:
    kind = f"{thing.kind.lower()}.{thing.group}" if thing.group else thing.kind.lower()
    within = f" --namespace {shlex.quote(thing.namespace)}" if thing.namespace else ""
    return f"kubectl {verb} {shlex.quote(kind)} {shlex.quote(thing.name)}{within}"


def without_foreign(
    manifests: Sequence[Manifest], live: Sequence[Manifest], inventory: Inventory, *, release: str, namespace: str
) -> tuple[Manifest, ...]:
    """The manifests without objects that Helm would refuse to take: whatever else is wrong with them is no matter."""
    known = {thing_of(each, namespace) for each in live if not each.hook}

    def is_foreign(manifest: Manifest) -> bool:
        thing = thing_of(manifest, namespace)
        present = inventory.things.get(inventory.located(thing))
        ours = present is None or (present.helm and present.release == (release, namespace))
        return not (ours or manifest.hook or thing in known)

    return tuple(each for each in manifests if not is_foreign(each))
