"""The charts in a folder ``charts/``: exactly those that Chart.lock names, and of no name two.

Helm packs a subchart as ``charts/<name>``, whatever its file is called, so two of one name become one that holds the
files of both; it renders either one or a mixture (measured on 3.17.3 and 4.3.1).
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.chart.chart_lock import LockedDependency
from jetscale_cicd.decide.chart.packed import PackedFile, loaded_files
from jetscale_cicd.decide.chart.pointer import check_content
from jetscale_cicd.errors import CannotTellError, ConfigurationError, VerificationError
from jetscale_cicd.model.record import frozen

_CODE = "DEPENDENCY_DIFFERS"


@frozen(kw_only=True)
class Subchart:
    """A chart in ``charts/``.

    Args:
        path: its file or folder.
        where: that as it is shown.
    """

    path: Path
    where: str
    name: str
    version: str

    def is_locked_as(self, dependency: LockedDependency) -> bool:
        """Whether it is a dependency of Chart.lock; without a repository, helm takes the version that is there."""
        return self.name == dependency.name and (dependency.version == self.version or not dependency.repository)


def subcharts_of(folder: Path, where: str) -> tuple[Subchart, ...]:
    """Every chart in a folder ``charts/`` that helm loads; what it refuses is left to it.

    Args:
        where: the folder, as it is shown.

    Raises:
        ConfigurationError: ``DEPENDENCY_DIFFERS``, one cannot be read; ``POINTER``; ``CHART_ARCHIVE``.
    """
    if not folder.is_dir():
        return ()
    entries = (path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_")))
    found = (_subchart(path, f"{where}/{path.name}") for path in entries)
    return tuple(subchart for subchart in found if subchart)


def _subchart(path: Path, where: str) -> Subchart | None:
    chart_yaml = path / "Chart.yaml"
    if path.suffix == ".tgz" and path.is_file():
        content, shown = _metadata_in(path.read_bytes(), where), f"{where}:Chart.yaml"
    elif chart_yaml.is_file():
        content, shown = chart_yaml.read_bytes(), f"{where}/Chart.yaml"
    else:
        return None
    metadata = load_mapping(content, shown, _CODE)
    return Subchart(path=path, where=where, name=str(metadata.get("name")), version=str(metadata.get("version")))


def _metadata_in(archive: bytes, where: str) -> bytes:
    """Chart.yaml of an archive that can be read to its end."""
    check_content(archive, where)
    files = in_chart(lambda: loaded_files(archive), where)
    check_files(files, where)
    return next((content for name, content in files if name == "Chart.yaml"), b"")


def in_chart(read: Callable[[], tuple[PackedFile, ...]], where: str) -> tuple[PackedFile, ...]:
    """What an archive holds that is part of the commit, or was made of it.

    Raises:
        ConfigurationError: ``DEPENDENCY_DIFFERS``, it cannot be read; ``CHART_ARCHIVE``, it could be read in two ways.
    """
    try:
        return read()
    except CannotTellError as unreadable:
        raise ConfigurationError(_CODE, unreadable.message, where=where, hint="fetch it again") from None
    except VerificationError as refused:
        raise ConfigurationError("CHART_ARCHIVE", refused.message, where=where, hint=refused.hint) from None


def check_files(files: Sequence[PackedFile], where: str) -> None:
    """Refuse files that stand for other ones.

    Raises:
        ConfigurationError: ``POINTER``.
    """
    for name, content in files:
        check_content(content, f"{where}:{name}")


def check_apart(locked: Iterable[LockedDependency], where: str) -> None:
    """Refuse two charts of one name, which helm packs into one folder; one chart may have many aliases.

    Args:
        where: Chart.yaml.

    Raises:
        ConfigurationError: ``SUBCHART_TWICE``.
    """
    known: dict[str, LockedDependency] = {}
    for dependency in locked:
        other = known.setdefault(dependency.name, dependency)
        if other != dependency:
            both = " and ".join(f"{each.version} from {each.repository or 'charts/'}" for each in (other, dependency))
            raise ConfigurationError(
                "SUBCHART_TWICE",
                f"subchart {dependency.name} is a dependency twice, {both}, and helm packs both into "
                f"charts/{dependency.name}, whatever their aliases are: one would be lost",
                where=where,
                hint="depend on one of them, or on a copy that has another name in its Chart.yaml",
            )


def check_exact(found: Sequence[Subchart], locked: Sequence[LockedDependency], aliases: Sequence[str]) -> None:
    """Check that every locked dependency is there, as the only chart of its name, and that no two have one name.

    Args:
        aliases: under which dependencies are rendered.

    Raises:
        ConfigurationError: ``DEPENDENCY_DIFFERS`` or ``SUBCHART_TWICE``.
    """
    names: dict[str, Subchart] = {}
    for subchart in found:
        other = names.setdefault(subchart.name, subchart)
        if other is not subchart:
            raise ConfigurationError(
                "SUBCHART_TWICE",
                f"{other.where} and {subchart.where} are both the chart {subchart.name} "
                f"({other.version} and {subchart.version}), and helm mixes them",
                where=subchart.where,
                hint="delete one of them",
            )
    for dependency in locked:
        there = names.get(dependency.name)
        if there is None or not there.is_locked_as(dependency):
            raise differs(dependency, found if there is None else (there,))
    declared = {dependency.name for dependency in locked}
    for alias in aliases:
        if alias in names and alias not in declared:
            raise ConfigurationError(
                "SUBCHART_TWICE",
                f"a dependency has the alias {alias}, and {names[alias].where} is a chart of that name",
                where=names[alias].where,
                hint="give the dependency another alias",
            )


def differs(dependency: LockedDependency, found: Sequence[Subchart]) -> ConfigurationError:
    """The error of a dependency in whose place there are other charts."""
    others = ", ".join(f"{each.where} ({each.name} {each.version})" for each in found) or "nothing"
    return ConfigurationError(
        _CODE,
        f"Chart.lock names {dependency.name} {dependency.version}, but there is {others}",
        where=found[0].where if len(found) == 1 else f"charts/{dependency.name}",
        hint="run helm dependency update and commit Chart.lock with what is in charts/, or correct the mirror",
    )


def check_unpacked(chart: Path, where: str) -> None:
    """Check the subcharts of a chart folder that is packed as it is, and of those that are folders themselves.

    Helm packs them without a look at their own Chart.lock; one that is not there is left to helm.

    Raises:
        ConfigurationError: as ``check_exact``.
    """
    found = subcharts_of(chart / "charts", f"{where}/charts")
    names = {subchart.name for subchart in found}
    check_exact(found, [dependency for dependency in _locked_in(chart, where) if dependency.name in names], ())
    for subchart in found:
        if subchart.path.is_dir():
            check_unpacked(subchart.path, subchart.where)


def _locked_in(chart: Path, where: str) -> list[LockedDependency]:
    """What the lock of a subchart names; it may be one of another author, and of Helm 2."""
    lock = next((chart / name for name in ("Chart.lock", "requirements.lock") if (chart / name).is_file()), None)
    listed = load_mapping(lock.read_bytes(), f"{where}/{lock.name}", _CODE).get("dependencies") if lock else None
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    keys = ("name", "version", "repository")
    return [LockedDependency(*(str(each.get(key) or "") for key in keys)) for each in entries]
