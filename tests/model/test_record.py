"""A record behaves as a frozen dataclass does: the same classes, made by both, are asked the same."""

import copy
import dataclasses
import inspect
import pickle
import pprint
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import pytest

from jetscale_cicd.model.record import field, fields, frozen, replace


@frozen
class Point:
    """By position or by name, with a default and a made default."""

    x: int
    y: int = 0
    marks: Mapping[str, str] = field(default_factory=dict, hash=False, metadata={"check": "marks"})
    scale: ClassVar[int] = 3


@frozen(kw_only=True)
class Named:
    """By name alone; a field that does not count."""

    name: str
    note: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.lower())


@frozen
class Located(Point):
    """One field more than its base."""

    where: str = "here"


@dataclasses.dataclass(frozen=True)
class PlainPoint:
    """The same, by the standard library."""

    x: int
    y: int = 0
    marks: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False, metadata={"check": "marks"})
    scale: ClassVar[int] = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlainNamed:
    """The same, by the standard library."""

    name: str
    note: str = dataclasses.field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.lower())


@dataclasses.dataclass(frozen=True)
class PlainLocated(PlainPoint):
    """The same, by the standard library."""

    where: str = "here"


PAIRS = [(Point, PlainPoint), (Named, PlainNamed), (Located, PlainLocated)]
GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 2), {}),
    ((1, 2, {"a": "b"}), {}),
    ((1, 2, {}, "there"), {}),
    ((1, 2, {}, "there", 5), {}),
    ((1,), {"y": 2}),
    ((1,), {"x": 2}),
    ((), {"name": "A"}),
    ((), {"name": "A", "note": "b"}),
    ((1,), {"z": 2}),
    ((1,), {"scale": 2}),
]


def made(kind: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What a call makes, as its repr without the class, or the kind of error."""
    try:
        return repr(kind(*args, **kwargs)).removeprefix("Plain")
    except TypeError:
        return "TypeError"


@pytest.mark.parametrize(("record", "plain"), PAIRS)
@pytest.mark.parametrize(("args", "kwargs"), GIVEN)
def test_a_call_makes_or_refuses_what_the_dataclass_does(
    record: Any, plain: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    assert made(record, args, kwargs) == made(plain, args, kwargs)


@pytest.mark.parametrize(("record", "plain"), PAIRS)
def test_the_fields_are_those_of_the_dataclass(record: Any, plain: Any) -> None:
    def described(cls: Any) -> list[tuple[Any, ...]]:
        slots = ("name", "type", "default", "default_factory", "init", "repr", "compare", "metadata", "kw_only")
        return [tuple(getattr(each, slot) for slot in slots) for each in dataclasses.fields(cls)]

    assert described(record) == described(plain)
    assert [each.name for each in fields(record)] == [each.name for each in dataclasses.fields(plain)]
    assert record.__match_args__ == plain.__match_args__


def test_records_are_equal_by_class_and_compared_fields() -> None:
    assert Point(1) == Point(1, 0)
    assert Point(1) != Point(2)
    assert Point(1) != Located(1)
    assert Point(1) != cast("Any", PlainPoint(1))
    assert Named(name="a", note="one") == Named(name="a", note="two")
    assert {Named(name="a", note="one")} == {Named(name="a", note="two")}


def test_equal_records_have_one_hash_and_a_field_that_cannot_be_hashed_may_be_left_out() -> None:
    assert hash(Point(1, 2, {"a": "b"})) == hash(Point(1, 2, {"c": "d"}))


@pytest.mark.parametrize("name", ["x", "y", "other"])
def test_a_record_cannot_be_changed(name: str) -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(point, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(point, name)
    assert point == Point(1)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
@pytest.mark.parametrize("record", [Point(1, 2, {"a": "b"}), Located(1, where="x"), Named(name="A", note="b")])
def test_a_copy_is_equal_and_complete(copied: Callable[[Any], Any], record: Any) -> None:
    assert vars(copied(record)) == vars(record)


def as_python_3_13(record: Any, **changes: Any) -> Any:
    """What ``copy.replace`` calls."""
    return record.__replace__(**changes)


@pytest.mark.parametrize("changed", [replace, dataclasses.replace, as_python_3_13])
def test_a_record_like_another_one_is_checked_again(changed: Callable[..., Any]) -> None:
    assert changed(Named(name="a", note="b"), name="C") == Named(name="c")
    assert changed(Located(1, where="x"), y=2) == Located(1, 2, where="x")
    with pytest.raises(TypeError):
        changed(Point(1), z=2)


def test_the_standard_library_takes_a_record_for_a_dataclass() -> None:
    kinds: list[Any] = [Located, Named]
    assert all(map(dataclasses.is_dataclass, kinds))
    assert dataclasses.asdict(Located(1, marks={"a": "b"})) == {"x": 1, "y": 0, "marks": {"a": "b"}, "where": "here"}


def test_patterns_match_by_position_and_name() -> None:
    match Located(1, 2, {}, "x"):
        case Located(1, y, where=where):
            assert (y, where) == (2, "x")
        case other:
            pytest.fail(f"{other} did not match")


SHARED = "class Wrong:\n    marks: list[str] = []"
ORDER = "class Wrong:\n    x: int = 0\n    marks: int"
OWN = "class Wrong:\n    marks: int\n    def __eq__(self, other): return True"


@pytest.mark.parametrize("source", [SHARED, ORDER, OWN])
def test_a_class_that_is_no_record_is_refused(source: str) -> None:
    names: dict[str, Any] = {}
    exec(source, names)  # a type checker refuses them, too
    with pytest.raises(TypeError, match="Wrong"):
        frozen(names["Wrong"])


@pytest.mark.parametrize("annotation", ["ClassVar", "ClassVar[int]", "'ClassVar[int]'", "'typing.ClassVar[int]'"])
def test_a_variable_of_the_class_is_no_field(annotation: str) -> None:
    names: dict[str, Any] = {"ClassVar": ClassVar}
    exec(f"class Counted:\n    x: int\n    total: {annotation} = 3", names)
    assert [each.name for each in fields(frozen(names["Counted"]))] == ["x"]


def test_a_class_may_be_a_default() -> None:
    @frozen
    class Kind:
        of: type = dict

    assert Kind().of is dict


def test_made_defaults_are_not_shared() -> None:
    assert Point(1).marks is not Point(1).marks


def test_the_package_makes_its_records_without_dataclasses() -> None:
    probe = "import sys, jetscale_cicd.stage6; print('dataclasses' in sys.modules, 'inspect' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "False"]


def test_documentation_shows_the_fields() -> None:
    assert str(inspect.signature(Point)) == str(inspect.signature(PlainPoint))


def test_a_record_that_can_be_called_shows_what_it_takes() -> None:
    @frozen
    class Adder:
        x: int

        def __call__(self, y: int) -> int:
            return self.x + y

    assert str(inspect.signature(Adder(1))) == "(y: int) -> int"


def test_a_record_is_printed_as_a_dataclass_and_may_be_the_base_of_one() -> None:
    @dataclasses.dataclass(frozen=True)
    class Derived(Point):
        z: int = 3

    assert Derived(1, z=4).z == 4
    assert pprint.pformat(Located(1)) == pprint.pformat(PlainLocated(1)).removeprefix("Plain")
