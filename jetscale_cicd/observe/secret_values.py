"""Values that are secret: from the environment, through a file that only this user can read, to helm."""

import os

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target

# Of a variable that is not set, where only a render needs a value.
STAND_IN = "stage6-stand-in"


def stand_ins(target: Target) -> dict[str, str]:
    """Dotted values key to secret, or to a stand-in: for a target that is rendered, and not deployed."""
    return {key: os.environ.get(name) or STAND_IN for key, name in target.secrets.items()}


def secrets_of(target: Target) -> dict[str, str]:
    """Dotted values key to secret; the redactor knows each of them since the context was opened.

    Raises:
        PreconditionError: ``SECRET_UNSET``, a variable is not set, or empty.
    """
    unset = [name for name in target.secrets.values() if not os.environ.get(name)]
    if unset:
        raise PreconditionError(
            "SECRET_UNSET",
            f"target {target.name} takes values from {', '.join(unset)}, which is not set",
            where=f"targets.{target.name}.secrets",
            hint="set the variable for this step, for example by env: in a workflow",
        )
    return {key: os.environ[name] for key, name in target.secrets.items()}
