"""Whether the pins of wheels and Go modules are the newest: `make pins`.

pip and go are asked, each with the index or the proxy that it is configured to use. Prints a table, in Markdown. Exit
status: 0 all is current, 1 something is outdated, 2 something could not be found out, and nothing is known as outdated.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
CURRENT, OUTDATED, UNKNOWN = 0, 1, 2
_SECONDS = 60.0
_MAX_BYTES = 1 << 20
_MAX_LAYERS = 3  # a layer is made for each minor version of Kubernetes, of which there are three a year
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")
_LAYER = re.compile(r"(.*-v)(\d+)")

Version = tuple[int, ...]


class Row(NamedTuple):
    """One pin: what is pinned, what is the newest that may be pinned, and what else is to be known."""

    name: str
    pinned: str
    newest: str
    state: int
    note: str = ""


class Unanswered(Exception):  # noqa: N818 - it is no error of this program
    """A question got no answer; with the reason."""


def main() -> int:
    """Ask, print the table, and give the exit status."""
    rows = list(all_rows())
    words = {CURRENT: "current", OUTDATED: "**outdated**", UNKNOWN: "**unknown**"}
    print("| pin | pinned | newest | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {row.pinned} | {row.newest} | {'; '.join(filter(None, (words[row.state], row.note)))} |")
    states = {row.state for row in rows}
    return OUTDATED if OUTDATED in states else UNKNOWN if UNKNOWN in states else CURRENT


def all_rows() -> Iterator[Row]:
    """Every pin."""
    yield from wheel_rows("tools.txt", may_change_layer=True)
    yield from wheel_rows("helm3/wheel.txt", may_change_layer=False)  # later layers hold helm 4
    tools = tomllib.loads((PROJECT / "requirements" / "tools.toml").read_text())
    yield in_wheel("helm.sh/helm/v4", tools["helm"]["version"])
    yield in_wheel("k8s.io/kubernetes", tools["kubectl"]["version"])
    yield module_row("requirements/helm3/go.mod", "helm.sh/helm/v3", parts=1)
    yield module_row("tests/cluster/assets/go.mod", "k8s.io/kubernetes", parts=2)


# --- wheels -------------------------------------------------------------------------------------------------------


def wheel_rows(file: str, *, may_change_layer: bool) -> Iterator[Row]:
    """The wheels of a requirements file.

    Args:
        may_change_layer: a wheel of a later layer takes the place of this one.
    """
    for name, pinned in re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / "requirements" / file).read_text(), re.MULTILINE):
        yield row(name, pinned, partial(wheels, name))
        if may_change_layer:
            yield later_layer(name)


def wheels(name: str) -> list[str]:
    """The versions of a distribution, [] where the index says that there is none.

    pip says "No matching distribution" whatever went wrong, so what it says of the page is read (measured: pip 23.2).

    Raises:
        Unanswered: it could not be asked.
    """
    status, output = ask([sys.executable, "-m", "pip", "-vv", "--no-input", "index", "versions", name])
    if status == 0 and (listed := re.search(r"^Available versions: (.+)$", output, re.MULTILINE)):
        return listed[1].split(", ")
    page = re.escape(re.sub(r"[-_.]+", "-", name).lower())  # PEP 503
    failed = re.findall(rf"Could not fetch URL \S*/{page}/: (.+)", output)
    if status != 0 and failed and all(why.startswith("404 Client Error") for why in failed):
        return []
    raise Unanswered(failed[0] if failed else last_line(output))


def later_layer(name: str) -> Row:
    """Whether there is a wheel of a later layer."""
    layer = _LAYER.fullmatch(name)
    if not layer:
        return Row("its layer", name, "?", UNKNOWN, "its name does not end with a number")
    number, found = int(layer[2]), ""
    try:
        for later in range(number + 1, number + 1 + _MAX_LAYERS):
            if versions := wheels(f"{layer[1]}{later}"):
                found = f"{layer[1]}{later} {versions[0]}"
    except Unanswered as unanswered:
        return Row("its layer", name, "?", UNKNOWN, str(unanswered))
    return Row("its layer", name, found or name, OUTDATED if found else CURRENT)


# --- Go modules ---------------------------------------------------------------------------------------------------


def module_row(file: str, module: str, *, parts: int) -> Row:
    """A module of a go.mod, which may move as long as the first numbers of its version stay.

    Args:
        parts: how many numbers have to stay.
    """
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", (PROJECT / file).read_text(), re.MULTILINE)
    if not found:
        return Row(module, "?", "?", UNKNOWN, f"{file} does not name it")
    kept = parse(found[1])[:parts]
    return row(f"{module} ({file})", found[1], partial(modules, module), lambda version: version[:parts] == kept)


def in_wheel(module: str, version: str) -> Row:
    """A program that is as new as its wheel: a newer one is said, and there is no pin to move."""
    name = f"{module} (in the wheel)"
    try:
        newest = max((each for each in modules(module) if _RELEASE.fullmatch(each)), key=parse, default="")
        newer = parse(newest) > parse(version)
    except Unanswered as unanswered:
        return Row(name, version, "?", UNKNOWN, str(unanswered))
    return Row(name, version, newest, CURRENT, "newer than the newest wheel's" if newer else "")


def modules(module: str) -> list[str]:
    """The versions of a module, without those that were retracted.

    Raises:
        Unanswered: it could not be asked.
    """
    with tempfile.TemporaryDirectory() as outside:  # of every module
        status, output = ask(["go", "list", "-m", "-versions", "-json", module], cwd=outside)
    if status != 0:
        raise Unanswered(last_line(output))
    try:
        return list(map(str, json.loads(output[output.index("{") :]).get("Versions", ())))
    except (ValueError, TypeError, AttributeError):
        raise Unanswered(f"go gave no list: {last_line(output)}") from None


# --- both ---------------------------------------------------------------------------------------------------------


def row(
    name: str, pinned: str, versions: Callable[[], Sequence[str]], may_be: Callable[[Version], bool] = lambda _: True
) -> Row:
    """Compare a pin with the versions that there are.

    Args:
        may_be: whether the pin may move to a version; of the others a newer one is said.
    """
    try:
        listed = {parse(version): version for version in versions() if _RELEASE.fullmatch(version)}
        if parse(pinned) not in listed:
            raise Unanswered("the list lacks the version that is pinned")
    except Unanswered as unanswered:
        return Row(name, pinned, "?", UNKNOWN, str(unanswered))
    newest, newer = max(filter(may_be, listed)), max(listed)
    note = f"{listed[newer]} is there, too" if newer > newest else ""
    return Row(name, pinned, listed[newest], OUTDATED if newest > parse(pinned) else CURRENT, note)


def parse(version: str) -> Version:
    """The numbers of a release.

    Raises:
        Unanswered: it is none.
    """
    found = _RELEASE.fullmatch(version)
    if not found:
        raise Unanswered(f"{version} is not the version of a release")
    return tuple(map(int, found[1].split(".")))


def ask(command: Sequence[str], cwd: str | None = None) -> tuple[int, str]:
    """Exit status and output of a program, bounded in time and size.

    Raises:
        Unanswered: it is not there, took too long, or wrote too much.
    """
    own = {"GOFLAGS": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_TERMINAL_PROMPT": "0", "NO_COLOR": "1"}
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as missing:
        raise Unanswered(f"{command[0]}: {missing.strerror}") from None
    begun = time.monotonic()
    timer = threading.Timer(_SECONDS, end, [process])
    timer.start()
    try:
        assert process.stdout
        with process.stdout:
            output = process.stdout.read(_MAX_BYTES + 1)
        if len(output) > _MAX_BYTES:
            end(process)
        status = process.wait()
    finally:
        timer.cancel()
    if len(output) > _MAX_BYTES or time.monotonic() - begun > _SECONDS:
        raise Unanswered(f"{Path(command[0]).name} gave no answer in {_SECONDS:g} s and {_MAX_BYTES} bytes")
    return status, output.decode("utf-8", "replace")


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a program and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def last_line(output: str) -> str:
    """What a program said last, as a cell of the table."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].replace("|", "/")[:200] if lines else "no answer"


if __name__ == "__main__":
    sys.exit(main())
