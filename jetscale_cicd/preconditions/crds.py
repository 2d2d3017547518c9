"""The definitions of the package are on the cluster as packaged, or this run can apply them: helm never changes one."""

from jetscale_cicd.decide.cluster.definition_findings import refused_definition
from jetscale_cicd.decide.cluster.definitions import DEFINITION, PackagedDefinition
from jetscale_cicd.decide.cluster.refusals import Meaning, classify
from jetscale_cicd.decide.fields import Object
from jetscale_cicd.errors import CannotTellError, PreconditionError
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey
from jetscale_cicd.tools.beside import each_beside


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
    refused = () if survey.why_not_tried else each_beside(lambda seen: _tried(survey, *seen), review.to_apply())
    return Findings((*review.findings(), *(each for each in refused if each)), note="; ".join(review.notes()))


def _tried(survey: TargetSurvey, packaged: PackagedDefinition, found: Object | None) -> PreconditionError | None:
    """What the API server says of a definition that the run is to apply; which right lacks, another check says."""
    from jetscale_cicd.observe.cluster.definitions import try_definition
    from jetscale_cicd.tools.kubernetes import ApiFailure

    try:
        try_definition(survey.cluster, packaged, found)
    except ApiFailure as failed:
        rule = classify(failed.status, failed.message)
        if failed.unreachable or (rule is not None and rule.meaning is Meaning.PASSING):
            raise
        is_unchecked = rule is not None and rule.meaning is Meaning.UNCHECKED
        return None if is_unchecked else refused_definition(packaged, failed.message)
    return None


def _unseen(survey: TargetSurvey, message: str) -> CannotTellError:
    return CannotTellError(
        "CRD_UNSEEN",
        f"this run may not see whether {DEFINITION} {survey.packaged[0].name} is as packaged: {message}",
        where=f"target {survey.target.name}",
        hint="grant get of customresourcedefinitions.apiextensions.k8s.io on the cluster; or set crds: ignore",
    )


CHECK = SurveyCheck("crds", "the definitions of crds/ are as packaged, or can be applied", _run, reads_manifests=True)
