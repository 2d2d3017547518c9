"""The release tag and its reservation can be created: no ref is in the way of one."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    return proposal.plan.decision is Decision.PUBLISH and bool(proposal.observed.releases.beside)


def _run(context: RunContext, proposal: Proposal) -> None:
    import shlex

    from jetscale_cicd.decide.release.tag_formats import in_the_way
    from jetscale_cicd.model.change import show_path
    from jetscale_cicd.observe.git.remote import RESERVED, TAGS, remote_of

    release = proposal.desired.release
    refs = (TAGS + release.tag, RESERVED + release.tag) if release else ()
    blocked = ((ref, in_the_way(ref, proposal.observed.releases.beside)) for ref in refs)
    for ref, other in blocked:
        if other:
            shown = show_path(other.encode("utf-8", "surrogateescape"))
            rename = "" if other.startswith("refs/stage6") else ", or set another chart.tag_format"
            raise PreconditionError(
                "TAG_IN_THE_WAY",
                f"the remote has {shown}, and git can hold no {ref} beside it",
                where=shown,
                hint=f"if nobody needs it: git push {remote_of(context.repository)} {shlex.quote(f':{shown}')}{rename}",
            )


CHECK = RunCheck("tag-possible", "no ref is in the way of the release tag", _applies, _run)
