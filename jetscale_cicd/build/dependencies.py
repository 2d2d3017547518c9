"""The subcharts that Chart.lock names, fetched into the folder ``charts/`` from their repositories or mirrors."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jetscale_cicd.build.subcharts import Subchart, check_apart, check_exact, check_unpacked, differs, subcharts_of
from jetscale_cicd.decide.chart.chart_lock import LockedDependency, chart_of
from jetscale_cicd.decide.chart.chart_yaml import ChartFile
from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.shown import shown_address
from jetscale_cicd.tools.boundary import check_files_inside, check_inside, is_inside
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.loopback import needs_several_transports
from jetscale_cicd.tools.paths import is_pipe, read_package
from jetscale_cicd.tools.process import Finished


@frozen(kw_only=True)
class Sources:
    """Where subcharts may come from.

    Args:
        root: the directory to which relative mirror directories refer.
        mirrors: registry prefix → another registry or a directory.
        export: writes a folder of the packaged commit to a directory, for ``file://`` dependencies; returns its path.
        where: the chart's folder, from the repository's root.
        beyond: whether a mirror may be a directory outside of ``root``: not where the change itself says so.
    """

    root: Path
    mirrors: Mapping[str, str]
    export: Callable[[str, Path], str]
    where: str
    beyond: bool = True


def provide(chart: Path, declared: ChartFile, locked: Sequence[LockedDependency], sources: Sources, helm: Helm) -> None:
    """Make ``chart/charts`` hold every locked dependency, as the only chart of its name.

    An archive of another version is removed, as `helm dependency build` does; what helm leaves behind is not taken.

    Args:
        declared: Chart.yaml.

    Raises:
        PreconditionError: ``DEPENDENCY_UNREACHABLE``, one could not be fetched.
        ConfigurationError: ``DEPENDENCY_REPOSITORY``, a repository has an unsupported URL;
            ``DEPENDENCY_DIFFERS``, another chart or version was found; ``SUBCHART_TWICE``, ``CHART_ARCHIVE`` or
            ``POINTER``.
    """
    check_apart(locked, f"{sources.where}/Chart.yaml")
    locked = tuple(dict.fromkeys(locked))
    folder, where = chart / "charts", f"{sources.where}/charts"
    folder.mkdir(exist_ok=True)
    committed = _without_outdated(subcharts_of(folder, where), locked, helm)
    missing = [each for each in locked if not any(subchart.is_locked_as(each) for subchart in committed)]
    for dependency, found in _fetch_all(missing, chart.parent / "fetched", sources, helm).items():
        name = f"{dependency.name}-{dependency.version}.tgz"
        if (folder / name).exists():
            raise differs(dependency, [each for each in committed if each.path.name == name])
        found.path.rename(folder / name)
    aliases = [dependency.alias for dependency in declared.dependencies if dependency.alias]
    check_exact(subcharts_of(folder, where), locked, aliases)
    for subchart in committed:
        if subchart.path.is_dir():
            check_unpacked(subchart.path, subchart.where)


def _without_outdated(
    committed: Sequence[Subchart], locked: Sequence[LockedDependency], helm: Helm
) -> tuple[Subchart, ...]:
    """Remove archives of dependencies in versions that are not locked."""
    kept = []
    for subchart in committed:
        same_name = [dependency for dependency in locked if dependency.name == subchart.name]
        if same_name and subchart.path.is_file() and not any(map(subchart.is_locked_as, same_name)):
            subchart.path.unlink()
            version = same_name[0].version
            helm.processes.announce(f"! {subchart.where} is left out: Chart.lock names {subchart.name} {version}")
        else:
            kept.append(subchart)
    return tuple(kept)


def _fetch_all(
    missing: Sequence[LockedDependency], scratch: Path, sources: Sources, helm: Helm
) -> dict[LockedDependency, Subchart]:
    """The archive of each dependency, in a scratch directory."""
    locations = {dependency: _mirrored(dependency.repository, sources.mirrors) for dependency in missing}
    for dependency, location in locations.items():
        _check_location(dependency, location, sources.where)
    folder = scratch / "charts"
    folder.mkdir(parents=True, exist_ok=True)
    remote = all(
        location == dependency.repository and _is_remote(location) for dependency, location in locations.items()
    )
    if not (missing and remote and _built(scratch, missing, helm)):
        for dependency, location in locations.items():
            _fetch(dependency, location, folder, sources, helm)
    found = subcharts_of(folder, "charts")
    return {dependency: _fetched(dependency, found) for dependency in missing}


def _fetched(dependency: LockedDependency, found: Sequence[Subchart]) -> Subchart:
    right = next((each for each in found if each.is_locked_as(dependency)), None)
    if right is None:
        raise differs(dependency, [each for each in found if each.name == dependency.name] or found)
    return right


def _check_location(dependency: LockedDependency, location: str, chart: str) -> None:
    """Refuse, before a program is started, a URL that helm would read as the scheme of a plugin or as an option."""
    if dependency.repository == location == "":
        raise ConfigurationError(
            "DEPENDENCY_DIFFERS",
            f"subchart {dependency.name} has no repository and is not in the chart's folder charts/",
            where=f"{chart}/charts/{dependency.name}",
            hint="commit it there, or name its repository in Chart.yaml",
        )
    if location == dependency.repository and not _is_remote(location) and not location.startswith("file://"):
        raise ConfigurationError(
            "DEPENDENCY_REPOSITORY",
            f"subchart {dependency.name}: no charts can be fetched from {shown_address(location)}",
            where=f"{chart}/Chart.yaml",
            hint="use oci://, https:// or file://, or a mirror: chart.mirrors",
        )


def _is_remote(location: str) -> bool:
    return location.startswith(("oci://", "https://", "http://"))


def _mirrored(repository: str, mirrors: Mapping[str, str]) -> str:
    """The repository, with its longest prefix that has a mirror replaced."""
    for prefix in sorted(mirrors, key=len, reverse=True):
        bare = prefix.rstrip("/")
        if repository == bare or repository.startswith(bare + "/"):
            return mirrors[prefix].rstrip("/") + repository[len(bare) :]
    return repository


def _built(scratch: Path, missing: Sequence[LockedDependency], helm: Helm) -> bool:
    """Run `helm dependency build` for a chart of its own, so that it touches no committed file.

    Returns:
        False where it needs `helm repo add` first (measured on 3.17.3 and 4.3.1), or cannot reach all with one call.
    """
    if not helm.network:
        raise _unreachable(missing[0], missing[0].repository, "this command does not use the network")
    repositories = [dependency.repository for dependency in missing]
    if needs_several_transports(*repositories):
        return False
    chart_yaml, lock = chart_of(missing)
    (scratch / "Chart.yaml").write_text(chart_yaml)
    (scratch / "Chart.lock").write_text(lock)
    finished = helm.dependency_build(scratch, repositories)
    if finished.status != 0 and all(repository.startswith("oci://") for repository in repositories):
        raise _unreachable(missing[0], missing[0].repository, failure_of(finished))
    return finished.status == 0


def _fetch(dependency: LockedDependency, location: str, folder: Path, sources: Sources, helm: Helm) -> None:
    if _is_remote(location):
        if not helm.network:
            raise _unreachable(dependency, location, "this command does not use the network")
        _succeed(helm.pull(location.rstrip("/"), dependency.name, dependency.version, folder), dependency, location)
    elif dependency.repository.startswith("file://") and location == dependency.repository:
        exported = folder.parent / f"dependency-{dependency.name}"
        check_unpacked(exported, sources.export(location.removeprefix("file://"), exported))
        _succeed(helm.package(exported, folder), dependency, location)
    else:
        directory = sources.root / location.removeprefix("file://")
        _check_directory(sources, directory, dependency)
        _from_directory(dependency, directory, folder, helm)


def _check_directory(sources: Sources, directory: Path, dependency: LockedDependency) -> None:
    """Refuse a mirror through which a change that nobody trusts would read this machine."""
    named = directory / dependency.name
    if is_inside(sources.root, directory):
        for path in (directory / f"{dependency.name}-{dependency.version}.tgz", named):
            check_inside(sources.root, path)
        check_files_inside(sources.root, named)
    elif not sources.beyond:
        raise ConfigurationError(
            "MIRROR_OUTSIDE",
            f"the mirror of {dependency.repository} is outside of the repository, and a change may not say so itself",
            where=f"chart.mirrors: {directory}",
            hint="give the configuration in a file: --config FILE; or keep the mirror in the repository",
        )


def _from_directory(dependency: LockedDependency, directory: Path, folder: Path, helm: Helm) -> None:
    archive = directory / f"{dependency.name}-{dependency.version}.tgz"
    if archive.is_file():
        try:
            (folder / archive.name).write_bytes(read_package(archive))
        except OSError as unreadable:
            raise _unreachable(dependency, str(directory), unreadable.strerror or "it cannot be read") from None
    elif (directory / dependency.name / "Chart.yaml").is_file():
        if is_pipe(directory / dependency.name / ".helmignore"):  # of all files the one that helm would wait for
            raise _unreachable(dependency, str(directory), f"{dependency.name}/.helmignore is no regular file")
        check_unpacked(directory / dependency.name, str(directory / dependency.name))
        _succeed(helm.package(directory / dependency.name, folder), dependency, str(directory))
    else:
        raise _unreachable(dependency, str(directory), f"it has neither {archive.name} nor a folder {dependency.name}")


def _succeed(finished: Finished, dependency: LockedDependency, location: str) -> None:
    if finished.status != 0:
        raise _unreachable(dependency, location, failure_of(finished))


def _unreachable(dependency: LockedDependency, location: str, why: str) -> PreconditionError:
    return PreconditionError(
        "DEPENDENCY_UNREACHABLE",
        f"subchart {dependency.name} {dependency.version} could not be fetched from {location}: {why}",
        hint=f"check the registry and its credentials, or set chart.mirrors: {dependency.repository}: DIRECTORY",
    )
