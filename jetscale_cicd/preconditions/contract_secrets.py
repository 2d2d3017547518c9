"""The Secrets of the contract are there, with their keys, unless this very release makes them."""

from jetscale_cicd.decide.cluster.external_secrets import Sync, target_secret
from jetscale_cicd.decide.cluster.pipe_findings import comes
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _applies(survey: TargetSurvey) -> bool:
    return bool(survey.target.contract_secrets)


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    told = bool(target.contract_external_secrets) and survey.is_told_by("external-secrets")
    explained = _explained(survey) if told else frozenset()
    wanted = {name: keys for name, keys in target.contract_secrets.items() if name not in explained}
    found = survey.contract_secrets(wanted).missing(survey.needs(), target)
    if left := [name for name in target.contract_secrets if name in explained and not found]:
        return NotChecked(f"{', '.join(left)} is what ExternalSecrets are synced to: see external-secrets")
    return found


def _explained(survey: TargetSurvey) -> frozenset[str]:
    """The Secrets of ExternalSecrets that are not synced, which another check reports with the cause."""
    seen = survey.pipes()
    names = (each for each in survey.target.contract_external_secrets if not comes(seen, each, survey.coming_pipes))
    found = {name: seen.external_secret(name) for name in names}
    late = {target_secret(each) for each in found.values() if each and seen.state(each).sync is not Sync.SYNCED}
    return frozenset(late | {name for name, each in found.items() if each is None})


CHECK = SurveyCheck(
    "contract-secrets",
    "the Secrets of the contract have their keys",
    _run,
    applies=_applies,
    reads_manifests=True,
    converges=True,
)
