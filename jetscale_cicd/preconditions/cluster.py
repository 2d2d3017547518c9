"""The context of a target leads to the cluster that is meant, whatever its name is today."""

from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Found, Noted
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    seen, wrong = survey.compared_cluster()
    if wrong:
        return (wrong,)
    known = survey.target.cluster or survey.recorded
    return () if known else Noted(f"the first deploy records it: {seen.record or 'unknown'}")


CHECK = SurveyCheck("cluster", "the context leads to the cluster of the target", _run, of_repairs=True)
