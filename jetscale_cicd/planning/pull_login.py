"""The login of the Secret for pulling images that a target's deploys make."""

import os

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.target import Target


def pull_login(context: RunContext, target: Target) -> bytes:
    """Its Docker configuration; empty where the target has none.

    Raises:
        PreconditionError: ``PULL_LOGIN``.
        ConfigurationError: ``REGISTRY_CONFIG``.
    """
    if target.image_pull_secret is None:
        return b""
    from jetscale_cicd.observe.pull_login import read_pull_login

    where = f"targets.{target.name}.image_pull_secret"
    return read_pull_login(target.image_pull_secret, where, os.environ, context.logins)
