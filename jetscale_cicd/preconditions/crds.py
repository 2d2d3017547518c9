"""The definitions of the package are on the cluster as packaged, or this run can apply them: helm never changes one."""

from jetscale_cicd.decide.cluster.definitions import DEFINITION
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    target = survey.target
    if not survey.packaged:
        return ()
    if target.crds == "ignore":
        return NotChecked(f"crds: ignore, so that {len(survey.packaged)} definitions of crds/ are not judged")
    from jetscale_cicd.tools.kubernetes import ApiFailure

    try:
        review = survey.definitions()
    except ApiFailure as failed:
        if failed.status != 403:
            raise
        return (_unseen(survey, failed.message),)
    return Findings(tuple(review.findings()), note="; ".join(review.notes()))


def _unseen(survey: TargetSurvey, message: str) -> CannotTellError:
    return CannotTellError(
        "CRD_UNSEEN",
        f"this run may not see whether {DEFINITION} {survey.packaged[0].name} is as packaged: {message}",
        where=f"target {survey.target.name}",
        hint="grant get of customresourcedefinitions.apiextensions.k8s.io on the cluster; or set crds: ignore",
    )


CHECK = SurveyCheck("crds", "the definitions of crds/ are as packaged, or can be applied", _run, reads_manifests=True)
