"""Frozen records: what a frozen dataclass is, made without generating code, because a process makes many at its start.

To import ``dataclasses`` and to make the 45 classes that a decision needs takes 36 of the 104 ms of its process, and
less than 1 ms like this (measured, CPython 3.11; docs/adr/0027-frozen-records.md). To others a record is a dataclass:
``dataclasses.fields``, ``asdict`` and ``replace`` work, and the first of them pays for the import.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    NamedTuple,
    NoReturn,
    TypeVar,
    dataclass_transform,
    get_origin,
    overload,
)

if TYPE_CHECKING:
    from dataclasses import replace

__all__ = ["Field", "field", "fields", "frozen", "replace"]

Class = TypeVar("Class")

_MISSING: Any = object()
_origin: Callable[[Any], object] = get_origin  # typed so that it may be compared with ClassVar
_NO_METADATA: Mapping[str, Any] = MappingProxyType({})


class Field(NamedTuple):
    """One field of a record, with the meanings of ``dataclasses.Field``."""

    name: str
    type: Any
    default: Any
    default_factory: Any
    compare: bool
    repr: bool
    hash: bool
    metadata: Mapping[str, Any]
    kw_only: bool

    @property
    def is_required(self) -> bool:
        """Whether a new record needs a value for it."""
        return self.default is _MISSING and self.default_factory is _MISSING

    def new_default(self) -> Any:
        """The value of a new record that was given none."""
        return self.default_factory() if self.default is _MISSING else self.default


def field(
    *,
    default: Any = _MISSING,
    default_factory: Any = _MISSING,
    compare: bool = True,
    repr: bool = True,  # noqa: A002
    hash: bool = True,  # noqa: A002
    metadata: Mapping[str, Any] = _NO_METADATA,
) -> Any:
    """What ``dataclasses.field`` describes; a field that is not compared is no part of the hash."""
    return Field("", None, default, default_factory, compare, repr, compare and hash, metadata, kw_only=False)


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class], /) -> type[Class]: ...


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, kw_only: bool) -> Callable[[type[Class]], type[Class]]: ...


def frozen(cls: Any = None, /, *, kw_only: bool = False) -> Any:
    """Make a class a record of its annotated names, and of those of its bases that are records.

    Args:
        kw_only: its own fields are given by name alone.

    Raises:
        TypeError: a default is mutable, so that all records would share it; a field without a default follows one that
            has one; or the class defines what a record gets here.
    """
    if cls is None:
        return lambda decorated: _made(decorated, kw_only)
    return _made(cls, kw_only)


def fields(record: Any) -> tuple[Field, ...]:
    """The fields of a record, or of its class, in the order of their definition."""
    found: tuple[Field, ...] = record.__record_fields__
    return found


if not TYPE_CHECKING:  # a type checker knows the names and types that `dataclasses.replace` takes

    def replace(record, /, **changes):
        """A new record like another one, but for some fields."""
        return type(record)(**{each.name: getattr(record, each.name) for each in fields(record)} | changes)


def _made(cls: type, kw_only: bool) -> type:
    found = {each.name: each for base in reversed(cls.__mro__[1:]) for each in getattr(base, "__record_fields__", ())}
    for name, annotation in cls.__annotations__.items():
        if _is_class_variable(annotation):
            continue
        given = cls.__dict__.get(name, _MISSING)
        described: Field = given if isinstance(given, Field) else field(default=given)
        if type(described.default).__hash__ is None:
            raise TypeError(f"{cls.__name__}.{name}: a default that can change is made by a default_factory")
        found[name] = described._replace(name=name, type=annotation, kw_only=kw_only)
        if described.default is not _MISSING:
            setattr(cls, name, described.default)
        elif given is not _MISSING:
            delattr(cls, name)
    positional = tuple(each for each in found.values() if not each.kw_only)
    _check_order(cls, positional)
    names = tuple(each.name for each in positional)
    for name, part in {**_SHARED, "__record_fields__": tuple(found.values()), "__match_args__": names}.items():
        if name in cls.__dict__:
            raise TypeError(f"{cls.__name__} defines {name}, which a record has from here: make it an ordinary class")
        setattr(cls, name, part)
    return cls


def _is_class_variable(annotation: Any) -> bool:
    text = annotation if isinstance(annotation, str) else ""
    return annotation is ClassVar or _origin(annotation) is ClassVar or text.startswith(("ClassVar", "typing.ClassVar"))


def _check_order(cls: type, positional: tuple[Field, ...]) -> None:
    optional = ""
    for each in positional:
        if optional and each.is_required:
            raise TypeError(f"{cls.__name__}: {each.name} has no default and follows {optional}, which has one")
        optional = optional or ("" if each.is_required else each.name)


def _init(self: Any, /, *args: Any, **kwargs: Any) -> None:
    cls = type(self)
    if not kwargs and len(args) == len(cls.__match_args__) == len(cls.__record_fields__):  # 10,000 versions are read so
        self.__dict__.update(zip(cls.__match_args__, args, strict=True))
        if hasattr(cls, "__post_init__"):
            self.__post_init__()
        return
    given = dict(zip(cls.__match_args__, args, strict=False)) | kwargs
    if len(given) < len(args) + len(kwargs):
        raise TypeError(f"{cls.__name__}() takes {len(cls.__match_args__)} arguments by position, each once")
    state = self.__dict__
    for each in cls.__record_fields__:
        if each.name in given:
            state[each.name] = given.pop(each.name)
        elif each.is_required:
            raise TypeError(f"{cls.__name__}() needs a value for {each.name}")
        else:
            state[each.name] = each.new_default()
    if given:
        raise TypeError(f"{cls.__name__}() has no field {', '.join(given)}")
    if post_init := getattr(self, "__post_init__", None):
        post_init()


def _eq(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(self) if each.compare)


def _hash(self: Any) -> int:
    return hash(tuple(getattr(self, each.name) for each in fields(self) if each.hash))


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change {name} of a {type(self).__name__}: a record is frozen")


def _dataclass_like(cls: Any) -> Any:
    """A dataclass with the fields of a record."""
    import dataclasses

    def known(value: Any) -> Any:
        return dataclasses.MISSING if value is _MISSING else value

    described = [
        (
            each.name,
            each.type,
            dataclasses.field(
                default=known(each.default),
                default_factory=known(each.default_factory),
                compare=each.compare,
                repr=each.repr,
                hash=each.hash,
                metadata=each.metadata,
                kw_only=each.kw_only,
            ),
        )
        for each in fields(cls)
    ]
    return dataclasses.make_dataclass(cls.__name__, described, frozen=True)


class _OfDataclass:
    """What a dataclass has under a name, made when something asks for it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, _: object, cls: Any) -> Any:
        made = getattr(_dataclass_like(cls), self.name)
        setattr(cls, self.name, made)
        return made


class _Signature:
    """What ``inspect.signature`` and ``help`` show of the class."""

    def __get__(self, record: object, cls: Any) -> Any:
        if record is not None:
            raise AttributeError("__signature__")
        import inspect

        return inspect.signature(_dataclass_like(cls))


_SHARED = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__replace__": replace,
    "__dataclass_fields__": _OfDataclass("__dataclass_fields__"),
    "__dataclass_params__": _OfDataclass("__dataclass_params__"),
    "__signature__": _Signature(),
}
