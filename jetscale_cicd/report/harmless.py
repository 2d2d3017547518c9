"""Text in which a CI finds no command of its own, whatever a commit message or a manifest holds.

A GitHub runner takes ``::`` after any leading space, and ``##[`` anywhere in a line (its ActionCommand.cs); Azure
Pipelines takes ``##vso[``, TeamCity ``##teamcity[``.
"""

import re

_COLONS = re.compile(r"(?m)^((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:)")
_BRACKET = re.compile(r"(##[A-Za-z]*)\[")


def harmless(text: str) -> str:
    r"""``text`` with a backslash in each place where a command would begin."""
    return _BRACKET.sub(r"\1\\[", _COLONS.sub(r"\1:\\:", text))


def harmless_json(text: str) -> str:
    """The same for JSON, without changing what it means; no line of it begins with ``::``."""
    return _BRACKET.sub(r"\1\\u005b", text)
