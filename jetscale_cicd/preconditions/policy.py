"""The API server would take every object that is new or changed: schema, admission, quota, immutable fields."""

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.needs.judge import without_unserved
from jetscale_cicd.decide.needs.ownership import without_foreign
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.target import Target
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    api = survey.cluster
    if why := survey.why_not_tried:
        return NotChecked(why)
    from jetscale_cicd.observe.cluster.dry_run import check_policy
    from jetscale_cicd.observe.cluster.namespace import namespace_missing, namespace_terminating

    target, deployed = survey.target, survey.deployed()
    ours = _without_packaged(survey)
    if survey.is_told_by("ownership"):
        seen = survey.inventory()
        ours = without_foreign(ours, deployed, seen, release=target.release, namespace=target.namespace)
    if survey.is_told_by("chart-needs"):
        ours = without_unserved(ours, survey.made(), survey.inventory())
    review = check_policy(api, survey.scope, ours, deployed)
    if review.namespace_terminates:
        return (namespace_terminating(target), *review.refused)
    if review.namespace_is_missing:
        made = target.create_namespace
        errors = () if made else (namespace_missing(target),)
        return Findings((*errors, *review.refused), (_untried(target),) if made else ())
    if review.untried:
        return NotChecked("; ".join(review.notes))
    return Findings(review.refused, note="; ".join(review.notes))


def _without_packaged(survey: TargetSurvey) -> tuple[Manifest, ...]:
    """The objects, without what another check says of the definitions in ``crds/``."""
    from jetscale_cicd.tools.kubernetes import ApiFailure

    if not survey.packaged or survey.target.crds == "ignore" or not survey.is_told_by("crds"):
        return survey.manifests
    try:
        return survey.definitions().to_try(survey.manifests)
    except ApiFailure:  # which is what that check says
        return survey.manifests


def _untried(target: Target) -> CannotTellError:
    return CannotTellError(
        "POLICY_UNTRIED",
        f"namespace {target.namespace} is made by the run, and before that nothing in it can be tried",
        where=f"target {target.name}",
        hint=f"to have everything tried before: kubectl create namespace {target.namespace}, and check again",
    )


CHECK = SurveyCheck("policy", "the API server takes every object", _run, reads_manifests=True)
