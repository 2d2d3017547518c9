"""The configuration sets what a run acts on: registry, namespaces and releases."""

from jetscale_cicd.config.required import check_required
from jetscale_cicd.context import RunContext
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_context: RunContext, _proposal: Proposal) -> bool:
    return True


def _run(context: RunContext, _: Proposal) -> None:
    check_required(context.settings, context.request.config)


CHECK = RunCheck(
    "configuration", "registry, namespaces and releases are written down", _applies, _run, stops_plan=False
)
