"""Chart.lock: what Helm wrote is accepted, what no longer fits is refused."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd.decide.chart.chart_lock import LockedDependency, locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.errors import ConfigurationError

LOCK = "charts/app/Chart.lock"
HEAD = "apiVersion: v2\nname: app\nversion: 0.0.0\n"
UMBRELLA = f"""{HEAD}dependencies:
- name: db
  version: ">=1.0.0 <2.0.0"
  repository: file://../db
  alias: store
  condition: store.enabled,global.store
  tags: [data, "<back&end>", "7"]
  import-values:
  - data
  - parent: here
    child: there
- name: db
  version: ^1
  repository: file://../db
  enabled: true
- name: web
  version: 2
  repository: "file://../web"
  import-values: []
- name: inside
  version: ~0.1
"""
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


@pytest.fixture
def update(helm: Path, tmp_path: Path) -> Callable[[str], str]:
    """Write a Chart.yaml, run `helm dependency update` and return the lock."""
    for folder, name, version in [
        ("db", "db", "1.2.3"),
        ("web", "web", "2.0.0"),
        ("app/charts/inside", "inside", "0.1.5"),
    ]:
        chart = tmp_path / folder / "Chart.yaml"
        chart.parent.mkdir(parents=True)
        chart.write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")

    def run(chart: str) -> str:
        (tmp_path / "app/Chart.yaml").write_text(chart)
        (tmp_path / "app/Chart.lock").unlink(missing_ok=True)
        subprocess.run([helm, "dependency", "update", tmp_path / "app"], check=True, capture_output=True)
        return (tmp_path / "app/Chart.lock").read_text()

    return run


def test_a_lock_that_helm_wrote_is_accepted(update: Callable[[str], str]) -> None:
    locked = locked_dependencies(parse_chart(UMBRELLA, "Chart.yaml"), update(UMBRELLA), LOCK)
    assert locked == (
        LockedDependency("db", "1.2.3", "file://../db"),
        LockedDependency("db", "1.2.3", "file://../db"),
        LockedDependency("web", "2.0.0", "file://../web"),
        LockedDependency("inside", "~0.1", ""),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("alias: store", "alias: shop"),
        ("store.enabled,global.store", "store.enabled"),
        ("[data, ", "[date, "),
        ('"7"', '"8"'),
        ("  - data\n", ""),
        ("child: there", "child: elsewhere"),
        ("^1", "^1.2"),
        ("  enabled: true\n", ""),
        ("version: 2\n", "version: 2.0.0\n"),
        ("- name: inside\n  version: ~0.1\n", ""),
        ("file://../web", "file://./../web"),
    ],
)
def test_one_change_of_a_dependency_makes_the_lock_stale(update: Callable[[str], str], old: str, new: str) -> None:
    lock = update(UMBRELLA)
    assert UMBRELLA.count(old) == 1
    error = refused(UMBRELLA.replace(old, new), lock)
    assert (error.code, error.where) == ("CHART_LOCK_STALE", LOCK)
    assert "helm dependency update charts/app" in error.hint


def test_what_is_no_part_of_a_dependency_leaves_the_lock_valid(update: Callable[[str], str]) -> None:
    lock = update(UMBRELLA)
    changed = UMBRELLA.replace("version: 0.0.0", "version: 9.9.9").replace(
        "  version: ^1", "  foo: bar\n  version: '^1'"
    )
    assert len(locked_dependencies(parse_chart(changed, "Chart.yaml"), lock, LOCK)) == 4


def test_helm_agrees_that_a_changed_chart_is_out_of_sync(
    update: Callable[[str], str], helm: Path, tmp_path: Path
) -> None:
    update(UMBRELLA)
    changed = UMBRELLA.replace("alias: store", "alias: shop")
    (tmp_path / "app/Chart.yaml").write_text(changed)
    run = subprocess.run([helm, "dependency", "build", tmp_path / "app"], capture_output=True, check=False)
    assert b"out of sync" in run.stderr


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
        ("name: db", "name: db\n  name: db"),
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
