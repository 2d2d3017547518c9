"""The package as syntax trees: its modules, functions, constants, and the calls between them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "jetscale_cicd"


@dataclass(frozen=True)
class Call:
    """A call, with the module and the function that it stands in."""

    node: ast.Call
    module: "Module"
    function: ast.FunctionDef | None

    @property
    def name(self) -> str:
        """Name of what is called, without what stands before its last dot."""
        called = self.node.func
        return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: Path
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Name → value of what is assigned at the top."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    found[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found[name] = value
        return found

    @cached_property
    def signatures(self) -> dict[str, list[str]]:
        """Name → parameters of each function and record, without ``self``; a class without any has its base's."""
        found: dict[str, list[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef):
                arguments = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                found[node.name] = [name for name in arguments if name not in ("self", "cls")]
            elif isinstance(node, ast.ClassDef):
                targets = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
                own = [each.id for each in targets if isinstance(each, ast.Name)]
                bases = [each.id for each in node.bases if isinstance(each, ast.Name)]
                found.setdefault(node.name, own or next((found[base] for base in bases if base in found), []))
        return found

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call, with the innermost function around it."""
        return tuple(self._calls(self.tree, None))

    def _calls(self, node: ast.AST, function: ast.FunctionDef | None) -> Iterator[Call]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield Call(child, self, function)
            yield from self._calls(child, child if isinstance(child, ast.FunctionDef) else function)


@cache
def read_package() -> tuple[Module, ...]:
    """Every module of the package."""
    return tuple(Module(file, ast.parse(file.read_text())) for file in sorted(PACKAGE.rglob("*.py")))


def bound(call: ast.Call, parameters: Sequence[str]) -> dict[str, ast.expr]:
    """Parameter → argument, as far as both are written out."""
    arguments = dict(zip(parameters, call.args, strict=False))
    return arguments | {each.arg: each.value for each in call.keywords if each.arg}
