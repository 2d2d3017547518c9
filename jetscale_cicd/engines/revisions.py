"""The error of engines that keep no revisions."""

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.target import Target


def keeps_no_revisions(target: Target) -> ConfigurationError:
    """The error for a rollback of a target without revisions."""
    return ConfigurationError(
        "USAGE",
        f"target {target.name} is deployed by {target.engine}, which keeps no revisions",
        where="--target",
        hint="revert the commit instead: the next run deploys the result",
    )
