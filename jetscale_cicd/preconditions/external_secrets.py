"""External Secrets Operator works, and each store and ExternalSecret of the contract is as it has to be."""

from jetscale_cicd.decide.cluster.pipe_findings import check_pipes
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found, placed
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _applies(survey: TargetSurvey) -> bool:
    return bool(survey.target.contract_external_secrets or survey.target.contract.stores)


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    wanted, stores = target.contract_external_secrets, target.contract.stores
    found = check_pipes(survey.pipes(), wanted, stores, survey.coming_pipes)
    return placed(found, f"targets.{target.name}.contract")


CHECK = SurveyCheck(
    "external-secrets",
    "the ExternalSecrets of the contract are synced",
    _run,
    applies=_applies,
    reads_manifests=True,
    converges=True,
)
