"""This run may do on the cluster what its objects and its own steps need."""

from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    api = survey.cluster
    from jetscale_cicd.observe.cluster.access import check_rights

    review = check_rights(api, survey.scope, survey.manifests, survey.deployed())
    return Findings(review.missing, review.useful)


CHECK = SurveyCheck("rights", "this run may do what a deploy needs", _run, reads_manifests=True)
