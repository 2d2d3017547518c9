"""An earlier revision brought back by hand."""

from dataclasses import dataclass

from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What a rollback did.

    Args:
        target: where.
        before: what was deployed, or tried last.
        to: the revision that was brought back.
        after: what is deployed now.
        verified: what was seen afterwards.
    """

    target: Target
    before: Deployed
    to: int
    after: Deployed
    verified: str
