"""Chart.lock: the exact versions that a chart is built from, checked as ``helm dependency build`` checks them.

Helm keeps a digest of both lists, that of Chart.yaml and that of the lock, in Go's JSON: fields in the order of its
structure, empty ones left out except ``name`` and ``repository`` (read from Helm's source; measured with helm 3.17.3
and 4.3.1, which write the same digest). The digest alone lets a lock name other charts than Chart.yaml does, so names
and repositories are compared too.
"""

import hashlib
import json
import shlex
from collections.abc import Sequence

from jetscale_cicd.decide.chart.chart_yaml import VERSION, ChartFile, Dependency, read_dependencies
from jetscale_cicd.decide.chart.helm_yaml import read_mapping
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import frozen, replace

CODE = "CHART_LOCK"


@frozen
class LockedDependency:
    """One locked chart; without a repository it is unpacked in ``charts/``, and ``version`` may be a range."""

    name: str
    version: str
    repository: str


def locked_dependencies(chart: ChartFile, lock_text: str | None, where: str) -> tuple[LockedDependency, ...]:
    """Return the locked dependencies, in the order of Chart.yaml; () for a chart without dependencies.

    Args:
        chart: Chart.yaml.
        lock_text: the text of Chart.lock, None where there is none.
        where: path of Chart.lock, for errors.

    Raises:
        ConfigurationError: CHART_LOCK_MISSING, CHART_LOCK_STALE, or CHART_LOCK where it cannot be read or trusted.
    """
    if not chart.dependencies:
        return ()
    folder = shlex.quote(where.rpartition("/")[0] or ".")
    remedy = f"run `helm dependency update {folder}` and commit {where}"
    if lock_text is None:
        message = "the chart has dependencies but no Chart.lock: which versions are packaged would depend on the day"
        raise ConfigurationError("CHART_LOCK_MISSING", message, hint=remedy, where=where)
    lock = read_mapping(lock_text, where, CODE)
    lock.check_case(("dependencies", "digest", "generated"))
    locked = read_dependencies(lock)
    declared = _with_aliases_resolved(chart.dependencies, locked)
    same_charts = [_source(dependency) for dependency in declared] == [_source(dependency) for dependency in locked]
    if not same_charts or _digest(declared, locked) != lock.string("digest"):
        message = "Chart.lock was written for other dependencies than Chart.yaml has now"
        raise ConfigurationError("CHART_LOCK_STALE", message, hint=remedy, where=where)
    for dependency in locked:
        # The version is part of the name of an archive.
        if dependency.repository and not VERSION.fullmatch(dependency.version):
            message = f"{dependency.name} is locked to {dependency.version!r}, which is not an exact version"
            raise ConfigurationError(CODE, message, hint=remedy, where=where)
    return tuple(LockedDependency(item.name, item.version, item.repository) for item in locked)


def chart_of(locked: Sequence[LockedDependency]) -> tuple[str, str]:
    """Chart.yaml and Chart.lock of a chart that has nothing but these dependencies, for `helm dependency build`."""
    dependencies = tuple(
        Dependency(name=each.name, version=each.version, repository=each.repository) for each in locked
    )
    listed = [_fields(each) for each in dependencies]
    chart = {"apiVersion": "v2", "name": "dependencies", "version": "0.0.0", "dependencies": listed}
    lock = {"dependencies": listed, "digest": _digest(dependencies, dependencies), "generated": "1970-01-01T00:00:00Z"}
    return json.dumps(chart), json.dumps(lock)


def _source(dependency: Dependency) -> tuple[str, str]:
    return dependency.name, dependency.repository


def _with_aliases_resolved(declared: tuple[Dependency, ...], locked: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
    """Replace ``@name`` and ``alias:name`` by the locked URL.

    Helm resolves these names by the user's own list of repositories before it computes the digest, so the digest covers
    the URL; the lock holds it, too.
    """
    if len(declared) != len(locked):
        return declared
    return tuple(
        replace(item, repository=pinned.repository) if item.repository.startswith(("@", "alias:")) else item
        for item, pinned in zip(declared, locked, strict=True)
    )


def _digest(declared: tuple[Dependency, ...], locked: tuple[Dependency, ...]) -> str:
    """Return Helm's digest of both lists."""
    lists = [[_fields(dependency) for dependency in dependencies] for dependencies in (declared, locked)]
    text = json.dumps(lists, ensure_ascii=False, separators=(",", ":"))
    # Go's encoder makes JSON safe for HTML. It would escape U+2028 and U+2029 as well; these cannot occur here, because
    # Helm turns them into spaces and `Scalar.string` refuses what Helm would change.
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _fields(dependency: Dependency) -> dict[str, object]:
    """The fields in Go's order, without those that its omitempty leaves out."""
    imports = [value if isinstance(value, str) else dict(value) for value in dependency.import_values]
    optional = {
        "condition": dependency.condition,
        "tags": list(dependency.tags),
        "enabled": dependency.enabled,
        "import-values": imports,
        "alias": dependency.alias,
    }
    return {
        "name": dependency.name,
        **({"version": dependency.version} if dependency.version else {}),
        "repository": dependency.repository,
        **{key: value for key, value in optional.items() if value},
    }
