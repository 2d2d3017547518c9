"""Secrets that a target's contract names: they are there with their keys, or this very release makes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present, Sight
from jetscale_cicd.decide.needs.made import Release
from jetscale_cicd.decide.needs.need import Need, Thing
from jetscale_cicd.decide.needs.remedies import add_keys_command, close_to, create_command
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.target import Target

_USERS = 5
_OWNER = "people or an operator make it, and no chart"


def contract_secrets(
    wanted: Mapping[str, Sequence[str]],
    made: Release,
    inventory: Inventory,
    needs: Sequence[Need],
    target: Target,
) -> tuple[Stage6Error, ...]:
    """What the Secrets of a contract lack, one finding for each Secret.

    Args:
        wanted: name of each to the keys that it must have with a value.
        made: by the release itself; what it makes need not be there before.
        inventory: of these Secrets.
        needs: of the manifests, which show who waits for a Secret.
    """
    found: list[Stage6Error] = []
    for name, keys in wanted.items():
        thing = Thing("", "Secret", target.namespace, name)
        present = inventory.things.get(thing)
        details = _users(thing, needs)
        if present:
            makers = made.things.get(thing, ())
            unknown = any(each.keys is None for each in makers)  # the release gives it more keys than can be seen
            left = () if unknown else tuple(key for key in keys if key not in made.keys_of(thing))
            found += _lacking(thing, left, present, target, details)
        elif thing not in made.things:
            found.append(_absent(thing, keys, inventory, target, details))
    return tuple(found)


def without_contract(
    needs: Iterable[Need], wanted: Mapping[str, Sequence[str]], inventory: Inventory, namespace: str
) -> tuple[Need, ...]:
    """The needs that the contract does not speak of: what it misses is told once."""

    def is_of_contract(need: Need) -> bool:
        if need.thing[:3] != ("", "Secret", namespace) or need.thing.name not in wanted:
            return False
        return need.key in wanted[need.thing.name] or inventory.sight(need.thing) is not Sight.PRESENT

    return tuple(each for each in needs if not is_of_contract(each))


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
