"""Secrets that a target's contract names: they are there with their keys, or this very release makes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present, Sight
from jetscale_cicd.decide.needs.made import Made, Release
from jetscale_cicd.decide.needs.need import Need, Thing
from jetscale_cicd.decide.needs.remedies import add_keys_command, close_to, create_command
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.target import Target

_USERS = 5
_OWNER = "people or an operator make it, and no chart"


@frozen
class ContractSecrets:
    """The Secrets that a contract names.

    Args:
        wanted: name of each to the keys that it must have with a value.
        made: by the release itself; what it makes in this deploy need not be there before.
        inventory: of these Secrets.
        deploy: which hooks run depends on it.
    """

    wanted: Mapping[str, Sequence[str]]
    made: Release
    inventory: Inventory
    deploy: Deploy

    def missing(self, needs: Sequence[Need], target: Target) -> tuple[Stage6Error, ...]:
        """What they lack, one finding for each Secret.

        Args:
            needs: of the manifests, which show who waits for a Secret.
        """
        found: list[Stage6Error] = []
        for name, keys in self.wanted.items():
            thing = Thing("", "Secret", target.namespace, name)
            present = self.inventory.things.get(thing)
            details = _users(thing, needs)
            if present:
                found += _lacking(thing, self._not_made(thing, keys), present, target, details)
            elif not self._makers(thing):
                found.append(_absent(thing, keys, self.inventory, target, details))
        return tuple(found)

    def says(self, need: Need, namespace: str) -> bool:
        """Whether ``missing`` says of a need that it is not met."""
        thing = need.thing
        if thing[:3] != ("", "Secret", namespace) or thing.name not in self.wanted:
            return False
        present = self.inventory.things.get(thing)
        if present is None:
            return not self._makers(thing)
        return present.leaving or need.key in self._not_made(thing, self.wanted[thing.name])

    def _makers(self, thing: Thing) -> list[Made]:
        return [each for each in self.made.things.get(thing, ()) if any(self.deploy.moments(each.by))]

    def _not_made(self, thing: Thing, keys: Sequence[str]) -> tuple[str, ...]:
        """The keys that the release does not give to a Secret in this deploy."""
        makers = [*self._makers(thing), *self.made.added.get(thing, ())]
        if any(each.keys is None for each in makers):  # it gives it more keys than can be seen
            return ()
        return tuple(key for key in keys if not any(key in (each.keys or ()) for each in makers))


def _users(thing: Thing, needs: Iterable[Need]) -> tuple[str, ...]:
    users = dict.fromkeys(f"{each.user.kind} {each.user.name}" for each in needs if each.thing == thing)
    more = f" and {len(users) - _USERS} more" if len(users) > _USERS else ""
    return (f"needed by {', '.join(list(users)[:_USERS])}{more}",) if users else ()


def _absent(
    thing: Thing, keys: Sequence[str], inventory: Inventory, target: Target, details: tuple[str, ...]
) -> Stage6Error:
    where = f"targets.{target.name}.contract.secrets"
    if inventory.sight(thing) is Sight.UNSEEN:
        why = inventory.why_unseen.get(Place(*thing[:3]), "this run may not read it")
        return CannotTellError(
            "CONTRACT_SECRET_UNSEEN",
            f"whether Secret {thing.name} is in namespace {thing.namespace} cannot be told: {why}",
            where=where,
            hint=f"grant get of the Secret: kubectl auth can-i get secret/{thing.name} --namespace {thing.namespace}",
            details=details,
        )
    command = create_command(thing, (), tuple(keys))
    if thing.namespace in inventory.new_namespaces:  # which the run would make, and is refused for this
        command = f"kubectl create namespace {thing.namespace} && {command}"
    near = close_to(thing.name, inventory.names(thing))
    similar = f"; there is {', '.join(near)}" if near else ""
    return PreconditionError(
        "CONTRACT_SECRET_MISSING",
        f"Secret {thing.name} is not in namespace {thing.namespace}{similar}",
        where=where,
        hint=f"{_OWNER}: {command}",
        details=details,
    )


def _lacking(
    thing: Thing, keys: Sequence[str], present: Present, target: Target, details: tuple[str, ...]
) -> Iterator[Stage6Error]:
    if present.leaving:
        yield PreconditionError(
            "CONTRACT_SECRET_MISSING",
            f"Secret {thing.name} of namespace {thing.namespace} is being deleted",
            where=f"targets.{target.name}.contract.secrets",
            hint=f"what delays that? kubectl describe secret {thing.name} --namespace {thing.namespace}",
            details=details,
        )
        return
    held = present.keys
    if held is None or not keys:
        return
    missing = [key for key in keys if key not in held]
    lacking = _Lacking(thing, target, details, present.controller)
    if missing:
        near = [each for key in missing for each in close_to(key, held)]
        what = f"lacks {', '.join(missing)}" + (f" (it has {', '.join(near)})" if near else "")
        yield lacking.error("CONTRACT_SECRET_KEY_MISSING", what, missing)
    if empty := [key for key in keys if held.get(key)]:
        yield lacking.error("CONTRACT_SECRET_KEY_EMPTY", f"has no value for {', '.join(empty)}", empty)


class _Lacking(NamedTuple):
    """A Secret that is there, and lacks something."""

    thing: Thing
    target: Target
    details: tuple[str, ...]
    maker: str = ""

    def _hint(self, keys: Sequence[str]) -> str:
        """An operator takes back what somebody else writes."""
        if self.maker:
            return f"add it to what {self.maker} makes it of: what is written into the Secret itself is taken back"
        return f"where an operator makes it, correct its source; else: {add_keys_command(self.thing, tuple(keys))}"

    def error(self, code: str, what: str, keys: Sequence[str]) -> PreconditionError:
        """What it lacks, and how to add that."""
        return PreconditionError(
            code,
            f"Secret {self.thing.name} of namespace {self.thing.namespace} {what}",
            where=f"targets.{self.target.name}.contract.secrets.{self.thing.name}",
            hint=self._hint(keys),
            details=self.details,
        )
