"""Chart.lock: what Helm wrote is accepted, what no longer fits is refused."""

import hashlib

import pytest

from jetscale_cicd.decide.chart.chart_lock import LockedDependency, locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.errors import ConfigurationError

LOCK = "charts/app/Chart.lock"
HEAD = "apiVersion: v2\nname: app\nversion: 0.0.0\n"
VALID = f"""{HEAD}dependencies:
- name: db
  version: ^1
  repository: oci://example.com/charts
"""
# What Helm hashes for VALID, spelled out; that Helm writes just this is the business of the tests with `update`.
DIGEST = (
    "sha256:"
    + hashlib.sha256(
        b'[[{"name":"db","version":"^1","repository":"oci://example.com/charts"}],'
        b'[{"name":"db","version":"1.2.3","repository":"oci://example.com/charts"}]]'
    ).hexdigest()
)
VALID_LOCK = f"""dependencies:
- name: db
  repository: oci://example.com/charts
  version: 1.2.3
digest: {DIGEST}
generated: "2026-01-02T03:04:05.678Z"
"""


def refused(chart: str, lock: str | None) -> ConfigurationError:
    """The error of a lock that must not be used."""
    with pytest.raises(ConfigurationError) as caught:
        locked_dependencies(parse_chart(chart, "Chart.yaml"), lock, LOCK)
    return caught.value


def test_a_chart_without_dependencies_needs_no_lock() -> None:
    assert locked_dependencies(parse_chart(HEAD, "Chart.yaml"), None, LOCK) == ()
    assert locked_dependencies(parse_chart(HEAD + "dependencies: []\n", "Chart.yaml"), VALID_LOCK, LOCK) == ()


def test_a_missing_lock_is_named_with_the_command_that_creates_it() -> None:
    error = refused(VALID, None)
    assert error.code == "CHART_LOCK_MISSING"
    assert error.hint == f"run `helm dependency update charts/app` and commit {LOCK}"


def test_a_repository_by_name_is_known_by_the_url_in_the_lock() -> None:
    expected = (LockedDependency("db", "1.2.3", "oci://example.com/charts"),)
    for repository in ("oci://example.com/charts", "'@mine'", "alias:mine"):
        chart = parse_chart(VALID.replace("oci://example.com/charts", repository), "Chart.yaml")
        assert locked_dependencies(chart, VALID_LOCK, LOCK) == expected


def forged(lock: str, locked: str) -> str:
    """The lock with a digest that fits its forged list, as an attacker would write it."""
    declared = '{"name":"db","version":"^1","repository":"oci://example.com/charts"}'
    digest = hashlib.sha256(f"[[{declared}],{locked}]".encode()).hexdigest()
    return lock.replace(DIGEST, f"sha256:{digest}")


def test_a_lock_that_names_other_charts_is_stale_whatever_its_digest() -> None:
    other = forged(
        VALID_LOCK.replace("oci://example.com", "oci://evil.example"),
        '[{"name":"db","version":"1.2.3","repository":"oci://evil.example/charts"}]',
    )
    assert refused(VALID, other).code == "CHART_LOCK_STALE"
    assert refused(VALID, forged(f"digest: {DIGEST}\n", "[]")).code == "CHART_LOCK_STALE"


def test_a_locked_version_that_is_a_range_or_a_path_is_refused() -> None:
    for version in ("^1", "../../x", "1.2.3/../../x"):
        lock = forged(
            VALID_LOCK.replace("version: 1.2.3", f"version: {version}"),
            f'[{{"name":"db","version":"{version}","repository":"oci://example.com/charts"}}]',
        )
        assert refused(VALID, lock).code == "CHART_LOCK"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: db", "name: ../db"),
        ("name: db", "name: a/b"),
        ("name: db", "name: [db]"),
        ("version: 1.2.3", "version: {a: b}"),
        ("digest: ", "digest: [1]\nx: "),
        ("digest: ", "Digest: "),
        ("dependencies:", "dependencies: x\ny:"),
        ("digest: ", "\x07: "),
    ],
)
def test_a_malicious_lock_is_refused_with_its_location(old: str, new: str) -> None:
    assert old in VALID_LOCK
    error = refused(VALID, VALID_LOCK.replace(old, new))
    assert error.code == "CHART_LOCK"
    assert error.where.startswith(f"{LOCK}:")
