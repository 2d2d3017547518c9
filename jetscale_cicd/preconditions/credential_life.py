"""The credentials of the cluster outlive the deploy."""

import os

from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    api = survey.cluster
    from jetscale_cicd.observe.cluster.credential_life import check_credential_life
    from jetscale_cicd.tools.process import tool_environment

    review = check_credential_life(survey.context.processes, tool_environment(os.environ), api, survey.target)
    return NotChecked("; ".join(review.notes)) if review.notes and not review.short else Findings(review.short)


CHECK = SurveyCheck("credential-life", "the credentials of the cluster outlive a deploy", _run)
