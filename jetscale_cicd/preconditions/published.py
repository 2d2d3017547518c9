"""The registry holds the package with which the latest version was released; a replaced one is not deployed."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.release import Present
from jetscale_cicd.observe.git.tag_message import recorded_digest
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    artifact = proposal.desired.artifact
    released = artifact is not None and isinstance(artifact.answer, Present)
    return released and proposal.plan.decision is not Decision.PUBLISH


def _run(context: RunContext, proposal: Proposal) -> None:
    latest, artifact = proposal.desired.release, proposal.desired.artifact
    if latest is None or artifact is None or not isinstance(artifact.answer, Present):
        return
    recorded = recorded_digest(context.repository, latest.tag)
    reserved = proposal.observed.releases.reserved
    others = [each for each in reserved if each.tag == latest.tag and each.commit != latest.commit]
    if recorded is None and others:
        raise PublishError(
            "PUBLISHED_DIFFERS",
            f"{latest.tag} was tagged outside Stage 6 at {latest.commit[:12]}, and a run published "
            f"{others[0].commit[:12]} as this version",
            where=artifact.reference,
            hint=f"compare them: jetscale-cicd verify-chart {latest.tag}; then release a new version",
        )
    if recorded and recorded != artifact.answer.digest:
        raise PublishError(
            "PUBLISHED_DIFFERS",
            f"{latest.tag} was released with {recorded}, but the registry now holds {artifact.answer.digest}",
            where=artifact.reference,
            hint=f"compare them: jetscale-cicd verify-chart {latest.tag}; then delete that version in the registry, "
            "so that the next run rebuilds it from its tag, or release a new one",
        )


CHECK = RunCheck("published", "the registry holds the package that was released", _applies, _run)
