"""The error codes of the package, read from its source: class, messages and hints of every place that makes one.

A code is made by a call of an error class, of a function that has a parameter ``code``, or of a record that has a
field ``code``; or it begins a tuple with its next step, as the faults of a deploy do; or it is the value of an enum.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from jetscale_cicd import errors
from jetscale_cicd.errors import Stage6Error
from scripts.docs.source import Call, Module, bound, read_package

CODE = re.compile(r"[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*")
CLASSES = {
    name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Stage6Error)
}
# Records and methods whose code becomes an error elsewhere, and the class of that error.
CARRIERS = {
    "Diagnosis": "DeployError",
    "replace": "DeployError",  # of a Diagnosis
    "RefusalRule": "PreconditionError",
    "_passing": "CannotTellError",
    "YamlLocation": "ConfigurationError",
    "YamlSource": "ConfigurationError",
    "refuse": "ConfigurationError",
    "_problem": "ConfigurationError",
    "PassingRule": "CannotTellError",
}
# Those whose next step has names in braces, which are known only at run time.
_TEMPLATES = ("RefusalRule", "PassingRule")
_DEPTH = 3
_MOST = 12
_ANY = "…"


@dataclass
class Code:
    """One code, and what its errors say."""

    name: str
    classes: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        """Exit status of its class."""
        (name,) = self.classes
        return CLASSES[name].exit_status

    def add(self, class_name: str, messages: Iterable[str], hints: Iterable[str]) -> None:
        """Another place that makes it."""
        self.classes.add(class_name)
        for kept, new in ((self.messages, messages), (self.hints, hints)):
            fresh = (text for text in dict.fromkeys(new) if text not in kept and re.search(r"\w\w", text))
            kept.extend(text for text in fresh if not text.startswith((" ", ":")))


@cache
def all_codes() -> dict[str, Code]:
    """Every code by its name.

    Raises:
        LookupError: a code is made in a way that this module does not know: add it to ``CARRIERS``.
    """
    found: dict[str, Code] = {}
    source = _Source(read_package())
    for names, class_name, messages, hints in source.sites():
        for name in names:
            found.setdefault(name, Code(name)).add(class_name, messages, hints)
    return dict(sorted(found.items()))


class _Source:
    """The package, and how a text in it reads with ``…`` for what is known only at run time."""

    def __init__(self, modules: tuple[Module, ...]) -> None:
        self.modules = modules
        self.calls = [call for module in modules for call in module.calls]
        self.constants = {name: value for module in modules for name, value in module.constants.items()}
        self.enums = [each for module in modules for each in _enums_of_codes(module)]
        self.error_classes = {name: name for name in CLASSES} | _subclasses(modules)
        # The first of each name that takes a code.
        signatures = [each for module in reversed(modules) for each in module.signatures.items()]
        self.taking_codes = {name: parameters for name, parameters in signatures if "code" in parameters}
        self.assigned: dict[ast.FunctionDef, list[ast.Assign]] = {}

    def sites(self) -> Iterator[tuple[list[str], str, list[str], list[str]]]:
        """Codes, class, messages and hints of each place."""
        for call in self.calls:
            given = bound(call.node, self._parameters(call))
            if codes := [code for code in self._codes(given.get("code"), call.module) if CODE.fullmatch(code)]:
                message = given.get("message", given.get("verdict"))
                hint = given.get("hint", given.get("next_step", given.get("step")))
                hints = self.texts(hint, call)
                if call.name in _TEMPLATES:
                    hints = [re.sub(r"(?:\{[a-z]+\})+", _ANY, each) for each in hints]
                yield codes, self._class_of(call), self.texts(message, call), hints
        for code, hints in self.enums:
            yield [code], "DeployError", [], hints
        for module in self.modules:
            yield from self._rows(module)

    def _rows(self, module: Module) -> Iterator[tuple[list[str], str, list[str], list[str]]]:
        """Tuples of a code, maybe a message, and a next step."""
        in_table = {id(node) for value in module.constants.values() for node in ast.walk(value)}
        in_class = {id(node) for each in module.nodes for node in _class_values(each)}
        for node in module.nodes:
            if not isinstance(node, ast.Tuple) or id(node) in in_class or len(node.elts) < len(("code", "next step")):
                continue
            first, second, third = (*node.elts, None)[:3]
            codes = [code for code in self._codes(first, module) if CODE.fullmatch(code)]
            if third is None:  # a pair of one word in capitals and a text may be anything
                codes = [code for code in codes if "_" in code]
            if not codes:
                continue
            here = Call(ast.Call(func=ast.Name(id=""), args=[], keywords=[]), module, self._around(module, node))
            hints = self.texts(second if third is None else third, here)
            if any(" " in each for each in hints):
                # In a table the second cell is the pattern that recognises the message of another program.
                known = third is not None and id(node) not in in_table
                yield codes, "DeployError", self.texts(second, here) if known else [], hints

    def _around(self, module: Module, node: ast.AST) -> ast.FunctionDef | None:
        functions = (each for each in module.nodes if isinstance(each, ast.FunctionDef))
        around = [each for each in functions if any(node is inner for inner in ast.walk(each))]
        return around[-1] if around else None

    def _parameters(self, call: Call) -> list[str]:
        if call.name in self.error_classes:
            return ["code", "message"]
        if call.name in call.module.signatures:
            return call.module.signatures[call.name]
        return self.taking_codes.get(call.name, [])

    def _codes(self, expression: ast.expr | None, module: Module) -> Iterator[str]:
        match expression:
            case ast.Constant(value=str(code)):
                yield code
            case ast.Attribute(attr=name) if any(name == code for code, _ in self.enums):
                yield name
            case ast.Name(id=name) | ast.Attribute(attr=name):
                value = module.constants.get(name, self.constants.get(name))
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._codes(body, module)
                yield from self._codes(orelse, module)

    def _class_of(self, call: Call, depth: int = _DEPTH) -> str:
        """The error class that a call makes, by what the function that is called does with its code."""
        if call.name in self.error_classes:
            return self.error_classes[call.name]
        if call.name in CARRIERS:
            return CARRIERS[call.name]
        homes = [call.module, *self.modules]
        for home in homes if depth else []:
            inside = [each for each in home.calls if each.function is not None and each.function.name == call.name]
            for each in inside:
                given = bound(each.node, self._parameters(each)).get("code")
                if isinstance(given, ast.Name) and given.id == "code":
                    return self._class_of(each, depth - 1)
        place = call.module.path.name
        raise LookupError(f"{place}:{call.node.lineno}: the class of the error that {call.name} makes is not known")

    def texts(self, expression: ast.expr | None, call: Call, depth: int = _DEPTH) -> list[str]:
        """What an expression may read, as far as it is written in the source."""
        match expression:
            case None:
                return []
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                return _joined([self.texts(part, call, depth) for part in parts])
            case ast.FormattedValue(value=value):
                return self.texts(value, call, depth) if isinstance(value, ast.Name | ast.IfExp) else [_ANY]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined([self.texts(left, call, depth), self.texts(right, call, depth)])
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.texts(body, call, depth), *self.texts(orelse, call, depth)]
            case ast.BoolOp(values=values):
                return [text for value in values for text in self.texts(value, call, depth)]
            case ast.Name(id=name) if depth:
                return self._named(name, call, depth - 1)
        return [_ANY]

    def _named(self, name: str, call: Call, depth: int) -> list[str]:
        """A local variable, a constant, or a parameter as the calls of its function give it."""
        if call.function is not None:
            if call.function not in self.assigned:
                inside = ast.walk(call.function)
                self.assigned[call.function] = [node for node in inside if isinstance(node, ast.Assign)]
            assigned = [
                node.value
                for node in self.assigned[call.function]
                if [_name_of(each) for each in node.targets] == [name]
                and node.lineno <= getattr(call.node, "lineno", node.lineno)
            ]
            if assigned:  # the nearest one above the call
                return self.texts(max(assigned, key=lambda value: value.lineno), call, depth)
            if name in call.module.signatures.get(call.function.name, ()):
                return self._given(name, call.function, call.module, depth) or [_ANY]
        value = call.module.constants.get(name, self.constants.get(name))
        return self.texts(value, call, depth) if isinstance(value, ast.Constant | ast.JoinedStr) else [_ANY]

    def _given(self, name: str, function: ast.FunctionDef, module: Module, depth: int) -> list[str]:
        found: list[str] = []
        for call in module.calls:
            if call.name == function.name and call.function is not function:
                found += self.texts(bound(call.node, module.signatures[function.name]).get(name), call, depth)
        return list(dict.fromkeys(text if " " in text else _ANY for text in found))[:_MOST]


def _subclasses(modules: Iterable[Module]) -> dict[str, str]:
    """Name → class of the family, of each class elsewhere that refines one."""
    classes = (node for module in modules for node in module.nodes if isinstance(node, ast.ClassDef))
    return {
        each.name: base.id
        for each in classes
        for base in each.bases
        if isinstance(base, ast.Name) and base.id in CLASSES and each.name not in CLASSES
    }


def _enums_of_codes(module: Module) -> Iterator[tuple[str, list[str]]]:
    """Code and next steps of each member of an enum whose value is its own name, or begins with it."""
    for each in module.nodes:
        for node in _class_values(each):
            match node:
                case ast.Tuple(elts=[ast.Constant(value=str(code)), *cells]) if CODE.fullmatch(code):
                    texts = [cell.value for cell in cells if isinstance(cell, ast.Constant)]
                    yield code, [text for text in texts[-1:] if isinstance(text, str) and " " in text]


def _class_values(node: ast.AST) -> Iterator[ast.expr]:
    """What a class gives to its members."""
    if isinstance(node, ast.ClassDef):
        yield from (each.value for each in node.body if isinstance(each, ast.Assign))


def _joined(parts: list[list[str]]) -> list[str]:
    texts = [""]
    for part in parts:
        texts = [text + end for text in texts for end in part or [""]][:_MOST]
    return [re.sub(rf"{_ANY}(?:\s*{_ANY})+", _ANY, text) for text in texts]


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""
