"""The subcharts that Chart.lock names, fetched into the folder ``charts/`` from their repositories or mirrors."""

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.chart.chart_lock import LockedDependency
from jetscale_cicd.decide.chart.chart_yaml import VERSION
from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.process import Finished


@frozen(kw_only=True)
class Sources:
    """Where subcharts may come from.

    Args:
        root: the directory to which relative mirror directories refer.
        mirrors: registry prefix → another registry or a directory.
        export: writes a folder of the packaged commit to a directory, for ``file://`` dependencies.
    """

    root: Path
    mirrors: Mapping[str, str]
    export: Callable[[str, Path], None]


def provide(chart: Path, locked: Sequence[LockedDependency], sources: Sources, helm: Helm) -> None:
    """Fetch every locked dependency into ``chart/charts``, and check that it is the locked one.

    Raises:
        PreconditionError: ``DEPENDENCY_UNREACHABLE``, one could not be fetched.
        ConfigurationError: ``DEPENDENCY_REPOSITORY``, a repository has an unsupported URL;
            ``DEPENDENCY_DIFFERS``, another chart or version was found.
    """
    folder = chart / "charts"
    folder.mkdir(exist_ok=True)
    missing = [dependency for dependency in locked if not _vendored(folder, dependency)]
    locations = {dependency: _mirrored(dependency.repository, sources.mirrors) for dependency in missing}
    for dependency, location in locations.items():
        _check_location(dependency, location)
    remote = all(
        location == dependency.repository and _is_remote(location) for dependency, location in locations.items()
    )
    if not (missing and remote and _built(chart, missing, helm)):
        for dependency, location in locations.items():
            _fetch(dependency, location, folder, sources, helm)
    for dependency in locked:
        _check(folder, dependency)


def _check_location(dependency: LockedDependency, location: str) -> None:
    """Refuse, before a program is started, a URL that helm would read as the scheme of a plugin or as an option."""
    if dependency.repository == location == "":
        raise ConfigurationError(
            "DEPENDENCY_DIFFERS",
            f"subchart {dependency.name} has no repository and is not in the chart's folder charts/",
            where=f"charts/{dependency.name}",
            hint="commit it there, or name its repository in Chart.yaml",
        )
    if location == dependency.repository and not _is_remote(location) and not location.startswith("file://"):
        raise ConfigurationError(
            "DEPENDENCY_REPOSITORY",
            f"subchart {dependency.name}: {location!r} is not a repository from which charts can be fetched",
            where="Chart.yaml",
            hint="use oci://, https:// or file://, or a mirror: chart.mirrors",
        )


def _is_remote(location: str) -> bool:
    return location.startswith(("oci://", "https://", "http://"))


def _vendored(folder: Path, dependency: LockedDependency) -> bool:
    return (folder / f"{dependency.name}-{dependency.version}.tgz").is_file() or (
        folder / dependency.name / "Chart.yaml"
    ).is_file()


def _mirrored(repository: str, mirrors: Mapping[str, str]) -> str:
    """The repository, with its longest prefix that has a mirror replaced."""
    for prefix in sorted(mirrors, key=len, reverse=True):
        bare = prefix.rstrip("/")
        if repository == bare or repository.startswith(bare + "/"):
            return mirrors[prefix].rstrip("/") + repository[len(bare) :]
    return repository


def _built(chart: Path, missing: Sequence[LockedDependency], helm: Helm) -> bool:
    """Run `helm dependency build`; False where it needs `helm repo add` first (measured on 3.17.3 and 4.3.1)."""
    if not helm.network:
        raise _unreachable(missing[0], missing[0].repository, "this command does not use the network")
    finished = helm.dependency_build(chart, [dependency.repository for dependency in missing])
    if finished.status != 0 and all(dependency.repository.startswith("oci://") for dependency in missing):
        raise _unreachable(missing[0], missing[0].repository, failure_of(finished))
    return finished.status == 0


def _fetch(dependency: LockedDependency, location: str, folder: Path, sources: Sources, helm: Helm) -> None:
    if _is_remote(location):
        if not helm.network:
            raise _unreachable(dependency, location, "this command does not use the network")
        _succeed(helm.pull(location.rstrip("/"), dependency.name, dependency.version, folder), dependency, location)
    elif dependency.repository.startswith("file://") and location == dependency.repository:
        exported = folder.parent.parent / f"dependency-{dependency.name}"
        sources.export(location.removeprefix("file://"), exported)
        _succeed(helm.package(exported, folder), dependency, location)
    else:
        _from_directory(dependency, sources.root / location.removeprefix("file://"), folder, helm)


def _from_directory(dependency: LockedDependency, directory: Path, folder: Path, helm: Helm) -> None:
    archive = directory / f"{dependency.name}-{dependency.version}.tgz"
    if archive.is_file():
        (folder / archive.name).write_bytes(archive.read_bytes())
    elif (directory / dependency.name / "Chart.yaml").is_file():
        _succeed(helm.package(directory / dependency.name, folder), dependency, str(directory))
    else:
        raise _unreachable(dependency, str(directory), f"it has neither {archive.name} nor a folder {dependency.name}")


def _succeed(finished: Finished, dependency: LockedDependency, location: str) -> None:
    if finished.status != 0:
        raise _unreachable(dependency, location, failure_of(finished))


def _check(folder: Path, dependency: LockedDependency) -> None:
    archive = folder / f"{dependency.name}-{dependency.version}.tgz"
    where = f"charts/{archive.name}"
    if archive.is_file():
        found = load_mapping(_chart_yaml(archive.read_bytes(), where), f"{where}:Chart.yaml", "DEPENDENCY_DIFFERS")
    elif (folder / dependency.name / "Chart.yaml").is_file():
        found = load_mapping(
            (folder / dependency.name / "Chart.yaml").read_bytes(),
            f"charts/{dependency.name}/Chart.yaml",
            "DEPENDENCY_DIFFERS",
        )
    else:
        others = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise _differs(dependency, where, f"charts/ holds {others}")
    # Without a repository the lock repeats the range of Chart.yaml, and helm takes the version that is there.
    version = dependency.version if VERSION.fullmatch(dependency.version) else found.get("version")
    if (found.get("name"), found.get("version")) != (dependency.name, version):
        raise _differs(dependency, where, f"it is {found.get('name')} {found.get('version')}")


def _chart_yaml(archive: bytes, where: str) -> bytes:
    """Chart.yaml of an archive that can be read to its end; no more of it than is parsed."""
    found = b""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                if member.isfile() and member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                    content = tar.extractfile(member)
                    found = content.read((1 << 20) + 1) if content else b""
    except (tarfile.TarError, OSError, EOFError) as broken:
        raise ConfigurationError(
            "DEPENDENCY_DIFFERS", f"the archive cannot be read: {broken}", where=where, hint="fetch it again"
        ) from broken
    return found


def _unreachable(dependency: LockedDependency, location: str, why: str) -> PreconditionError:
    return PreconditionError(
        "DEPENDENCY_UNREACHABLE",
        f"subchart {dependency.name} {dependency.version} could not be fetched from {location}: {why}",
        hint=f"check the registry and its credentials, or set chart.mirrors: {dependency.repository}: DIRECTORY",
    )


def _differs(dependency: LockedDependency, where: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        "DEPENDENCY_DIFFERS",
        f"Chart.lock names {dependency.name} {dependency.version}, but {found}",
        where=where,
        hint="run helm dependency update and commit Chart.lock, or correct the mirror",
    )
