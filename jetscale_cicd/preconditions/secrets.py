"""The environment variables for secret values are set."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.secret_values import secrets_of
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check


def _subjects(_: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    return [target for target in proposal.plan.deployed_targets if target.secrets]


def _run(_context: RunContext, _proposal: Proposal, target: Target | None) -> None:
    if target:
        secrets_of(target)


CHECK = Check("secrets", "the environment has every secret value", _subjects, _run, of_this_process=True)
