"""The verdict: one sentence for what a plan does."""

from dataclasses import replace

import pytest

from jetscale_cicd.model.live import Deployed, NotDeployed, Revision
from jetscale_cicd.model.plan import Decision, Plan, TargetDecision, TargetPlan
from jetscale_cicd.model.step import StepName, StepState
from jetscale_cicd.report.verdict import verdict
from tests.report.samples import LIVE, NOTHING, PUBLISH, REDEPLOY, RELEASE, SINCE, step

QUIET = replace(NOTHING, latest=RELEASE)
EXPOSED = Deployed(
    version="0.2.1",
    commit="",
    digest="",
    values_digest="",
    revision=Revision(number=1, status="deployed", exposed=True),
)
CLEANED = TargetDecision(target=LIVE, decision=Decision.NOTHING, reasons=(), compared=SINCE, live=EXPOSED)


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (PUBLISH, "publish 0.3.0 (minor, after 0.2.1) and deploy it to live (jetscale-prod)"),
        (
            replace(PUBLISH, latest=None),
            "publish 0.3.0 (minor, after no release yet) and deploy it to live (jetscale-prod)",
        ),
        (REDEPLOY, "redeploy 0.2.1 to live (jetscale-prod)"),
        (QUIET, "nothing to do (latest: 0.2.1)"),
        (NOTHING, "nothing to do (latest: no release yet)"),
        (replace(NOTHING, idle="the workflow failed"), "nothing: the workflow failed"),
        (
            replace(QUIET, target_plans=(TargetPlan(decided=replace(CLEANED, live=NotDeployed(), superseded=True)),)),
            "nothing: what is released or deployed is newer (live) (latest: 0.2.1)",
        ),
        (
            replace(QUIET, shared=(step(StepName.TAG), step(StepName.LOCK, target="live"))),
            "nothing changed, but tag has to be done again (latest: 0.2.1)",
        ),
        (
            replace(QUIET, shared=(step(StepName.PUBLISH), step(StepName.TAG))),
            "nothing changed, but publish and tag have to be done again (latest: 0.2.1)",
        ),
        (replace(QUIET, shared=(step(StepName.TAG, StepState.SATISFIED),)), "nothing to do (latest: 0.2.1)"),
        (
            replace(QUIET, target_plans=(TargetPlan(decided=CLEANED),)),
            "nothing changed, but the removal of secrets from Helm's storage has to be done again (latest: 0.2.1)",
        ),
    ],
)
def test_a_plan_has_one_sentence(plan: Plan, sentence: str) -> None:
    assert verdict(plan) == sentence
