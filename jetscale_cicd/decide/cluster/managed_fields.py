"""Who set which field of an object, by its ``metadata.managedFields`` (FieldsV1 of the Kubernetes API)."""

from collections.abc import Iterator, Sequence

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.decide.cluster.managers import Role, role_of
from jetscale_cicd.decide.fields import Object, part, parts, text
from jetscale_cicd.model.record import field, frozen

# Of the API server (structured-merge-diff, fieldpath/serialize-pe.go): a field, an item of a list by its key fields,
# an item of a set by its value, and an item by its number.
_FIELD, _KEYS, _VALUE, _NUMBER = "f:", "k:", "v:", "i:"
_OWNED = "."
_LONGEST_KEY = 4096
# The key of an item that is identified by itself.
_ITSELF = ""


@frozen
class Item:
    """An item of a list, by its key fields with their values; of a set, by its value alone."""

    keys: tuple[tuple[str, object], ...]

    def __str__(self) -> str:
        return f"[{','.join(str(value) for _, value in self.keys)}]"

    def identifies(self, thing: object) -> bool:
        """Whether a thing is this item; a manifest may leave a key field out, for which the server has a default."""
        if self.keys[0][0] == _ITSELF:
            return thing == self.keys[0][1]
        return (
            isinstance(thing, dict)
            and any(thing.get(name) == value for name, value in self.keys)
            and all(thing.get(name, value) == value for name, value in self.keys)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The key fields; () of an item of a set."""
        return tuple(name for name, _ in self.keys if name != _ITSELF)


Step = str | int | Item
Path = tuple[Step, ...]


@frozen
class Fields:
    """Fields that a manager owns: whether this one itself, all that it holds, or which of those below it."""

    owned: bool = False
    whole: bool = False
    below: "dict[Step, Fields]" = field(default_factory=dict)


@frozen(kw_only=True)
class Owner:
    """A manager, what it owns of an object, and when it set some of that last (RFC 3339, "" where that is unknown)."""

    name: str
    role: Role
    time: str = ""
    fields: Fields = field(default_factory=Fields)


def owners_of(thing: Object) -> tuple[Owner, ...]:
    """The managers of an object: people's tools first, the release's own last, the newest first of each."""
    found = [_owner(each) for each in parts(part(thing, "metadata"), "managedFields")]
    newest = sorted(found, key=lambda owner: owner.time, reverse=True)
    return tuple(sorted(newest, key=lambda owner: tuple(Role).index(owner.role)))


def owner_of(owners: Sequence[Owner], path: Path) -> Owner | None:
    """Who set a field: another manager before the release's own; None where nobody did, as of one that was removed."""
    return next((owner for owner in owners if _owns(owner.fields, path)), None)


def key_names(nodes: Sequence[Fields]) -> tuple[str, ...]:
    """The key fields of a list's items; () of a list without any."""
    steps = (step for node in nodes for step in node.below)
    return next((step.names for step in steps if isinstance(step, Item) and step.names), ())


def child(thing: object, step: Step) -> object:
    """What is at a step below a thing; None where nothing is."""
    if isinstance(step, Item):
        return next(filter(step.identifies, thing), None) if isinstance(thing, list) else None
    if isinstance(step, int):
        return thing[step] if isinstance(thing, list) and 0 <= step < len(thing) else None
    return thing.get(step) if isinstance(thing, dict) else None


def dotted(path: Path) -> str:
    """For people: keys with dots between, an item of a list by its key in brackets."""
    first, *others = path or ("",)
    return str(first) + "".join(str(step) if isinstance(step, Item) else f".{step}" for step in others)


def _owner(entry: Object) -> Owner:
    name, subresource = text(entry, "manager"), text(entry, "subresource")
    return Owner(
        name=f"{name} ({subresource})" if subresource else name,
        role=role_of(name, subresource),
        time=text(entry, "time"),
        fields=_fields(part(entry, "fieldsV1")),
    )


def _owns(fields: Fields, path: Path) -> bool:
    for number, step in enumerate(path):
        if step not in fields.below:
            return number > 0 and fields.whole
        fields = fields.below[step]
    return True


def _fields(raw: Object) -> Fields:
    return Fields(_OWNED in raw, not raw.keys() - {_OWNED}, dict(_below(raw)))


def _below(raw: Object) -> Iterator[tuple[Step, Fields]]:
    for key, inner in raw.items():
        step = None if key == _OWNED else _step(key)
        if step is not None and isinstance(inner, dict):
            yield step, _fields(inner)


def _step(key: str) -> Step | None:
    """The step that a key stands for; None where it is none that this knows."""
    form, rest = key[:2], key[2:]
    if form == _FIELD:
        return rest
    if form not in (_KEYS, _VALUE, _NUMBER):
        return None
    try:
        value = read_json(rest, max_bytes=_LONGEST_KEY)
    except JsonRefused:
        return None
    if form == _NUMBER:
        return value if isinstance(value, int) else None
    keys = tuple(value.items()) if form == _KEYS and isinstance(value, dict) else ((_ITSELF, value),)
    return Item(keys) if keys and all(isinstance(each, str | int | float) for _, each in keys) else None
