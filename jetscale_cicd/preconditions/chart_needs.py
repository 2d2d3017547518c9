"""Everything that the manifests need, and this release does not make in time, is on the cluster."""

from jetscale_cicd.decide.needs.judge import (
    logins_of,
    removed_by,
    unmet_needs,
    unserved_of_live,
    without_packaged,
)
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.decide.needs.verdicts import Circumstances
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    inventory = survey.inventory()
    needs = survey.needs()
    if survey.is_told_by("contract-secrets"):
        contract = survey.contract_secrets(target.contract_secrets)
        needs = tuple(each for each in needs if not contract.says(each, target.namespace))
    if target.crds == "check" and survey.is_told_by("crds"):  # which names the definition
        needs = without_packaged(needs, survey.made())
    given = Circumstances(
        release=survey.made(),
        inventory=inventory,
        deploy=survey.hooks,
        leaving=removed_by(survey.deployed(), survey.manifests, target.namespace),
        provided=survey.provided,
        lived_without=logins_of(needs_of(survey.deployed(), target.namespace)),
    )
    unmet = unmet_needs(needs, given, survey.values)
    unserved = unserved_of_live(survey.deployed(), inventory, f"{target.namespace}/{target.release}")
    return Findings((*unserved, *unmet.errors), unmet.warnings)


CHECK = SurveyCheck("chart-needs", "the cluster has what the manifests need", _run, reads_manifests=True)
