"""A target on which nothing has ever worked is tried within a bound."""

import pytest

from jetscale_cicd.decide.patience import bounded, never_worked
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.target import Target


def decided(timeout: int, failures: int, decision: Decision = Decision.REDEPLOY) -> TargetDecision:
    """A decision for a target with that many failed revisions, and none that worked."""
    revision = Revision(number=max(failures, 1), status="failed" if failures else "deployed", failures=failures)
    return TargetDecision(
        target=Target(name="live", timeout=timeout),
        decision=decision,
        reasons=(),
        compared=Comparison(None, "a" * 40, ""),
        live=Deployed(version="0.1.0", commit="a" * 40, digest="", values_digest="", revision=revision),
    )


@pytest.mark.parametrize(("timeout", "expected"), [(1200, 300), (3600, 900), (240, 120), (60, 60), (5, 5)])
def test_a_quarter_of_its_timeout_at_least_two_minutes_and_never_more_than_it(timeout: int, expected: int) -> None:
    assert bounded(decided(timeout, 3), redeploy=False).target.timeout == expected


@pytest.mark.parametrize(
    ("failures", "decision", "redeploy"),
    [(0, Decision.REDEPLOY, False), (2, Decision.REDEPLOY, True), (2, Decision.NOTHING, False)],
)
def test_the_whole_timeout_where_it_has_worked_or_somebody_asks_for_it(
    failures: int, decision: Decision, redeploy: bool
) -> None:
    assert bounded(decided(1200, failures, decision), redeploy=redeploy).target.timeout == 1200


def test_it_is_told_only_where_a_deploy_is_due() -> None:
    assert never_worked(decided(1200, 3))
    assert not never_worked(decided(1200, 0))
    assert not never_worked(decided(1200, 3, Decision.NOTHING))
