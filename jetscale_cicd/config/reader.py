"""`.stage6.yaml` → Settings: every problem with its line and column.

Pydantic is not used: importing it would take most of the time budget of a decision (docs/adr/0010).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

from jetscale_cicd.config.defaults import default_settings, with_origins
from jetscale_cicd.config.needs import wrong_needs
from jetscale_cicd.config.nodes import Node, compose, unquoted_off
from jetscale_cicd.config.parity_settings import ParitySettings
from jetscale_cicd.config.release_settings import ReleaseSettings
from jetscale_cicd.config.settings import (
    DEFAULT_TARGET,
    RENAMED,
    ChartSettings,
    Settings,
    clashes,
    seconds,
)
from jetscale_cicd.config.yaml_scalars import plain
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.contract import Contract, PullSecret
from jetscale_cicd.model.field_rules import Check, check_label
from jetscale_cicd.model.record import Field, fields, replace
from jetscale_cicd.model.severity import Severity
from jetscale_cicd.model.shown import may_be_shown, quoted
from jetscale_cicd.model.smoke_test import SmokeTest
from jetscale_cicd.model.target import Target

_MAX_SHOWN_PROBLEMS = 20
_MAX_ITEMS = 1000
_KINDS = {
    "str": "text",
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "null": "nothing (null)",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default key",
    "sequence": "a list",
    "mapping": "a mapping",
}


def read_settings(text: str, file: str) -> Settings:
    """Read the text of a configuration file; empty text means the defaults.

    Args:
        text: the whole file.
        file: its name, for origins and errors.

    Raises:
        ConfigurationError: ``CONFIG_YAML``, ``CONFIG_UNKNOWN_KEY``, ``CONFIG_DUPLICATE_KEY``, ``CONFIG_TYPE`` or
            ``CONFIG_VALUE``. The first problem gives code and location; the others follow, line by line.
    """
    root = compose(text.removeprefix("\ufeff"), file)
    if root is None or root.kind == "null":
        return default_settings()
    reader = _Reader(file)
    settings = reader.settings(root)
    if settings is None:
        raise reader.error()
    return with_origins(replace(settings, notes=tuple(reader.notes)), reader.origins)


class _Reader:
    """Turns nodes into settings; collects every problem, and goes on reading."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.origins: dict[str, str] = {}
        self.notes: list[str] = []
        self._problems: list[tuple[int, int, str, str, str]] = []
        # The only number of the file is a duration, which is written with its unit.
        self._readers: dict[object, Callable[[Node, str, Field], object]] = {
            str: self._text,
            int: self._duration,
            bool: self._flag,
            str | None: lambda node, key, spec: None if node.kind == "null" else self._text(node, key, spec),
            bool | None: lambda node, key, spec: None if node.kind == "null" else self._flag(node, key, spec),
            tuple[str, ...]: self._texts,
            Mapping[str, str]: self._mapping,
            Mapping[str, tuple[str, ...]]: self._lists,
            Mapping[str, Severity]: self._severities,
            Contract: partial(self._nested, Contract),
            PullSecret | None: partial(self._nested, PullSecret),
            SmokeTest | None: partial(self._nested, SmokeTest),
        }

    def settings(self, root: Node) -> Settings | None:
        """The settings, or None where there is a problem."""
        sections = self._entries(root, "", ("chart", "release", "targets", "parity"))
        chart = self._record(ChartSettings, sections["chart"][1], "chart") if "chart" in sections else {}
        release = self._record(ReleaseSettings, sections["release"][1], "release") if "release" in sections else {}
        targets = self._targets(sections["targets"][1]) if "targets" in sections else (DEFAULT_TARGET,)
        parity = self._nested(ParitySettings, sections["parity"][1], "parity") if "parity" in sections else None
        if parity and not self._problems and (wrong := parity.unknown(target.name for target in targets)):
            self._problem("CONFIG_VALUE", sections["parity"][1], f"parity.{wrong}")
        if self._problems:
            return None
        settings = Settings(chart=ChartSettings(**chart), release=ReleaseSettings(**release), targets=targets)
        return replace(settings, parity=parity) if parity else settings

    def error(self) -> ConfigurationError:
        """All problems as one error, in the order of the file; a single one has its remedy as the hint."""
        problems = sorted(self._problems)
        line, column, code, message, hint = problems[0]
        where = f"{self.file}:{line}:{column}"
        if len(problems) == 1:
            return ConfigurationError(code, message, hint=hint, where=where)
        lines = [
            f"{self.file}:{at}:{column}: {what}" + (f" ({remedy})" if remedy else "")
            for at, column, _, what, remedy in problems[:_MAX_SHOWN_PROBLEMS]
        ]
        if len(problems) > _MAX_SHOWN_PROBLEMS:
            lines.append(f"and {len(problems) - _MAX_SHOWN_PROBLEMS} more")
        return ConfigurationError(code, "\n".join([f"{len(problems)} problems", *lines]), where=where)

    def _problem(self, code: str, node: Node, message: str, hint: str = "") -> None:
        self._problems.append((node.line, node.column, code, message, hint))

    def _targets(self, node: Node) -> tuple[Target, ...]:
        entries = self._entries(node, "targets")
        if node.kind == "mapping" and not node.pairs:
            self._problem("CONFIG_VALUE", node, "targets: must have at least one target")
        found: dict[str, Target] = {}
        for name, (key, value) in entries.items():
            before = len(self._problems)
            self._checked(key, "targets", check_label, name)
            written = self._record(Target, value, f"targets.{quoted(name)[1:-1]}")
            if len(self._problems) > before:
                continue  # a rule that spans several values is checked only where each of them is valid
            try:
                found[name] = Target(**{"name": name, **written})
            except ValueError as error:
                self._problem("CONFIG_VALUE", key, f"targets.{name}: {error}")
        targets = tuple(found.values())
        complete = len(found) == len(entries)  # else a target that is needed may be one that cannot be read
        for target, sentence in (*clashes(targets), *(wrong_needs(targets) if complete else ())):
            self._problem("CONFIG_VALUE", entries[target.name][0], f"targets.{target.name}: {sentence}")
        return targets

    def _record(
        self, record: type[Any], node: Node, prefix: str, *, without: tuple[str, ...] = ("name",)
    ) -> dict[str, Any]:
        """The fields of a record that are written, each read by its annotation and checked by its ``check``."""
        specs = {each.name: each for each in fields(record) if each.name not in without}
        values: dict[str, Any] = {}
        for name, (_, value) in self._entries(self._renamed(node, prefix), prefix, tuple(specs)).items():
            spec, dotted = specs[name], f"{prefix}.{name}"
            values[name] = self._readers.get(spec.type, self._choice)(value, dotted, spec)
            if values[name] not in (None, ""):  # they say nothing
                self.origins[dotted] = f"{self.file}:{value.line}:{value.column}"
        return values

    def _renamed(self, node: Node, prefix: str) -> Node:
        """The mapping with each key under its present name; a former name gives a note, or a problem beside it."""
        written = {key.text: key for key, _ in node.pairs if key.kind == "str"}
        pairs = []
        for key, value in node.pairs:
            former = f"{prefix}.{key.text}" if key.kind == "str" else ""
            name = RENAMED.get(former, "")
            if name in written:
                message = f"{former} is the former name of {prefix}.{name}, and both are written"
                self._problem("CONFIG_DUPLICATE_KEY", key, message, f"delete {key.text}")
            elif name:
                pairs.append((replace(key, text=name), value))
                self.notes.append(
                    f"{self.file}:{key.line}:{key.column}: {former} is the former name of {prefix}.{name}; "
                    "it is still read; please write the present name"
                )
            else:
                pairs.append((key, value))
        return replace(node, pairs=tuple(pairs))

    def _entries(self, node: Node, dotted: str, known: tuple[str, ...] = ()) -> dict[str, tuple[Node, Node]]:
        """Key → (key, value) of a mapping; without ``known`` any key is allowed."""
        entries: dict[str, tuple[Node, Node]] = {}
        if not self._is(node, dotted or "the file", "mapping"):
            return entries
        for key, value in node.pairs:
            # A key of a mapping with free keys is not echoed: it may be a registry with its password.
            if not self._is(key, f"a key of {dotted or 'the file'}", "str"):
                continue
            if key.text in entries:
                first = entries[key.text][0].line
                message = f"{dotted or 'the file'}: this key is already on line {first}"
                self._problem("CONFIG_DUPLICATE_KEY", key, message)
            elif known and key.text not in known:
                name = f"{dotted}.{key.text}".lstrip(".")
                self._problem("CONFIG_UNKNOWN_KEY", key, f"unknown key {quoted(name)}", self._suggest(key.text, known))
            else:
                entries[key.text] = (key, value)
        return entries

    def _text(self, node: Node, dotted: str, spec: Field) -> str:
        if self._is(node, dotted, "str"):
            self._checked(node, dotted, spec.metadata["check"], node.text)
        return node.text

    def _duration(self, node: Node, dotted: str, spec: Field) -> int:
        if node.kind in ("int", "float"):
            self._problem("CONFIG_TYPE", node, f"{dotted}: {quoted(node.text)} has no unit", "write 90s, 20m or 1h")
        elif self._is(node, dotted, "str"):
            try:
                duration = seconds(node.text)
                spec.metadata["check"](duration)
            except ValueError as error:
                self._problem("CONFIG_VALUE", node, f"{dotted}: {error}")
            else:
                return duration
        return 0

    def _flag(self, node: Node, dotted: str, _spec: Field) -> bool:
        self._is(node, dotted, "bool")
        return plain(node.text) is True

    def _texts(self, node: Node, dotted: str, spec: Field) -> tuple[str, ...]:
        self._is(node, dotted, "sequence")
        if len(node.items) > _MAX_ITEMS:  # globs are compiled together
            self._problem("CONFIG_VALUE", node, f"{dotted}: has more than {_MAX_ITEMS:,} items")
            return ()
        return tuple(self._text(item, dotted, spec) for item in node.items)

    def _mapping(self, node: Node, dotted: str, spec: Field) -> dict[str, str]:
        entries = self._entries(node, dotted)
        for key, _ in entries.values():
            self._checked(key, dotted, spec.metadata["check_key"], key.text)
        return {text: self._text(value, dotted, spec) for text, (_, value) in entries.items()}

    def _lists(self, node: Node, dotted: str, spec: Field) -> dict[str, tuple[str, ...]]:
        entries = self._entries(node, dotted)
        for key, _ in entries.values():
            self._checked(key, dotted, spec.metadata["check_key"], key.text)
        empty = replace(node, kind="sequence", pairs=())
        # A Secret without keys of its own is written as a null or an empty list.
        values = {text: empty if value.kind == "null" else value for text, (_, value) in entries.items()}
        return {text: self._texts(value, f"{dotted}.{quoted(text)[1:-1]}", spec) for text, value in values.items()}

    def _severities(self, node: Node, dotted: str, spec: Field) -> dict[str, Severity]:
        return {
            text: Severity(severity)
            for text, severity in self._mapping(unquoted_off(node), dotted, spec).items()
            if severity in tuple(Severity)
        }

    def _nested(self, record: type[Any], node: Node, dotted: str, _spec: Field | None = None) -> Any:
        """A record inside another one; None where it is null or has a problem."""
        if node.kind == "null":
            return record() if record is Contract else None
        before = len(self._problems)
        written = self._record(record, node, dotted, without=())
        if len(self._problems) > before:
            return None
        try:
            return record(**written)
        except (TypeError, ValueError) as error:
            self._problem("CONFIG_VALUE", node, f"{dotted}: {error}")
            return None

    def _choice(self, node: Node, dotted: str, spec: Field) -> str:
        allowed = get_args(spec.type)
        if self._is(node, dotted, "str") and node.text not in allowed:
            message = f"{dotted}: {quoted(node.text)} must be one of {', '.join(allowed)}"
            self._problem("CONFIG_VALUE", node, message, self._suggest(node.text, allowed))
        return node.text

    def _checked(self, node: Node, dotted: str, check: Check, text: str) -> None:
        try:
            check(text)
        except ValueError as error:
            self._problem("CONFIG_VALUE", node, f"{dotted}: {error}")

    def _is(self, node: Node, dotted: str, kind: str) -> bool:
        if node.kind == kind:
            return True
        scalar = node.kind not in ("sequence", "mapping")
        what = _KINDS.get(node.kind, node.kind)
        reading = f"YAML reads {quoted(node.text)} as {what}" if node.text else f"is {what}"
        hint = ""
        if node.kind == "null":
            hint = "delete the key to keep its default"
        elif kind == "str" and scalar:
            hint = f'quote it: "{node.text[:60]}"' if may_be_shown(node.text) else "quote it"
        elif kind == "sequence" and scalar:
            hint = "write a list: [...]"
        self._problem("CONFIG_TYPE", node, f"{dotted}: must be {_KINDS[kind]}, but {reading}", hint)
        return False

    def _suggest(self, text: str, known: tuple[str, ...]) -> str:
        if len(self._problems) >= _MAX_SHOWN_PROBLEMS:
            return ""  # never shown, and difflib is slow
        import difflib

        near = difflib.get_close_matches(text[:60], known, n=1)
        return f"did you mean {near[0]}?" if near else f"allowed: {', '.join(known)}"
