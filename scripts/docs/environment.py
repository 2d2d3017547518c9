"""The environment variables that the package names: those that it reads, and those that it sets or drops."""

import ast
import re
from functools import cache

from scripts.docs.codes import CODE, all_codes
from scripts.docs.source import read_package

# Names in capitals that are no variables: the error codes of registries, and a constant of the time module.
_NO_VARIABLES = {"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND", "CLOCK_BOOTTIME"}
# One word in capitals is a variable only where an environment is asked for it.
_ENVIRONMENTS = ("env", "environ", "os.environ", "self.env", "ours", "said")
_FIELDS = {"proof", "payload"}


@cache
def all_variables() -> frozenset[str]:
    """Every variable that the source names."""
    found: set[str] = set()
    for module in read_package():
        for node in ast.walk(module.tree):
            found |= {name for name in _asked(node) if CODE.fullmatch(name)}
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if CODE.fullmatch(node.value) and "_" in node.value else set()
    return frozenset(found - set(all_codes()) - _NO_VARIABLES)


def _asked(node: ast.AST) -> set[str]:
    """Variables that an expression asks for, or lists in a set, by where they stand in it."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return {name} if ast.unparse(value) in _ENVIRONMENTS else set()
        case ast.Compare(left=ast.Constant(value=str(name)), comparators=[value]):
            return {name} if ast.unparse(value) in _ENVIRONMENTS else set()
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name))):
            return {name} if ast.unparse(value) in _ENVIRONMENTS else set()
        case ast.Set(elts=elements):
            return {each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)}
        case ast.keyword(arg="run_url", value=ast.Constant(value=str(template))):
            return set(re.findall(r"\{(\w+)\}", template))
        case ast.keyword(arg=str(name), value=ast.Constant(value=str(value))) if name in _FIELDS and value:
            return {value}
    return set()
