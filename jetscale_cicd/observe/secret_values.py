"""Values that are secret: from the environment, through a file that only this user can read, to helm."""

import os

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target


def secrets_of(target: Target) -> dict[str, str]:
    """Dotted values key to secret; the redactor knows each of them since the world was opened.

    Raises:
        PreconditionError: ``SECRET_UNSET``, a variable is not there, or empty.
    """
    unset = [name for name in target.secrets.values() if not os.environ.get(name)]
    if unset:
        raise PreconditionError(
            "SECRET_UNSET",
            f"target {target.name} takes values from {', '.join(unset)}, and that is not set",
            where=f"targets.{target.name}.secrets",
            hint="give the variable to this step, for example by env: in a workflow",
        )
    return {key: os.environ[name] for key, name in target.secrets.items()}
