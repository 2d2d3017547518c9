"""Chart.yaml and the dependencies in it, read as Helm reads them; every name that becomes part of a path is checked."""

import re

from jetscale_cicd.decide.chart.helm_yaml import Mapping, Scalar, Value, read_mapping
from jetscale_cicd.model.record import frozen

CODE = "CHART_YAML"
# `helm create` takes [a-zA-Z0-9._-]+. Helm 3 packages a chart called `..` all the same (measured), and a leading dot or
# dash would make a hidden file or an option of the archive's name.
# With its version it is the name of a file, which has at most 255 characters.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")
# Helm's aliasNameFormat.
_ALIAS = re.compile(r"[A-Za-z0-9_-]+")
# What Helm's semver library accepts (`v1.2` too); it has no character that could leave a folder.
VERSION = re.compile(r"(?=.{1,80}\Z)v?[0-9]+(?:\.[0-9]+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
CHART_KEYS = (
    "annotations", "apiVersion", "appVersion", "condition", "dependencies", "deprecated", "description", "home", "icon",
    "keywords", "kubeVersion", "maintainers", "name", "sources", "tags", "type", "version",
)  # fmt: skip
_DEPENDENCY_KEYS = ("alias", "condition", "enabled", "import-values", "name", "repository", "tags", "version")

ImportValue = str | tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class Dependency:
    """One entry of ``dependencies``; an import value is a name, or the sorted pairs of child and parent."""

    name: str
    version: str = ""
    repository: str = ""
    alias: str = ""
    condition: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = False
    import_values: tuple[ImportValue, ...] = ()


@frozen(kw_only=True)
class ChartFile:
    """What Stage 6 needs from Chart.yaml; ``app_version`` as it is written, because Stage 6 replaces it."""

    name: str
    version: str
    app_version: str
    api_version: str
    dependencies: tuple[Dependency, ...]


def parse_chart(text: str, where: str) -> ChartFile:
    """Read Chart.yaml.

    Args:
        text: the file's text.
        where: the file's path, for errors.

    Raises:
        ConfigurationError: CHART_YAML, CHART_VERSION or CHART_API_VERSION.
    """
    chart = read_mapping(text, where, CODE)
    chart.check_case(CHART_KEYS)
    api_version = chart.string("apiVersion")
    if api_version != "v2":
        # Helm itself would read v1, and the dependencies of a requirements.yaml beside it; `helm package` drops the
        # dependencies of a v1 Chart.yaml.
        message = f"apiVersion is {api_version or 'missing'!r}, only v2 is supported"
        hint = "write `apiVersion: v2` and move the dependencies from requirements.yaml into Chart.yaml"
        raise chart.at("apiVersion").refuse(message, hint, "CHART_API_VERSION")
    version = chart.string("version")
    if not VERSION.fullmatch(version):
        message = f"version {version!r} is not a semantic version" if version else "there is no version"
        raise chart.at("version").refuse(message, "write a placeholder: `version: 0.0.0`", "CHART_VERSION")
    app_version = chart.scalar("appVersion")
    dependencies = read_dependencies(chart)
    names = [dependency.alias or dependency.name for dependency in dependencies]
    for name in names:
        if names.count(name) > 1:
            raise chart.at("dependencies").refuse(
                f"more than one dependency has the name {name}", "give each of them an alias"
            )
    return ChartFile(
        name=_name(chart),
        version=version,
        app_version=app_version.written("appVersion") if app_version else "",
        api_version=api_version,
        dependencies=dependencies,
    )


def read_dependencies(document: Mapping) -> tuple[Dependency, ...]:
    """Read the list ``dependencies`` of Chart.yaml or Chart.lock."""
    return tuple(_dependency(item) for item in document.items("dependencies"))


def _dependency(item: Value) -> Dependency:
    if not isinstance(item, Mapping):
        raise item.location.refuse("a dependency is not a mapping")
    item.check_case(_DEPENDENCY_KEYS)
    alias = item.string("alias")
    if alias and not _ALIAS.fullmatch(alias):
        raise item.location.refuse(f"the alias {alias!r} must consist of letters, digits, _ and -")
    return Dependency(
        name=_name(item),
        version=item.string("version"),
        repository=item.string("repository"),
        alias=alias,
        condition=item.string("condition"),
        tags=tuple(_text(tag, "a tag") for tag in item.items("tags")),
        enabled=_flag(item, "enabled"),
        import_values=tuple(_import_value(value) for value in item.items("import-values")),
    )


def _flag(mapping: Mapping, key: str) -> bool:
    value = mapping.entries.get(key)
    if value is None or (isinstance(value, Scalar) and value.kind == "null"):
        return False
    if isinstance(value, Scalar) and value.kind == "bool" and value.text.lower() in {"true", "false"}:
        return value.text.lower() == "true"
    raise value.location.refuse(f"{key} is neither true nor false")


def _name(mapping: Mapping) -> str:
    """Return the name, which becomes part of a file name."""
    name = mapping.string("name")
    if not _NAME.fullmatch(name):
        message = f"the name {name!r} is not a valid chart name" if name else "there is no name"
        raise mapping.at("name").refuse(
            message, "use up to 150 letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
        )
    return name


def _text(value: Value, what: str) -> str:
    if not isinstance(value, Scalar):
        raise value.location.refuse(f"{what} is not a string")
    return value.string(what)


def _import_value(value: Value) -> ImportValue:
    """Read a name, or a pair of child and parent; Helm accepts nothing else, and keeps the type of a scalar."""
    pairs = value.entries if isinstance(value, Mapping) else {"": value}
    for part in pairs.values():
        if not (isinstance(part, Scalar) and part.kind == "str"):
            raise part.location.refuse("an import value is neither a string nor a mapping of strings")
    texts = tuple((key, _text(part, "an import value")) for key, part in sorted(pairs.items()))
    return texts if isinstance(value, Mapping) else texts[0][1]
