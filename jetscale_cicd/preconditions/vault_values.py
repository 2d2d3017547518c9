"""The entries of the contract are in their vault, with a value for each key; no value leaves the check."""

import os
from collections.abc import Iterator

from jetscale_cicd.decide.contract.vault_values import vault_findings
from jetscale_cicd.model.vault import VaultAnswer
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked, placed
from jetscale_cicd.preconditions.survey.target import TargetSurvey

_DESCRIBED = "whether the values have their keys is not checked: aws_values is describe"


def _applies(survey: TargetSurvey) -> bool:
    contract = survey.target.contract
    return survey.has_clusters and bool(contract.aws_secrets or contract.vault_secrets)


def _run(survey: TargetSurvey) -> Found:
    contract, request = survey.target.contract, survey.context.request
    trusted = (request.acts or request.preflight) and not survey.proposal.observed.refusal
    if contract.vault_secrets and contract.vault_address and not trusted:
        # The address is the commit's, and gets the token of this run.
        return NotChecked("vault_address is asked for a commit that is released, by a preflight or a run")
    note = _DESCRIBED if survey.target.contract.aws_values == "describe" else ""
    place = f"targets.{survey.target.name}.contract"
    aws = placed(vault_findings(_of_aws(survey)), f"{place}.aws_secrets")
    hashicorp = placed(vault_findings(_of_hashicorp(survey)), f"{place}.vault_secrets")
    return Findings((*aws, *hashicorp), note=note)


def _of_aws(survey: TargetSurvey) -> Iterator[VaultAnswer]:
    contract, redact = survey.target.contract, survey.context.redact
    if contract.aws_secrets:
        from jetscale_cicd.tools.vault.aws import AwsVault
        from jetscale_cicd.tools.vault.every_entry import check_entries

        aws = AwsVault(redact=redact, region=contract.aws_region, describe=contract.aws_values == "describe")
        yield from check_entries(aws, contract.aws_secrets, contract.may_be_empty)


def _of_hashicorp(survey: TargetSurvey) -> Iterator[VaultAnswer]:
    contract, redact = survey.target.contract, survey.context.redact
    if contract.vault_secrets:
        from jetscale_cicd.tools.vault.every_entry import check_entries
        from jetscale_cicd.tools.vault.hashicorp import HashicorpVault

        address = {"VAULT_ADDR": contract.vault_address} if contract.vault_address else {}
        vault = HashicorpVault(redact=redact, env={**os.environ, **address})
        yield from check_entries(vault, contract.vault_secrets, contract.may_be_empty)


CHECK = SurveyCheck(
    "vault-values", "the vault has the values of the contract", _run, applies=_applies, of_cluster=False
)
