"""Needs of hooks, and of what waits for them: the moments of a deploy decide what is there in time."""

import pytest

from jetscale_cicd.decide.needs.judge import removed_by
from tests.decide.needs.release import (
    EXTERNAL,
    KEY,
    NAMESPACE,
    SECRET,
    STORE,
    Cluster,
    codes,
    job,
    manifests,
    seen,
    thing,
    workload,
)

HOOKS: dict[str, tuple[str, Cluster, bool, list[str]]] = {
    "a hook before needs what comes later": (
        job("migrate", "db", "pre-install") + thing("v1", "Secret", "db"),
        {},
        True,
        ["HOOK_DEADLOCK"],
    ),
    "at an upgrade it is there from before": (
        job("migrate", "db", "pre-upgrade") + thing("v1", "Secret", "db"),
        {("Secret", "db"): ()},
        False,
        [],
    ),
    "at an upgrade that brings it, it is not": (
        job("migrate", "db", "pre-upgrade") + thing("v1", "Secret", "db"),
        {},
        False,
        ["HOOK_DEADLOCK"],
    ),
    "at an upgrade the hooks of an install do not run": (
        job("migrate", "gone", "pre-install"),
        {},
        False,
        [],
    ),
    "at an install those of an upgrade do not": (job("migrate", "gone", "pre-upgrade"), {}, True, []),
    "nor those of an uninstall": (job("clean", "gone", "pre-delete"), {}, True, []),
    "a hook before that one makes it": (
        job("migrate", "db", "pre-install", hook_weight="2")
        + thing("v1", "Secret", "db", hook="pre-install", hook_weight="1"),
        {},
        True,
        [],
    ),
    "weights are numbers": (
        job("migrate", "db", "pre-install", hook_weight="10")
        + thing("v1", "Secret", "db", hook="pre-install", hook_weight="9"),
        {},
        True,
        [],
    ),
    "a hook after that one makes it": (
        job("migrate", "db", "pre-install", hook_weight="1")
        + thing("v1", "Secret", "db", hook="pre-install", hook_weight="2"),
        {},
        True,
        ["HOOK_DEADLOCK"],
    ),
    "of one weight, names decide": (
        job("a", "db", "pre-install") + thing("v1", "Secret", "db", hook="pre-install"),
        {},
        True,
        ["HOOK_DEADLOCK"],
    ),
    "of one weight, names decide, the other way": (
        job("z", "db", "pre-install") + thing("v1", "Secret", "db", hook="pre-install"),
        {},
        True,
        [],
    ),
    "of one weight and name, kinds decide": (
        job("db", "db", "pre-install") + thing("v1", "Secret", "db", hook="pre-install"),
        {},
        True,
        [],
    ),
    "of one weight and name, a kind that helm does not know is last": (
        job("db", "db", "pre-install")
        + thing("external-secrets.io/v1", "ExternalSecret", "db", EXTERNAL, hook="pre-install"),
        STORE,
        True,
        ["HOOK_DEADLOCK"],
    ),
    "a hook before makes what the release needs": (
        workload(SECRET) + thing("v1", "Secret", "db", hook="pre-install"),
        {},
        True,
        [],
    ),
    "and removes it before that": (
        workload(SECRET) + thing("v1", "Secret", "db", hook="pre-install", hook_delete_policy="hook-succeeded"),
        {},
        True,
        ["HOOK_REMOVES_NEEDED"],
    ),
    "but not before the other hooks are done": (
        job("migrate", "db", "pre-install", hook_weight="1")
        + thing("v1", "Secret", "db", hook="pre-install", hook_delete_policy="hook-succeeded"),
        {},
        True,
        [],
    ),
    "what an upgrade makes no more is there from the install": (
        workload(SECRET) + thing("v1", "Secret", "db", hook="pre-install"),
        {("Secret", "db"): ()},
        False,
        [],
    ),
    "the release waits for what a hook makes after it": (
        workload(SECRET) + thing("v1", "Secret", "db", hook="post-install"),
        {},
        True,
        ["WAITS_FOR_HOOK"],
    ),
    "which is there already": (
        workload(SECRET) + thing("v1", "Secret", "db", hook="post-upgrade"),
        {("Secret", "db"): ()},
        False,
        [],
    ),
    "helm does not wait for a CronJob": (
        workload(SECRET, "CronJob") + thing("v1", "Secret", "db", hook="post-install"),
        {},
        True,
        [],
    ),
    "nor for what is scaled to nothing": (
        workload(SECRET).replace("spec:\n  template", "spec:\n  replicas: 0\n  template")
        + thing("v1", "Secret", "db", hook="post-install"),
        {},
        True,
        [],
    ),
    "a hook after the release needs what that made": (
        job("seed", "db", "post-install") + thing("v1", "Secret", "db"),
        {},
        True,
        [],
    ),
    "a hook before needs what its operator makes later": (
        job("migrate", "db", "pre-install") + thing("external-secrets.io/v1", "ExternalSecret", "db", EXTERNAL),
        STORE,
        True,
        ["HOOK_DEADLOCK"],
    ),
    "a Deployment as a hook is not waited for": (
        workload(SECRET, annotations={"helm.sh/hook": "pre-install"}) + thing("v1", "Secret", "db"),
        {},
        True,
        [],
    ),
}


@pytest.mark.parametrize(("text", "there", "install", "expected"), HOOKS.values(), ids=HOOKS)
def test_hooks(text: str, there: Cluster, install: bool, expected: list[str]) -> None:
    assert codes(text, seen(there), install=install) == expected


def test_a_hook_waits_for_a_new_key_of_a_secret_that_is_there() -> None:
    text = workload(KEY, "Job", annotations={"helm.sh/hook": "pre-upgrade"}) + thing(
        "v1", "Secret", "db", "data: {url: ''}"
    )
    assert codes(text, seen({("Secret", "db"): ("old",)}), install=False) == ["HOOK_DEADLOCK"]
    assert codes(text, seen({("Secret", "db"): ("url",)}), install=False) == []


def test_a_hook_before_the_upgrade_still_finds_what_that_removes() -> None:
    new = job("migrate", "db", "pre-upgrade")
    leaving = removed_by(manifests(thing("v1", "Secret", "db")), manifests(new), NAMESPACE)
    assert codes(new, seen({("Secret", "db"): ()}), install=False, leaving=leaving) == []


def test_a_secret_that_only_an_install_makes_is_missing_whole() -> None:
    text = workload(KEY) + thing("v1", "Secret", "db", "data: {other: ''}", hook="pre-install")
    assert codes(text, install=False) == ["NEEDED_SECRET_MISSING"]
    assert codes(text, install=True) == ["NEEDED_SECRET_KEY_MISSING"]


def test_tests_of_the_chart_count_where_they_run() -> None:
    text = job("check", "db", "test")
    assert codes(text) == []
    assert codes(text, tests=True) == ["NEEDED_SECRET_MISSING"]
