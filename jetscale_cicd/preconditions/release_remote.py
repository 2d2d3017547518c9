"""Tags are pushed to the remote that python-semantic-release's configuration names, where it names one."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.observe.git.remote import remote_of
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(context: RunContext, proposal: Proposal) -> bool:
    return proposal.plan.decision is Decision.PUBLISH and bool(context.rules.remote)


def _run(context: RunContext, _: Proposal) -> None:
    ours, theirs = remote_of(context.repository), context.rules.remote
    if ours and ours != theirs:
        raise ConfigurationError(
            "RELEASE_REMOTE",
            f"remote.name is {theirs}, and Stage 6 pushes tags to {ours}",
            where=context.rules.origin,
            hint=f"remove remote.name; or, where {theirs} is right: git remote rename {theirs} origin",
        )


CHECK = RunCheck("release-remote", "tags are pushed to the remote of remote.name", _applies, _run)
