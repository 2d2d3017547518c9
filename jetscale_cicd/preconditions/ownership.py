"""No object of the release belongs to another release, or to nobody: Helm would refuse to take it."""

from jetscale_cicd.decide.needs.ownership import foreign_objects, own_namespace
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    rendered = own_namespace(survey.manifests, target.namespace) if survey.new_namespace() else ()
    foreign = foreign_objects(
        survey.manifests,
        survey.deployed(),
        survey.inventory(),
        install=survey.installs,
        release=target.release,
        namespace=target.namespace,
    )
    return (*rendered, *foreign)


CHECK = SurveyCheck("ownership", "no object of the release is another's", _run, reads_manifests=True)
