"""Chart.yaml: read it as Helm does, write the two version keys into it, and tell whether anything else changed.

Helm reads YAML through JSON into fixed types, which has consequences (measured with helm 3.17.3 and 4.3.1): an unquoted
``1.10`` becomes ``1.1`` and ``y`` becomes ``true``, and keys match whatever their case (``Version: 1`` counts). What
Helm would read otherwise than it is written is refused here, with the place.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from jetscale_cicd.errors import ConfigurationError

if TYPE_CHECKING:
    from yaml.error import Mark
    from yaml.nodes import MappingNode, Node

CODE = "CHART_YAML"
# Far above any real Chart.yaml (the largest carry a changelog in an annotation), and two seconds of parsing.
_LONGEST = 256 * 1024
_DEEPEST = 40
_MOST_VALUES = 20_000

_TAG = "tag:yaml.org,2002:"
# Numbers that come out as they were written; Helm rounds fractions to 32 bits (12345.6789 becomes 12345.679, measured).
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})|-?(?:0|[1-9][0-9]{0,2})\.[0-9]{0,2}[1-9]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and the code of an error about it."""

    code: str
    path: str
    line: int
    column: int

    def refuse(self, message: str, hint: str = "", code: str = "") -> ConfigurationError:
        """Return the error to raise."""
        where = f"{self.path}:{self.line}:{self.column}"
        return ConfigurationError(code or self.code, message, hint=hint, where=where)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar; ``kind`` is YAML's short tag, or ``number`` for an unquoted text that only Helm reads as a number."""

    kind: str
    text: str
    place: Place = field(compare=False)

    def string(self, what: str) -> str:
        """Return what Helm reads where it wants a string.

        Raises:
            ConfigurationError: Helm would read another text than the one that is written.
        """
        number = self.kind in {"int", "float"} and _PLAIN_NUMBER.fullmatch(self.text)
        if not (number or self.kind in {"str", "timestamp", "null"}):  # a date stays as it is written
            message = f"{what} is no string: Helm reads {self.text!r} as something else"
            raise self.place.refuse(message, "put it in quotes")
        return self.written(what)

    def written(self, what: str) -> str:
        """Return the text, whatever Helm takes it for.

        Raises:
            ConfigurationError: Helm drops what cannot be printed, and turns every kind of space into a plain one.
        """
        if not self.text.isprintable():
            message = f"{what} has characters that cannot be printed"
            raise self.place.refuse(message, "write it on one line, without them")
        return "" if self.kind == "null" else self.text


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: "tuple[Value, ...]"
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; its keys are strings and there is one of each."""

    entries: "dict[str, Value]"
    place: Place = field(compare=False)

    def string(self, key: str) -> str:
        """Return the string at ``key``; "" where there is none, as in Helm."""
        value = self.scalar(key)
        return "" if value is None else value.string(key)

    def scalar(self, key: str) -> Scalar | None:
        """Return the scalar at ``key``; None where there is nothing."""
        value = self.entries.get(key)
        if value is None or isinstance(value, Scalar):
            return value
        raise value.place.refuse(f"{key} is no string")

    def at(self, key: str) -> Place:
        """Return the place of the value at ``key``, or of the mapping."""
        value = self.entries.get(key)
        return self.place if value is None else value.place

    def items(self, key: str) -> "tuple[Value, ...]":
        """Return the list at ``key``; () where there is none."""
        value = self.entries.get(key)
        if value is None or (isinstance(value, Scalar) and value.kind == "null"):
            return ()
        if not isinstance(value, Sequence):
            raise value.place.refuse(f"{key} is no list")
        return value.items

    def check_case(self, keys: tuple[str, ...]) -> None:
        """Refuse a key that Helm takes for one of ``keys`` although it is spelled otherwise."""
        known = {key.casefold(): key for key in keys}
        for key in self.entries:
            meant = known.get(key.casefold(), key)
            if meant != key:
                raise self.place.refuse(f"the key {key!r} is read by Helm as {meant}", f"spell it {meant}")


Value = Scalar | Sequence | Mapping


def read_mapping(text: str, where: str, code: str) -> Mapping:
    """Read one YAML document that is a mapping, within bounds on size, depth and repetition.

    Raises:
        ConfigurationError: ``code``.
    """
    reader = _Reader(code, where)
    root = reader.read(_compose(text, where, code))
    if not isinstance(root, Mapping):
        raise root.place.refuse("the file is no mapping of keys to values")
    return root


def _compose(text: str, where: str, code: str) -> "Node":
    """Return YAML's nodes, which know their places."""
    import yaml

    class BoundedLoader(yaml.SafeLoader):
        """Refuses what would exhaust Python's stack."""

        depth = 0

        def compose_node(self, parent: "Node | None", index: object) -> "Node | None":
            self.depth += 1
            if self.depth > _DEEPEST:
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise yaml.MarkedYAMLError(problem=f"more than {_DEEPEST} levels deep", problem_mark=mark)
            node: Node | None = super().compose_node(parent, index)  # type: ignore[arg-type]
            self.depth -= 1
            return node

    if len(text) > _LONGEST:
        raise Place(code, where, 1, 1).refuse(f"the file is longer than {_LONGEST} characters")
    try:
        node = yaml.compose(text, Loader=BoundedLoader)
    except yaml.MarkedYAMLError as error:
        raise _place(error.problem_mark, where, code).refuse(f"not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        raise Place(code, where, line, column).refuse("not YAML: a character that YAML does not allow") from error
    except (ValueError, OverflowError) as error:  # "\UFFFFFFFF", %YAML with thousands of digits
        raise Place(code, where, 1, 1).refuse("not YAML: a number or an escape out of range") from error
    if node is None:
        raise Place(code, where, 1, 1).refuse("the file is empty")
    return node


def _place(mark: "Mark | None", where: str, code: str) -> Place:
    return Place(code, where, mark.line + 1, mark.column + 1) if mark else Place(code, where, 1, 1)


class _Reader:
    """Nodes to values; counts, as aliases of aliases make a few lines worth millions of values."""

    def __init__(self, code: str, where: str) -> None:
        self.code = code
        self.where = where
        self.left = _MOST_VALUES

    def read(self, node: "Node", depth: int = 0) -> Value:
        """Read a node and all below it."""
        import yaml

        place = _place(node.start_mark, self.where, self.code)
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            raise place.refuse(f"more than {_MOST_VALUES} values or {_DEEPEST} levels", "use fewer aliases")
        if isinstance(node, yaml.MappingNode):
            return Mapping(self._entries(node, depth), place)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.read(item, depth + 1) for item in node.value), place)
        kind = node.tag.removeprefix(_TAG)
        if (
            kind == "str"
            and isinstance(node, yaml.ScalarNode)
            and node.style is None
            and _is_number_for_helm(node.value)
        ):
            kind = "number"
        return Scalar(kind, node.value, place)

    def _entries(self, node: "MappingNode", depth: int) -> "dict[str, Value]":
        entries: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = self.read(key_node, depth + 1)
            if not isinstance(key, Scalar) or key.kind == "null":
                raise key.place.refuse("a key is no string")
            if key.kind == "merge":
                raise key.place.refuse("the merge key << is not supported", "write the keys out")
            name = key.string("a key")
            if name in entries:
                raise key.place.refuse(f"the key {name!r} is there twice", "remove one of them")
            entries[name] = self.read(value_node, depth + 1)
        return entries


def _is_number_for_helm(text: str) -> bool:
    """Whether Helm's YAML reads an unquoted text as number or bool where PyYAML reads a string: 1e3, 0o17, y."""
    if text in {"y", "Y", "n", "N"}:
        return True
    if not text.isascii() or not any(char.isdigit() for char in text):
        return False
    for read in (float, lambda digits: int(digits, 0)):
        try:
            read(text.replace("_", ""))
        except ValueError:
            continue
        return True
    return False


# `helm create` takes [a-zA-Z0-9._-]+. Helm 3 packages a chart called `..` all the same (measured), and a leading dot or
# dash would make a hidden file or an option of the archive's name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,249}")
# Helm's aliasNameFormat.
_ALIAS = re.compile(r"[A-Za-z0-9_-]+")
# What Helm's semver library takes (`v1.2` too); nothing in it can lead out of a folder.
VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_CHART_KEYS = (
    "annotations", "apiVersion", "appVersion", "condition", "dependencies", "deprecated", "description", "home", "icon",
    "keywords", "kubeVersion", "maintainers", "name", "sources", "tags", "type", "version",
)  # fmt: skip
_DEPENDENCY_KEYS = ("alias", "condition", "enabled", "import-values", "name", "repository", "tags", "version")

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_ANCHOR = re.compile(r"(?:!\S*\s+)?&")
_PLAIN_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]*)?")
_STAMPED = ("version", "appVersion")
_STAMP = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]*")

ImportValue = str | tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFile:
    """What Stage 6 needs from Chart.yaml; ``app_version`` as it is written, as Stage 6 stamps its own."""

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
    chart.check_case(_CHART_KEYS)
    api_version = chart.string("apiVersion")
    if api_version != "v2":
        # Helm itself would read v1, and the dependencies of a requirements.yaml beside it; `helm package` drops the
        # dependencies of a v1 Chart.yaml.
        message = f"apiVersion is {api_version or 'missing'!r}, only v2 is supported"
        hint = "write `apiVersion: v2` and move the dependencies from requirements.yaml into Chart.yaml"
        raise chart.at("apiVersion").refuse(message, hint, "CHART_API_VERSION")
    version = chart.string("version")
    if not VERSION.fullmatch(version):
        message = f"version {version!r} is no version" if version else "there is no version"
        raise chart.at("version").refuse(message, "write a placeholder: `version: 0.0.0`", "CHART_VERSION")
    app_version = chart.scalar("appVersion")
    dependencies = read_dependencies(chart)
    names = [dependency.alias or dependency.name for dependency in dependencies]
    for name in names:
        if names.count(name) > 1:
            raise chart.at("dependencies").refuse(
                f"more than one dependency is called {name}", "give each of them an alias"
            )
    return ChartFile(
        name=_name(chart),
        version=version,
        app_version=app_version.written("appVersion") if app_version else "",
        api_version=api_version,
        dependencies=dependencies,
    )


def same_content(old: str, new: str) -> bool:
    """Whether two texts of Chart.yaml give the same package but for ``version`` and ``appVersion``.

    Helm writes Chart.yaml anew when it packages, so comments, order and quotes are no content. A text that cannot be
    read is never the same as another.
    """
    if old == new:
        return True
    try:
        before, after = read_mapping(old, "", CODE), read_mapping(new, "", CODE)
    except ConfigurationError:
        return False
    # A version that is taken out is no bump: Helm refuses such a chart.
    bump_only = ("version" in before.entries) == ("version" in after.entries)
    return bump_only and _without_versions(before) == _without_versions(after)


def stamp(text: str, version: str, app_version: str, where: str) -> str:
    """Set the top-level ``version`` and ``appVersion``, keeping every other byte.

    Args:
        text: the text of Chart.yaml.
        version, app_version: what to write.
        where: the file's path, for errors.

    Raises:
        ConfigurationError: CHART_VERSION where there is no version to replace, CHART_YAML where the text cannot be
            changed without changing more than that.
    """
    before = read_mapping(text, where, CODE)
    before.check_case(_CHART_KEYS)
    for value in (version, app_version):
        if not _STAMP.fullmatch(value):
            raise before.place.refuse(f"{value!r} cannot be written as a version", "", "CHART_VERSION")
    if not before.string("version"):
        raise before.at("version").refuse(
            "there is no version", "write a placeholder: `version: 0.0.0`", "CHART_VERSION"
        )
    before.scalar("appVersion")
    root = cast("MappingNode", _compose(text, where, CODE))  # `before` is a mapping
    spans = {key: _span(text, root, before, key) for key in before.entries if key in _STAMPED}
    edits = [_replacement(text, spans["version"], version)]
    if "appVersion" in spans:
        edits.append(_replacement(text, spans["appVersion"], app_version))
    else:
        edits.append(_insertion(text, root, spans["version"], app_version))
    stamped = text
    for start, end, new in sorted(edits, reverse=True):  # from the end, so that the places before it stay right
        stamped = stamped[:start] + new + stamped[end:]
    _check_stamp(before, stamped, version, app_version)
    return stamped


def read_dependencies(document: Mapping) -> tuple[Dependency, ...]:
    """Read the list ``dependencies`` of Chart.yaml or Chart.lock."""
    return tuple(_dependency(item) for item in document.items("dependencies"))


def _dependency(item: Value) -> Dependency:
    if not isinstance(item, Mapping):
        raise item.place.refuse("a dependency is no mapping")
    item.check_case(_DEPENDENCY_KEYS)
    alias = item.string("alias")
    if alias and not _ALIAS.fullmatch(alias):
        raise item.place.refuse(f"the alias {alias!r} is not made of letters, digits, _ and -")
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
    raise value.place.refuse(f"{key} is neither true nor false")


def _name(mapping: Mapping) -> str:
    """Return the name, which becomes part of a file's name."""
    name = mapping.string("name")
    if not _NAME.fullmatch(name):
        message = f"the name {name!r} is no chart name" if name else "there is no name"
        raise mapping.at("name").refuse(
            message, "use letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
        )
    return name


def _text(value: Value, what: str) -> str:
    if not isinstance(value, Scalar):
        raise value.place.refuse(f"{what} is no string")
    return value.string(what)


def _import_value(value: Value) -> ImportValue:
    """Read a name, or a pair of child and parent; Helm has no use for anything else, and keeps the type of a scalar."""
    pairs = value.entries if isinstance(value, Mapping) else {"": value}
    for part in pairs.values():
        if not (isinstance(part, Scalar) and part.kind == "str"):
            raise part.place.refuse("an import value is neither a string nor a mapping of strings")
    texts = tuple((key, _text(part, "an import value")) for key, part in sorted(pairs.items()))
    return texts if isinstance(value, Mapping) else texts[0][1]


def _without_versions(chart: Mapping) -> "dict[str, Value]":
    return {key: value for key, value in chart.entries.items() if key not in _STAMPED}


_Edit = tuple[int, int, str]


def _span(text: str, root: "MappingNode", chart: Mapping, key: str) -> tuple[int, int]:
    """Return where the scalar of a top-level key stands."""
    value = next(value for name, value in root.value if name.value == key)
    start, end = value.start_mark.index, value.end_mark.index
    if _ANCHOR.match(text, start) or value.style in {"|", ">"}:
        message = f"{key} is an anchor, an alias or a block of text, and cannot be replaced alone"
        raise chart.at(key).refuse(message, f"write it plainly: `{key}: 0.0.0`")
    return start, end


def _replacement(text: str, span: tuple[int, int], value: str) -> _Edit:
    start, end = span
    quote = text[start] if text[start:end] and text[start] in "'\"" else ""
    if not quote and not (text[start:end] and _PLAIN_VERSION.fullmatch(value)):
        quote = '"'
    space = "" if text[start:end] else " "  # `appVersion:` with nothing behind it
    return start, end, f"{space}{quote}{value}{quote}"


def _insertion(text: str, root: "MappingNode", version: tuple[int, int], value: str) -> _Edit:
    """Put ``appVersion`` right behind the version: on a line of its own, or within the braces."""
    if root.flow_style:
        return version[1], version[1], f', appVersion: "{value}"'
    indent = " " * root.value[0][0].start_mark.column
    line = f'{indent}appVersion: "{value}"'
    line_break = _LINE_BREAK.search(text, version[1])
    if line_break:
        return line_break.end(), line_break.end(), line + line_break.group()
    any_break = _LINE_BREAK.search(text)
    return len(text), len(text), (any_break.group() if any_break else "\n") + line


def _check_stamp(before: Mapping, stamped: str, version: str, app_version: str) -> None:
    """Read the result: whatever trick the text holds, nothing but the two keys may differ."""
    try:
        after = read_mapping(stamped, before.place.path, before.place.code)
        right = (after.string("version"), after.string("appVersion")) == (version, app_version)
    except ConfigurationError:
        after, right = before, False
    if not right or _without_versions(after) != _without_versions(before):
        hint = "write version and appVersion plainly, one to a line"
        raise before.place.refuse("the version cannot be replaced without changing something else", hint)
