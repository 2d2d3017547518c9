"""What Helm keeps of the release fits into one Secret."""

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.chart.merged_values import merged
from jetscale_cicd.decide.cluster.release_size import review_size
from jetscale_cicd.preconditions.check import SurveyCheck
from jetscale_cicd.preconditions.survey.found import Findings, Found, NotChecked
from jetscale_cicd.preconditions.survey.target import TargetSurvey


def _run(survey: TargetSurvey) -> Found:
    target, rendering = survey.target, survey.rendering
    if rendering is None:
        return NotChecked("the chart is not rendered")
    config = merged(load_mapping(content, path, "VALUES") for path, content in survey.values.items())
    where = f"{target.namespace}/{target.release}"
    review = review_size(rendering.archive.read_bytes(), config, rendering.text, where)
    return Findings(review.refused, note="; ".join(review.notes))


CHECK = SurveyCheck("release-size", "the release fits into one Secret of Helm", _run, reads_manifests=True)
