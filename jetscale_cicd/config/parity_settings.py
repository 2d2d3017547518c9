"""The settings of `parity` (the part `parity` of `.stage6.yaml`): which targets are compared, and what may differ."""

from collections.abc import Iterable, Mapping

from jetscale_cicd.model.field_rules import apply_checks, check_label, check_text
from jetscale_cicd.model.parity import DifferenceKind
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import quoted

_MOST_CHARS = 1000


def check_pattern(text: str) -> None:
    """Refuse what can match no difference."""
    check_text(text)
    kind = text.partition(":")[0]
    if kind not in tuple(DifferenceKind) or len(text) <= len(kind) + 1:
        raise ValueError(
            f"{quoted(text)} names no difference: write {', '.join(DifferenceKind)}, a ':' and what differs"
        )
    if len(text) > _MOST_CHARS:
        raise ValueError(f"has more than {_MOST_CHARS:,} characters")


def check_reason(text: str) -> None:
    """Refuse what is no reason."""
    check_text(text)
    if not text.strip():
        raise ValueError("must say why the difference is meant")


@frozen(kw_only=True)
class ParitySettings:
    """Which two targets `parity` compares, and how they may differ.

    Args:
        between: the two targets; without them any two, each pair with the same allow-list.
        allow: difference, with `*` for anything, to the reason why it is meant.
        fails: a difference that is not allowed makes `parity` fail.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    between: tuple[str, ...] = field(default=(), metadata={"check": check_label})
    allow: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"check": check_reason, "check_key": check_pattern}
    )
    fails: bool = False

    def __post_init__(self) -> None:
        apply_checks(self)
        if self.between and (len(self.between) != 2 or len(set(self.between)) != 2):
            raise ValueError("between: must name two targets")

    def is_for(self, one: str, other: str) -> bool:
        """Whether it is about these two, in either order."""
        return not self.between or {one, other} == set(self.between)

    def allow_for(self, one: str, other: str) -> Mapping[str, str]:
        """How these two may differ."""
        return self.allow if self.is_for(one, other) else {}

    def fails_for(self, one: str, other: str) -> bool:
        """Whether it is a failure that these two differ otherwise."""
        return self.fails and self.is_for(one, other)

    def unknown(self, targets: Iterable[str]) -> str:
        """What is wrong where ``between`` names no target of the file; "" where all is right."""
        names = list(targets)
        wrong = next((name for name in self.between if name not in names), None)
        return f"between: {quoted(wrong)} is no target; targets are: {', '.join(names)}" if wrong else ""
