"""Subcharts in the work tree's ``charts/``, as Chart.lock names them: a comparison offline renders with them."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.chart.chart_lock import LockedDependency, locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.tools.paths import is_directory


def local_mirrors(context: RunContext, commit: str) -> Mapping[str, str]:
    """The configured mirrors, and ``charts/`` in place of a repository that cannot be asked and whose chart is there.

    `helm dependency build` leaves the archives there, and most repositories ignore them. A package that is published
    takes none of them: what a work tree holds is no part of the commit.
    """
    configured = context.settings.chart.mirrors
    folder = context.repository.git.root / context.settings.chart.path / "charts"
    if context.request.network or not is_directory(folder):
        return configured
    there = {
        dependency.repository: str(folder)
        for dependency in _locked(context, commit)
        if dependency.repository.startswith(("oci://", "https://", "http://"))
        and not any(dependency.repository.startswith(prefix.rstrip("/")) for prefix in configured)
        and _is_there(folder, dependency)
    }
    return {**configured, **there}


def _is_there(folder: Path, dependency: LockedDependency) -> bool:
    """Packed or unpacked; a package is refused where the version is not the locked one."""
    archive = folder / f"{dependency.name}-{dependency.version}.tgz"
    return archive.is_file() or (folder / dependency.name / "Chart.yaml").is_file()


def _locked(context: RunContext, commit: str) -> tuple[LockedDependency, ...]:
    paths = tuple(f"{context.settings.chart.path}/{name}" for name in ("Chart.yaml", "Chart.lock"))
    chart, lock = read_files(context.repository, commit, paths)
    with suppress(Stage6Error, UnicodeDecodeError):  # the package names what is wrong
        if chart and lock:
            return locked_dependencies(parse_chart(chart.decode(), paths[0]), lock.decode(), paths[1])
    return ()
