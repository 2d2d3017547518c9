"""What still differs while the values are the same is explained by no value."""

import pytest

from jetscale_cicd.decide.parity.attribution import Effects, attributed
from jetscale_cicd.model.parity import Cause, Difference, DifferenceKind

FIELD, OBJECT, IMAGE = DifferenceKind.FIELD, DifferenceKind.OBJECT, DifferenceKind.IMAGE


def causes(found: str, effects: Effects | None) -> list[Cause | None]:
    """The cause of one difference; none where it is left out."""
    kind, _, subject = found.partition(":")
    difference = Difference(kind=DifferenceKind(kind), subject=subject, one=None, other=None)
    return [each.cause for each in attributed({difference.id: difference}, effects)]


@pytest.mark.parametrize(
    ("found", "effect", "touches"),
    [
        ("field:Pod/a:spec.x", "field:Pod/a:spec.x", True),
        ("field:Pod/a:spec.x", "field:Pod/a:spec", True),
        ("field:Pod/a:spec", "field:Pod/a:spec.x", True),
        ("field:Pod/a:spec.l[b].x", "field:Pod/a:spec.l", True),
        ("field:Pod/a:spec.l", "field:Pod/a:spec.l[b].x", True),
        ("field:Pod/a:spec.x", "field:Pod/a:spec.xy", False),
        ("field:Pod/a:spec.xy", "field:Pod/a:spec.x", False),
        ("field:Pod/a:spec.x", "field:Pod/a:spec.y", False),
        ("field:Pod/a:spec.x", "field:Pod/b:spec.x", False),
        ("field:Pod/a:spec.x", "object:Pod/a", False),
    ],
)
def test_a_field_is_explained_unless_it_is_part_of_an_effect_or_has_one(found: str, effect: str, touches: bool) -> None:
    assert causes(found, Effects(others=frozenset([effect]))) == ([Cause.NAMES] if touches else [])


@pytest.mark.parametrize("found", ["object:Pod/a", "image:Pod/a/web"])
def test_objects_and_images_are_shown_whatever_explains_them(found: str) -> None:
    assert causes(found, Effects()) == [Cause.VALUES]
    assert causes(found, Effects(others=frozenset([found]))) == [Cause.NAMES]
    assert causes(found, None) == [None]


def test_what_differs_between_more_alike_renders_is_the_cause() -> None:
    found = "field:Pod/a:x"
    ids = frozenset([found])
    assert causes(found, Effects(others=ids, capabilities=ids)) == [Cause.CAPABILITIES]
    assert causes(found, Effects(others=ids, capabilities=ids, noise=ids)) == [Cause.EVERY_RENDER]


def test_where_effects_are_unknown_no_field_is_said_to_be_unexplained() -> None:
    assert causes("field:Pod/a:x", None) == []
