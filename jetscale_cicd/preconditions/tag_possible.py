"""The release tag can be created: no tag is in its way."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    return proposal.plan.decision is Decision.PUBLISH and bool(proposal.observed.releases.beside)


def _run(_: RunContext, proposal: Proposal) -> None:
    from jetscale_cicd.decide.release.tag_formats import in_the_way

    release = proposal.desired.release
    if release and (other := in_the_way(release.tag, proposal.observed.releases.beside)):
        raise PreconditionError(
            "TAG_IN_THE_WAY",
            f"the remote has the tag {other}, and git can hold no tag {release.tag} beside it",
            where=f"refs/tags/{other}",
            hint="delete or rename it if nobody needs it, or set another chart.tag_format",
        )


CHECK = RunCheck("tag-possible", "no tag is in the way of the release tag", _applies, _run)
