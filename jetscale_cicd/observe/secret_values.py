"""Values that are secret: from the environment, through a file that only this user can read, to helm."""

import os
from collections.abc import Iterable

from jetscale_cicd.config.settings import Settings
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.misplaced import misplaced_in
from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS, Redactor, check_long_enough

# Of a variable that is not set, or whose value could not be masked, where only a render needs a value.
STAND_IN = "stage6-stand-in"


def learn_secrets(redact: Redactor, settings: Settings) -> None:
    """Mask the secrets of every target, as those that were not asked for are rendered, too; and what looks like one."""
    targets = (*settings.targets, *settings.left_out)
    names = {name for each in targets for name in (*each.secrets.values(), *each.smoke_variables)}
    redact.learn((os.environ.get(name, "") for name in names), MIN_KNOWN_CHARS)
    redact.learn(misplaced_in((settings.chart, settings.release, targets)))


def stand_ins(target: Target) -> dict[str, str]:
    """Dotted values key to secret, or to a stand-in: for a target that is rendered, and not deployed."""
    given = {key: os.environ.get(name, "") for key, name in target.secrets.items()}
    return {key: value if len(value.strip()) >= MIN_KNOWN_CHARS else STAND_IN for key, value in given.items()}


def secrets_of(target: Target) -> dict[str, str]:
    """Dotted values key to secret; the redactor knows each of them since the context was opened.

    Raises:
        PreconditionError: ``SECRET_UNSET``, a variable is not set, or blank; ``SECRET_SHORT``, its value is too
            short to be masked.
    """
    check_secrets(target.secrets.values(), f"target {target.name}", f"targets.{target.name}.secrets")
    return {key: os.environ[name] for key, name in target.secrets.items()}


def check_secrets(variables: Iterable[str], of: str, where: str) -> None:
    """Refuse variables for secrets that are not set, or whose values could not be masked.

    Raises:
        PreconditionError: ``SECRET_UNSET`` or ``SECRET_SHORT``.
    """
    names = tuple(variables)
    if unset := [name for name in names if not os.environ.get(name, "").strip()]:
        raise PreconditionError(
            "SECRET_UNSET",
            f"{of} takes values from {', '.join(map(shown, unset))}, which is not set, or blank",
            where=where,
            hint="set the variable for this step, for example by env: in a workflow",
        )
    for name in names:
        check_long_enough(name, os.environ[name], where)
