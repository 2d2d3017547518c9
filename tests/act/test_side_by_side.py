"""Targets side by side: each after those that it needs, never more than asked for, and interrupted together."""

import signal
import threading
import time
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.act.side_by_side import each_after_those_it_needs
from jetscale_cicd.config.needs import in_order
from jetscale_cicd.model.plan import TargetDecision, TargetPlan
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.worker import check_interrupted, pause, worker


def targets(needs: dict[str, tuple[str, ...]]) -> list[TargetPlan]:
    """A plan for each target, in order."""
    made = in_order([Target(name=name, needs=needed) for name, needed in needs.items()])
    return [TargetPlan(decided=cast("TargetDecision", _Decided(each))) for each in made]


class _Decided:
    def __init__(self, target: Target) -> None:
        self.target = target


names = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1)


@st.composite
def needing(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Targets that need some of those before them."""
    drawn = draw(names)
    return {name: tuple(draw(st.lists(st.sampled_from(drawn[:at]), unique=True))) if at else () for at, name in
            enumerate(drawn)}  # fmt: skip


@given(needing(), st.integers(1, 4))
def test_each_is_done_once_after_those_that_it_needs(needs: dict[str, tuple[str, ...]], jobs: int) -> None:
    done: list[str] = []
    running: list[str] = []
    most = [0]

    def perform(each: TargetPlan) -> None:
        name = each.decided.target.name
        running.append(name)
        most[0] = max(most[0], len(running))
        assert set(each.decided.target.needs) <= set(done)
        done.append(name)
        running.remove(name)

    each_after_those_it_needs(targets(needs), jobs, perform)
    assert sorted(done) == sorted(needs)
    assert most[0] <= jobs


def test_two_that_need_nothing_of_each_other_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def perform(_: TargetPlan) -> None:
        both.wait()

    each_after_those_it_needs(targets({"a": (), "b": ()}), 2, perform)


def test_each_is_a_worker_with_its_name_and_alone_there_is_none() -> None:
    seen: dict[str, str | None] = {}

    def perform(each: TargetPlan) -> None:
        found = worker()
        seen[each.decided.target.name] = found.name if found else None

    each_after_those_it_needs(targets({"a": (), "b": ()}), 2, perform)
    assert seen == {"a": "a", "b": "b"}
    each_after_those_it_needs(targets({"a": ()}), 1, perform)
    assert seen["a"] is None


def test_a_bug_in_one_is_raised_after_the_others_have_ended_and_begins_no_other() -> None:
    ended: list[str] = []

    def perform(each: TargetPlan) -> None:
        if each.decided.target.name == "a":
            raise RuntimeError("a bug")
        pause(0.05)
        ended.append(each.decided.target.name)

    with pytest.raises(RuntimeError, match="a bug"):
        each_after_those_it_needs(targets({"a": (), "b": (), "c": ("a",), "d": ()}), 2, perform)
    assert ended == ["b"]


def test_an_interruption_reaches_every_worker_once_and_begins_no_other() -> None:
    told: list[str] = []

    def perform(each: TargetPlan) -> None:
        if each.decided.target.name == "a":
            threading.Timer(0.1, lambda: signal.raise_signal(signal.SIGINT)).start()
        try:
            pause(30)
        except KeyboardInterrupt:
            pause(0.01)  # the cleaning up is not interrupted
            check_interrupted()
            told.append(each.decided.target.name)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        each_after_those_it_needs(targets({"a": (), "b": (), "c": ()}), 2, perform)
    assert sorted(told) == ["a", "b"]
    assert time.monotonic() - began < 20
