"""The Secrets of the contract are there, with their keys, unless this very release makes them."""

from jetscale_cicd.decide.needs.contract import contract_secrets
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _applies(survey: TargetSurvey) -> bool:
    return bool(survey.target.contract_secrets)


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    if survey.api is None:
        return NotChecked("no cluster is asked")
    return contract_secrets(target.contract_secrets, survey.made(), survey.inventory(), survey.needs(), target)


CHECK = SurveyCheck(
    "contract-secrets",
    "the Secrets of the contract have their keys",
    _run,
    applies=_applies,
    reads_manifests=True,
    converges=True,
)
