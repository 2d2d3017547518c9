"""No other Ingress or HTTPRoute of the cluster serves a host of the release."""

from jetscale_cicd.decide.needs.hosts import routed_kinds, taken_hosts
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _applies(survey: TargetSurvey) -> bool:
    return bool(routed_kinds(survey.manifests, survey.target.namespace))


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    return taken_hosts(survey.manifests, survey.inventory(), release=target.release, namespace=target.namespace)


CHECK = SurveyCheck("ingress-hosts", "no other release serves a host", _run, applies=_applies, reads_manifests=True)
