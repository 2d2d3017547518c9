"""The smoke test of a target: a command of the user's own, with which the verification of a deploy ends."""

from jetscale_cicd.model.field_rules import apply_checks, check_text, check_timeout, check_variable
from jetscale_cicd.model.record import field, frozen


@frozen(kw_only=True)
class SmokeTest:
    """A command that is run at the top of the checkout once all else is verified; it has to end with 0.

    Args:
        command: program and arguments, without a shell; a program with a slash is one of the checkout.
        environment: variables of the run that it gets; their values are secrets, and it gets no others.
        timeout: time that it may take: 90s, 2m.
        rollback: where it fails, bring back the newest good revision, and hold the commit.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    command: tuple[str, ...] = field(default=(), metadata={"check": check_text})
    environment: tuple[str, ...] = field(default=(), metadata={"check": check_variable})
    timeout: int = field(default=120, metadata={"check": check_timeout})
    rollback: bool = False

    def __post_init__(self) -> None:
        apply_checks(self)
        if not self.command:
            raise ValueError("command: must be a program and its arguments")
