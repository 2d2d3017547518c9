"""What failed attempts left, and hooks of a first install that nothing runs any more."""

import pytest

from jetscale_cicd.decide.objects.history import (
    Attempt,
    HookRun,
    holds_data,
    left_by,
    leftover_rows,
    missed_hooks,
    missed_rows,
)
from jetscale_cicd.model.ledger import ObjectState
from tests.decide.objects.release import OURS, Object, manifest, seen, thing

NOW = [manifest("ConfigMap", "kept")]


def left(*attempts: Attempt) -> dict[int, list[str]]:
    return {number: [each.name for each in found] for number, found in left_by(attempts, NOW, "shop").items()}


def failed(number: int, *names: str, hooks: tuple[HookRun, ...] = (), installs: bool = False) -> Attempt:
    return Attempt(number, installs, tuple(manifest("ConfigMap", name) for name in names), hooks)


def test_what_a_failed_revision_had_and_the_release_has_not_is_left() -> None:
    assert left(failed(2, "kept", "old")) == {2: ["old"]}
    assert left(failed(2, "kept")) == {}
    assert left(failed(2, "old"), failed(3, "old", "new")) == {3: ["old", "new"]}  # once, of the newest


def test_what_helm_is_to_keep_is_not_left() -> None:
    document: Object = {"metadata": {"name": "data", "annotations": {"helm.sh/resource-policy": "keep"}}}
    assert left(Attempt(2, False, (manifest("ConfigMap", "data", document),))) == {}


@pytest.mark.parametrize(
    ("there", "rows"),
    [
        (thing("old", annotations=OURS), [ObjectState.LEFT_OVER]),
        (thing("old", annotations={"meta.helm.sh/release-name": "other"}), []),  # somebody else has it now
        (thing("old", annotations=OURS, metadata={"deletionTimestamp": "now"}), []),
        (thing("other", annotations=OURS), []),
    ],
)
def test_what_is_there_and_the_releases_is_a_row(there: Object, rows: list[ObjectState]) -> None:
    found = left_by([failed(2, "old")], NOW, "shop")
    assert [row.state for row in leftover_rows(found, seen(ConfigMap=[there]))] == rows


def hook(*events: str, phase: str = "", name: str = "seed") -> HookRun:
    return HookRun(manifest=manifest("Job", name), events=events, phase=phase)


@pytest.mark.parametrize(
    ("hooks", "missed"),
    [
        (hook("post-install"), True),
        (hook("post-install", phase="Failed"), True),
        (hook("pre-install", phase="Running"), True),
        (hook("post-install", phase="Succeeded"), False),
        (hook("post-install", "post-upgrade", phase="Failed"), False),  # an upgrade runs it
        (hook("post-upgrade", phase="Failed"), False),
        (hook("test"), False),
        (hook("post-install", name="other"), False),  # it came later, for new installs
    ],
)
def test_a_hook_of_a_failed_install_that_no_upgrade_runs_was_missed(hooks: HookRun, missed: bool) -> None:
    now = [hook(*hooks.events)]
    assert bool(missed_hooks([failed(1, hooks=(hooks,), installs=True)], now)) is missed
    assert missed_hooks([failed(2, hooks=(hooks,))], now) == ()  # the first install did not fail


def test_what_the_release_has_no_more_need_not_run() -> None:
    assert missed_hooks([failed(1, hooks=(hook("post-install"),), installs=True)], []) == ()


@pytest.mark.parametrize(
    ("status", "done"), [({}, False), ({"conditions": [{"type": "Complete", "status": "True"}]}, True)]
)
def test_a_hook_that_somebody_ran_by_hand_is_done(status: Object, done: bool) -> None:
    around = seen(Job=[thing("seed", status=status)])
    assert [row.state for row in missed_rows([hook("post-install")], around)] == ([] if done else [ObjectState.FAILED])
    assert [row.state for row in missed_rows([hook("post-install")], seen())] == [ObjectState.FAILED]


def test_a_hook_pod_that_somebody_ran_by_hand_is_done_once_it_has_succeeded() -> None:
    check = HookRun(manifest=manifest("Pod", "check"), events=("post-install",))
    around = [seen(Pod=[thing("check", status={"phase": each})]) for each in ("Succeeded", "Running")]
    assert [len(missed_rows([check], each)) for each in around] == [0, 1]


@pytest.mark.parametrize(
    ("kind", "data"), [("ConfigMap", False), ("PersistentVolumeClaim", True), ("Database.example.test", True)]
)
def test_what_may_hold_data_is_not_removed(kind: str, data: bool) -> None:
    assert holds_data(manifest(kind, "x")) is data
