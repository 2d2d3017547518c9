"""The API server would take every object that is new or changed: schema, admission, quota, immutable fields."""

from jetscale_cicd.decide.needs.judge import without_unserved
from jetscale_cicd.decide.needs.ownership import without_foreign
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    api = survey.cluster
    if survey.is_on_another_cluster:
        return NotChecked("the context leads to another cluster, where nothing is tried")
    from jetscale_cicd.observe.cluster.dry_run import check_policy

    target, deployed = survey.target, survey.deployed()
    ours = survey.manifests
    if survey.is_told_by("ownership"):
        seen = survey.inventory()
        ours = without_foreign(ours, deployed, seen, release=target.release, namespace=target.namespace)
    if survey.is_told_by("chart-needs"):
        ours = without_unserved(ours, survey.made(), survey.inventory())
    review = check_policy(api, survey.scope, ours, deployed, applies=survey.context.helm.applies)
    if review.untried:
        return NotChecked("; ".join(review.notes))
    return Findings(review.refused, note="; ".join(review.notes))


CHECK = SurveyCheck("policy", "the API server takes every object", _run, reads_manifests=True)
