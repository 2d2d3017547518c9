"""The Secret for pulling images is the run's to make: nobody else has one of its name, and the chart renders none."""

from jetscale_cicd.decide.cluster.pull_secret import foreign, rendered
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _applies(survey: TargetSurvey) -> bool:
    return survey.target.image_pull_secret is not None


def _run(survey: TargetSurvey) -> Found:
    target, wanted = survey.target, survey.target.image_pull_secret
    found = survey.cluster.get(f"/api/v1/namespaces/{target.namespace}/secrets/{wanted.name}") if wanted else None
    refusals = (foreign(found, target) if found else None, rendered(survey.manifests, target))
    return tuple(each for each in refusals if each)


CHECK = SurveyCheck(
    "pull-secret", "the Secret for pulling images is the run's to make", _run, applies=_applies, reads_manifests=True
)
