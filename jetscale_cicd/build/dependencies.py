"""The subcharts that Chart.lock names, brought into the chart's ``charts/`` folder from wherever they may come."""

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.chart.chart_lock import LockedDependency
from jetscale_cicd.decide.chart.chart_yaml import VERSION
from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.process import Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where subcharts may come from.

    Args:
        root: what relative mirror directories are relative to.
        mirrors: registry prefix → another registry or a directory.
        export: writes a folder of the packaged commit to a directory, for ``file://`` dependencies.
    """

    root: Path
    mirrors: Mapping[str, str]
    export: Callable[[str, Path], None]


def provide(chart: Path, locked: Sequence[LockedDependency], sources: Sources, helm: Helm) -> None:
    """Bring every locked dependency into ``chart/charts`` and check that it is the locked one.

    Raises:
        PreconditionError: ``DEPENDENCY_UNREACHABLE``, one is nowhere that this run may look.
        ConfigurationError: ``DEPENDENCY_REPOSITORY``, a repository is no place that charts come from;
            ``DEPENDENCY_DIFFERS``, something else was found under its name.
    """
    folder = chart / "charts"
    folder.mkdir(exist_ok=True)
    missing = [dependency for dependency in locked if not _vendored(folder, dependency)]
    located = {dependency: _mirrored(dependency.repository, sources.mirrors) for dependency in missing}
    for dependency, place in located.items():
        _check_place(dependency, place)
    remote = all(place == dependency.repository and _is_remote(place) for dependency, place in located.items())
    if not (missing and remote and _built(chart, missing, helm)):
        for dependency, place in located.items():
            _bring(dependency, place, folder, sources, helm)
    for dependency in locked:
        _check(folder, dependency)


def _check_place(dependency: LockedDependency, place: str) -> None:
    """Refuse, before any program starts, what helm would take for a plugin's scheme or for an option."""
    if dependency.repository == place == "":
        raise ConfigurationError(
            "DEPENDENCY_DIFFERS",
            f"subchart {dependency.name} has no repository and is not in the chart's folder charts/",
            where=f"charts/{dependency.name}",
            hint="commit it there, or name its repository in Chart.yaml",
        )
    if place == dependency.repository and not _is_remote(place) and not place.startswith("file://"):
        raise ConfigurationError(
            "DEPENDENCY_REPOSITORY",
            f"subchart {dependency.name}: {place!r} is no repository that charts are fetched from",
            where="Chart.yaml",
            hint="write oci://, https:// or file://, or mirror it: chart.mirrors",
        )


def _is_remote(place: str) -> bool:
    return place.startswith(("oci://", "https://", "http://"))


def _vendored(folder: Path, dependency: LockedDependency) -> bool:
    return (folder / f"{dependency.name}-{dependency.version}.tgz").is_file() or (
        folder / dependency.name / "Chart.yaml"
    ).is_file()


def _mirrored(repository: str, mirrors: Mapping[str, str]) -> str:
    """The repository, or where its longest mirrored prefix points."""
    for prefix in sorted(mirrors, key=len, reverse=True):
        bare = prefix.rstrip("/")
        if repository == bare or repository.startswith(bare + "/"):
            return mirrors[prefix].rstrip("/") + repository[len(bare) :]
    return repository


def _built(chart: Path, missing: Sequence[LockedDependency], helm: Helm) -> bool:
    """`helm dependency build`; False where it wants `helm repo add` first (measured on 3.17.3 and 4.3.1)."""
    if not helm.network:
        raise _unreachable(missing[0], missing[0].repository, "this command does not use the network")
    finished = helm.dependency_build(chart, [dependency.repository for dependency in missing])
    if finished.status != 0 and all(dependency.repository.startswith("oci://") for dependency in missing):
        raise _unreachable(missing[0], missing[0].repository, failure_of(finished))
    return finished.status == 0


def _bring(dependency: LockedDependency, place: str, folder: Path, sources: Sources, helm: Helm) -> None:
    if _is_remote(place):
        if not helm.network:
            raise _unreachable(dependency, place, "this command does not use the network")
        _succeed(helm.pull(place.rstrip("/"), dependency.name, dependency.version, folder), dependency, place)
    elif dependency.repository.startswith("file://") and place == dependency.repository:
        exported = folder.parent.parent / f"dependency-{dependency.name}"
        sources.export(place.removeprefix("file://"), exported)
        _succeed(helm.package(exported, folder), dependency, place)
    else:
        _from_directory(dependency, sources.root / place.removeprefix("file://"), folder, helm)


def _from_directory(dependency: LockedDependency, directory: Path, folder: Path, helm: Helm) -> None:
    archive = directory / f"{dependency.name}-{dependency.version}.tgz"
    if archive.is_file():
        (folder / archive.name).write_bytes(archive.read_bytes())
    elif (directory / dependency.name / "Chart.yaml").is_file():
        _succeed(helm.package(directory / dependency.name, folder), dependency, str(directory))
    else:
        raise _unreachable(
            dependency, str(directory), f"neither {archive.name} nor a folder {dependency.name} is there"
        )


def _succeed(finished: Finished, dependency: LockedDependency, place: str) -> None:
    if finished.status != 0:
        raise _unreachable(dependency, place, failure_of(finished))


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
        raise _differs(dependency, where, f"its place holds {others}")
    # Without a repository the lock repeats Chart.yaml's range, and helm takes what lies there.
    version = dependency.version if VERSION.fullmatch(dependency.version) else found.get("version")
    if (found.get("name"), found.get("version")) != (dependency.name, version):
        raise _differs(dependency, where, f"it is {found.get('name')} {found.get('version')}")


def _chart_yaml(archive: bytes, where: str) -> bytes:
    """Chart.yaml of an archive that is whole, read up to the bound of any YAML here."""
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


def _unreachable(dependency: LockedDependency, place: str, why: str) -> PreconditionError:
    return PreconditionError(
        "DEPENDENCY_UNREACHABLE",
        f"subchart {dependency.name} {dependency.version} could not be had from {place}: {why}",
        hint=f"check the registry and its credentials, or mirror it: chart.mirrors, {dependency.repository}: DIRECTORY",
    )


def _differs(dependency: LockedDependency, where: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        "DEPENDENCY_DIFFERS",
        f"Chart.lock names {dependency.name} {dependency.version}, but {found}",
        where=where,
        hint="run helm dependency update and commit Chart.lock, or correct the mirror",
    )
