"""What the registry says of a push, as a finding of a check."""

from typing import Any, cast

import pytest

from jetscale_cicd.errors import CannotTellError, PreconditionError, PublishError, Stage6Error
from jetscale_cicd.observe.registry_push import check_registry_push
from jetscale_cicd.tools.registry.interface import Registry


class Refusing:
    def __init__(self, error: Stage6Error | None) -> None:
        self.error = error
        self.asked: list[str] = []

    def check_push(self, chart: str) -> None:
        self.asked.append(chart)
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (
            PublishError("PUSH_FAILED", "no", hint="log in", where="oci://a/b"),
            PreconditionError,
            "REGISTRY_PUSH_DENIED",
        ),
        (CannotTellError("REGISTRY_CANNOT_TELL", "away"), CannotTellError, "REGISTRY_CANNOT_TELL"),
    ],
)
def test_a_refusal_is_one_and_an_answer_that_does_not_come_is_none(
    error: Stage6Error, kind: type[Stage6Error], code: str
) -> None:
    (found,) = check_registry_push(cast(Registry, Refusing(error)), "app")
    assert (type(found), found.code, found.message, found.hint, found.where) == (
        kind,
        code,
        error.message,
        error.hint,
        error.where,
    )


def test_a_registry_that_takes_a_push_of_this_chart_is_no_finding() -> None:
    registry: Any = Refusing(None)
    assert check_registry_push(registry, "app") == ()
    assert registry.asked == ["app"]
