"""The context of a target leads to the cluster that is meant, whatever its name is today."""

import os

from jetscale_cicd.decide.cluster.identity import needs_address, wrong_cluster
from jetscale_cicd.observe.git.remote import CLUSTERS
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found, Noted
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    target, api = survey.target, survey.cluster
    from jetscale_cicd.observe.cluster.identity import read_identity
    from jetscale_cicd.tools.process import tool_environment

    recorded = survey.proposal.observed.releases.clusters.get(target.name, ())
    seen = read_identity(
        survey.context.processes,
        tool_environment(os.environ),
        api,
        api.context,
        of_address=needs_address(target, recorded),
    )
    if wrong := wrong_cluster(target, seen, recorded, f"{CLUSTERS}{target.name}/{{record}}"):
        return (wrong,)
    return () if target.cluster or recorded else Noted(f"the first deploy records it: {seen.record or 'unknown'}")


CHECK = SurveyCheck("cluster", "the context leads to the cluster of the target", _run, of_repairs=True)
