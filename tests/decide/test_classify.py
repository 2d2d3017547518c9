"""Which path counts for what, and what that means: pure functions, no repository."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.classify import (
    UNCHANGED,
    ChartRules,
    Overrides,
    TargetState,
    chart_reasons,
    decide,
    strongest,
    values_reasons,
)
from jetscale_cicd.model.change import Change, Comparison
from jetscale_cicd.model.live import Deployed, Lineage, LiveState, NotDeployed, NotObserved, Revision
from jetscale_cicd.model.plan import Decision, Reason, TargetDecision
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version

A, B = "a" * 40, "b" * 40
FILE, SCRIPT, LINK, SUBMODULE, NO_MODE = "100644", "100755", "120000", "160000", "000000"
RULES = ChartRules(path="charts/app", watch=("charts/**",))
LIVE = Target(name="live", values=("envs/live/values.yaml",), watch=("envs/live/**",))
COMPARED = Comparison(A, B, "since release v1.2.3")
LATEST = Release(Version(1, 2, 3), "v1.2.3", A)
UNSEEN = NotObserved("a test")
IGNORE = HelmIgnore.parse("*.md\nci/\n")


def change(path: str | bytes, status: str = "M", modes: tuple[str, str] = (FILE, FILE), **blobs: str) -> Change:
    """A changed path."""
    raw = path.encode() if isinstance(path, str) else path
    return Change(status, raw, *modes, blobs.get("old", A), blobs.get("new", B))


def chart_reason(path: str | bytes | Change, rules: ChartRules = RULES) -> Reason:
    """The one reason for one path."""
    (reason,) = chart_reasons([path if isinstance(path, Change) else change(path)], rules)
    return reason


def deployed(version: str) -> Deployed:
    """A target that runs this version."""
    return Deployed(version=version, commit=A, digest="sha256:0", values_digest="sha256:1")


def decided(
    chart: tuple[Reason, ...] = (),
    values: tuple[Reason, ...] = (),
    live: LiveState = UNSEEN,
    latest: Release | None = LATEST,
    **seen: Any,
) -> TargetDecision:
    """The decision about the live target."""
    asked = {name: seen.pop(name) for name in ("release_hold", "redeploy", "allow_older") if name in seen}
    state = TargetState(live=live, latest=latest, **seen)
    return decide(LIVE, chart, values, COMPARED, state, overrides=Overrides(**asked))


COUNTS = (Reason(scope="chart", why="…", counts=True, path=b"charts/app/values.yaml"),)
KEPT_OUT = (Reason(scope="chart", why="…", counts=False, path=b"charts/app/README.md"),)
VALUES = (Reason(scope="live", why="…", counts=True, path=b"envs/live/values.yaml"),)


class TestAChangeOfTheChart:
    @pytest.mark.parametrize(
        "path",
        [
            *(
                "charts/app/Chart.yaml",
                "charts/app/values.yaml",
                "charts/app/templates/a.yaml",
                "charts/app/.helmignore",
            ),
            *("charts/app/größe/日本.yaml", "charts/app/-rf", "charts/app/a\nb", "charts/app/charts/sub-1.0.0.tgz"),
            *("charts/other/values.yaml", "charts/app.md", "charts/app"),
            b"charts/app/\xff\xfe",
        ],
    )
    def test_is_every_watched_path(self, path: str | bytes) -> None:
        reason = chart_reason(path)
        assert reason.counts
        assert (reason.scope, reason.rule, reason.status) == ("chart", "charts/**", "M")
        assert reason.path == (path.encode() if isinstance(path, str) else path)

    @pytest.mark.parametrize(
        "path", ["docs/charts/app/a", "Charts/app/a", "chartsx/a", "README.md", "envs/live/values.yaml"]
    )
    def test_is_no_other_path(self, path: str) -> None:
        assert chart_reasons([change(path)], RULES) == ()

    @pytest.mark.parametrize(
        "path", ["charts/app/README.md", "charts/app/ci/values.yaml", "charts/app/templates/NOTES.md"]
    )
    def test_is_none_where_helmignore_keeps_the_path_out_at_both_ends(self, path: str) -> None:
        reason = chart_reason(path, replace(RULES, ignored=(IGNORE, IGNORE)))
        assert not reason.counts
        assert ".helmignore" in reason.why

    def test_is_one_where_helmignore_keeps_it_out_at_one_end_only(self) -> None:
        nothing = HelmIgnore.parse("")
        for ends in ((IGNORE, nothing), (nothing, IGNORE)):
            assert chart_reason("charts/app/README.md", replace(RULES, ignored=ends)).counts

    def test_helmignore_speaks_of_the_charts_own_folder_alone(self) -> None:
        assert chart_reason("charts/README.md", replace(RULES, ignored=(IGNORE,))).counts
        assert chart_reason("charts/application/README.md", replace(RULES, ignored=(IGNORE,))).counts

    def test_helmignore_itself_counts_even_where_it_names_itself(self) -> None:
        all_of_it = HelmIgnore.parse("*")
        assert chart_reason("charts/app/.helmignore", replace(RULES, ignored=(all_of_it,))).counts

    def test_is_none_where_helm_packs_the_same(self) -> None:
        rules = replace(RULES, same=frozenset({b"charts/app/Chart.yaml"}))
        assert not chart_reason("charts/app/Chart.yaml", rules).counts
        assert chart_reason("charts/app/charts/sub/Chart.yaml", rules).counts
        assert chart_reason("charts/other/Chart.yaml", rules).counts
        assert chart_reason("charts/app/values.yaml", rules).counts

    @pytest.mark.parametrize("path", ["charts/app/values.yaml", "charts/app/.helmignore", "charts/lib/a", "charts/app"])
    def test_is_none_where_only_its_mode_differs(self, path: str) -> None:
        reason = chart_reason(change(path, "M", (FILE, SCRIPT), new=A))
        assert not reason.counts
        assert "100644 → 100755" in reason.why

    @pytest.mark.parametrize("modes", [(FILE, LINK), (LINK, FILE), (SUBMODULE, FILE), (FILE, SUBMODULE)])
    def test_is_what_has_the_same_object_as_something_else(self, modes: tuple[str, str]) -> None:
        assert chart_reason(change("charts/app/a", "T", modes, new=A)).counts

    def test_names_the_first_rule_that_matches(self) -> None:
        rules = replace(RULES, watch=("charts/app/*", "charts/**"))
        assert chart_reason("charts/app/values.yaml", rules).rule == "charts/app/*"
        assert chart_reason("charts/app/a/b", rules).rule == "charts/**"

    def test_beside_the_charts_folder_counts_and_says_so(self) -> None:
        assert chart_reason("charts/lib/a").why == "watched beside charts/app (modified)"

    @pytest.mark.parametrize(
        ("what", "said"),
        [
            (change("charts/app/a", "A", (NO_MODE, FILE)), "(added)"),
            (change("charts/app/a", "D", (FILE, NO_MODE)), "(deleted)"),
            (change("charts/app/a"), "(modified)"),
            (change("charts/app/a", "T", (FILE, LINK)), "(symlink type changed)"),
            (change("charts/app/a", "M", (LINK, LINK)), "(symlink modified)"),
            (change("charts/app/a", "M", (SUBMODULE, SUBMODULE)), "(submodule modified)"),
            (change("charts/app/a", "T", (FILE, SUBMODULE)), "(submodule type changed)"),
            (change("charts/app/a", "X"), "(status X)"),
        ],
    )
    def test_says_what_happened_to_the_path(self, what: Change, said: str) -> None:
        reason = chart_reason(what)
        assert reason.counts
        assert reason.why == f"part of the packaged chart {said}"

    def test_a_path_that_is_only_asked_about_has_no_such_word(self) -> None:
        asked = Change(UNCHANGED, b"charts/app/a", "", "", "", "")
        assert chart_reason(asked).why == "part of the packaged chart"


class TestAChangeOfValues:
    def test_is_a_watched_path_or_a_values_file_wherever_it_lies(self) -> None:
        target = replace(LIVE, values=("envs/aws.yaml", "envs/live/values.yaml"))
        paths = ["envs/aws.yaml", "envs/live/extra.yaml", "envs/preview/values.yaml", "charts/app/values.yaml"]
        reasons = values_reasons([change(path) for path in paths], target)
        assert [reason.path for reason in reasons] == [b"envs/aws.yaml", b"envs/live/extra.yaml"]
        assert [reason.rule for reason in reasons] == ["envs/aws.yaml", "envs/live/**"]
        assert all(reason.counts and reason.scope == "live" for reason in reasons)

    def test_a_deletion_is_a_change(self) -> None:
        (reason,) = values_reasons([change("envs/live/values.yaml", "D", (FILE, NO_MODE))], LIVE)
        assert (reason.why, reason.status) == ("values of live (deleted)", "D")

    def test_a_file_that_several_targets_list_counts_for_each(self) -> None:
        shared = [change("envs/shared.yaml")]
        for name in ("eu", "us"):
            target = Target(name=name, env=name, values=("envs/shared.yaml",), watch=(f"envs/{name}/**",))
            assert [reason.scope for reason in values_reasons(shared, target)] == [name]


class TestADecision:
    """The table of docs/how-it-works.md, row by row."""

    def test_chart_changed_is_publish(self) -> None:
        assert decided(COUNTS).decision is Decision.PUBLISH

    def test_values_changed_is_redeploy(self) -> None:
        assert decided(values=VALUES).decision is Decision.REDEPLOY

    def test_both_is_publish(self) -> None:
        assert decided(COUNTS, VALUES).decision is Decision.PUBLISH

    def test_neither_is_nothing(self) -> None:
        assert decided().decision is Decision.NOTHING

    def test_what_does_not_count_changes_nothing_but_is_told(self) -> None:
        assert decided(KEPT_OUT).decision is Decision.NOTHING
        assert decided(KEPT_OUT, VALUES).decision is Decision.REDEPLOY
        assert KEPT_OUT[0] in decided(KEPT_OUT).reasons

    def test_live_other_than_latest_is_redeploy_although_nothing_changed(self) -> None:
        found = decided(live=deployed("1.2.2"))
        assert found.decision is Decision.REDEPLOY
        assert found.reasons[-1].why.startswith("1.2.2 is deployed, and 1.2.3")

    def test_live_equal_to_latest_is_nothing(self) -> None:
        found = decided(live=deployed("1.2.3"))
        assert found.decision is Decision.NOTHING
        assert not any(reason.counts for reason in found.reasons)

    def test_nothing_deployed_yet_is_redeploy_of_the_latest(self) -> None:
        assert decided(live=NotDeployed()).decision is Decision.REDEPLOY

    def test_nothing_deployed_and_nothing_released_is_nothing(self) -> None:
        assert decided(live=NotDeployed(), latest=None).decision is Decision.NOTHING

    def test_what_was_not_looked_at_is_said(self) -> None:
        found = decided(live=NotObserved("a pull request"))
        assert found.decision is Decision.NOTHING
        assert found.reasons[-1].why == "what is deployed was not observed: a pull request"

    @pytest.mark.parametrize("chart", [(), COUNTS])
    @pytest.mark.parametrize("values", [(), VALUES])
    def test_a_newer_commit_that_is_deployed_is_never_replaced(
        self, chart: tuple[Reason, ...], values: tuple[Reason, ...]
    ) -> None:
        found = decided(chart, values, live=deployed("1.2.2"), lineage=Lineage.BACK)
        assert (found.decision, found.superseded) == (Decision.NOTHING, True)
        assert "superseded" in found.reasons[-1].why
        assert found.reasons[:-1] == (*chart, *values)

    @pytest.mark.parametrize(
        ("chart", "values", "decision"),
        [
            (COUNTS, (), Decision.NOTHING),
            (COUNTS, VALUES, Decision.NOTHING),
            (KEPT_OUT, VALUES, Decision.REDEPLOY),
            ((), VALUES, Decision.REDEPLOY),
        ],
    )
    def test_a_commit_that_may_get_no_version_may_still_deploy_the_latest_one(
        self, chart: tuple[Reason, ...], values: tuple[Reason, ...], decision: Decision
    ) -> None:
        assert decided(chart, values, overtaken="v9.9.9 is of a later commit").decision is decision

    @pytest.mark.parametrize(("differ", "decision"), [(True, Decision.REDEPLOY), (False, Decision.NOTHING)])
    def test_the_latest_release_with_other_values_is_deployed_again(self, differ: bool, decision: Decision) -> None:
        assert decided(live=deployed("1.2.3"), values_differ=differ).decision is decision

    @pytest.mark.parametrize(("restored", "decision"), [(True, Decision.NOTHING), (False, Decision.REDEPLOY)])
    def test_a_rollback_to_what_head_wants_leaves_nothing_to_do(self, restored: bool, decision: Decision) -> None:
        back = Revision(number=4, status="deployed", rollback=True, rollback_to=2, attempted=deployed("1.2.2"))
        live = replace(deployed("1.2.3"), revision=back)
        assert decided(live=live, restored=restored).decision is decision

    def test_every_reason_and_both_ends_are_kept(self) -> None:
        found = decided(COUNTS, VALUES)
        assert (found.target, found.compared) == (LIVE, COMPARED)
        assert found.reasons == (*COUNTS, *VALUES)

    lives = st.sampled_from([UNSEEN, NotDeployed(), deployed("1.2.3"), deployed("1.2.2")])
    subsets = st.sampled_from([(), KEPT_OUT, COUNTS, KEPT_OUT + COUNTS])

    @given(chart=subsets, values=st.sampled_from([(), VALUES]), live=lives, latest=st.sampled_from([LATEST, None]))
    def test_holds_for_every_combination(
        self, chart: tuple[Reason, ...], values: tuple[Reason, ...], live: LiveState, latest: Release | None
    ) -> None:
        found = decided(chart, values, live, latest).decision
        drifted = latest is not None and (
            isinstance(live, NotDeployed) or (isinstance(live, Deployed) and live.version != "1.2.3")
        )
        if any(reason.counts for reason in chart):
            assert found is Decision.PUBLISH
        elif values or drifted:
            assert found is Decision.REDEPLOY
        else:
            assert found is Decision.NOTHING


class TestTheStrongest:
    @pytest.mark.parametrize(
        ("decisions", "expected"),
        [
            ([], Decision.NOTHING),
            ([Decision.NOTHING, Decision.REDEPLOY], Decision.REDEPLOY),
            ([Decision.REDEPLOY, Decision.PUBLISH, Decision.NOTHING], Decision.PUBLISH),
        ],
    )
    def test_of_all_targets_is_the_runs(self, decisions: list[Decision], expected: Decision) -> None:
        targets = [
            TargetDecision(target=LIVE, decision=decision, reasons=(), compared=COMPARED) for decision in decisions
        ]
        assert strongest(targets) is expected
