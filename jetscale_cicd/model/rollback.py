"""The command ``rollback``: an earlier revision brought back."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.target import Target


@frozen(kw_only=True)
class RollbackOutcome:
    """The outcome of a rollback that was begun.

    Args:
        before: what was deployed, or attempted last.
        to: the revision that was to be brought back.
        after: what is deployed now; None where the rollback did not succeed.
        verified: what was verified afterwards.
        error: why the rollback failed, or why what is deployed now is not verified.
    """

    before: Deployed
    to: int
    after: Deployed | None = None
    verified: str = ""
    error: Stage6Error | None = None


@frozen(kw_only=True)
class Rollback:
    """A rollback that succeeded.

    Args:
        target: the target that was rolled back.
        before: what was deployed, or attempted last.
        to: the revision that was brought back.
        after: what is deployed now.
        verified: what was verified afterwards.
    """

    target: Target
    before: Deployed
    to: int
    after: Deployed
    verified: str
