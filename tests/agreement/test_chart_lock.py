"""A Chart.lock is in or out of sync as helm itself says."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd.decide.chart.chart_lock import LockedDependency, locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from tests.decide.chart.test_chart_lock import HEAD, LOCK, refused

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
