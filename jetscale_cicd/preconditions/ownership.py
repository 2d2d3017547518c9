"""No object of the release belongs to another release, or to nobody: Helm would refuse to take it."""

from jetscale_cicd.decide.needs.ownership import foreign_objects
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    return foreign_objects(
        survey.manifests,
        survey.deployed(),
        survey.inventory(),
        install=survey.installs,
        release=target.release,
        namespace=target.namespace,
    )


CHECK = SurveyCheck("ownership", "no object of the release is another's", _run, reads_manifests=True)
