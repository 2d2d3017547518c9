"""Secrets that are recognised wherever they get out, and programs on PATH that record with what they were started."""

import base64
import html
import json
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

# No word of four letters and digits in them is one of any output.
CANARIES = {
    "five": "Zq'7x",
    "quotes": 'Zq7xK\'s "Wv3kP" \\Yj9mR\\',
    "shell": "$(Zq7xK) `Wv3kP` ${Yj9mR} | > < & ; ! * ? # ~ %s \\n",
    "control": "Zq7xK\x07\tWv3kP\x1b[2JYj9mR",
    "lines": 'Zq7xK\'s end\n  Wv3kP: "Yj9mR"\n\nQb5tH\\\n',
    "long": "Zq7xK/b+c='Wv3kP\" " * 220,
}
_RECORDER = """#!/bin/sh
{{ printf '%s\\0' "$0" "$@"; env -0 | cut -z -d= -f1 | tr '\\0' ' '; printf '\\0\\n'; }} >> {record}
exec {program} "$@"
"""


def spelled(secret: str) -> Iterator[str]:
    """What must not be seen of a secret: its parts that no encoding changes, and the whole as it may be spelled."""
    yield from re.findall(r"[A-Za-z0-9]{4,}", secret)
    whole = secret.strip()
    yield from (whole, whole.replace("'", "''"), json.dumps(whole)[1:-1], shlex.quote(whole)[1:-1], html.escape(whole))
    yield quote(whole, safe="")
    for before in ("", "x", "xy"):
        yield base64.b64encode((before + whole).encode()).decode()[4:-4]


def leaks(secret: str, texts: Iterable[str]) -> list[str]:
    """The surroundings of each part of a secret in the texts."""
    parts = [part for part in dict.fromkeys(spelled(secret)) if len(part) >= 4]
    found = ((text, text.find(part)) for text in texts for part in parts)
    return [text[max(at - 50, 0) : at + 50] for text, at in found if at >= 0]


def recorded(directory: Path, path: str, record: Path, *names: str) -> str:
    """A PATH on which these programs record their arguments and the names of their variables."""
    directory.mkdir()
    for name in names:
        if program := shutil.which(name, path=path):
            wrapper = directory / name
            wrapper.write_text(_RECORDER.format(record=shlex.quote(str(record)), program=shlex.quote(program)))
            wrapper.chmod(0o755)
    return f"{directory}:{path}"
