"""The command line in a process of its own that is forked off one which has imported everything already.

An interpreter that starts and imports takes a third of a second, and most of two hundred whole runs; a fork of one that
has done so takes none of it. All else is a process's: its own environment, directory, streams, signals and end.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LIMIT = 1 << 20
# What a run imports on its way, besides the package.
_LIBRARIES = (
    "concurrent.futures.thread",
    "difflib",
    "git",
    "importlib.metadata",
    "pydantic",
    "requests",
    "semantic_release.commit_parser.conventional.parser",
    "semantic_release.hvcs.github",
    "semantic_release.version.version",
    "sh",
    "tomllib",
    "traceback",
    "urllib3",
    "yaml",
)
# What an interpreter, or a library while it is imported, reads: a process that is to have another of these starts anew.
AT_START = ("PATH", "LANG", "LC_", "PYTHON", "GIT_PYTHON_")


@dataclass
class _Parent:
    """A process that forks one command after the other."""

    process: "subprocess.Popen[bytes]"
    talk: socket.socket

    @classmethod
    def start(cls, env: Mapping[str, str]) -> "_Parent":
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.forked", str(theirs.fileno())],
                cwd=Path(__file__).resolve().parent.parent.parent,
                env=dict(env),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        made = cls(process, ours)
        atexit.register(made.end)
        return made

    def end(self) -> None:
        self.talk.close()
        self.process.wait()


_idle: list[_Parent] = []


def run_forked(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str], start_env: Mapping[str, str], timeout: float
) -> tuple[int, str, str]:
    """Run a command: its exit status, stdout and stderr.

    Args:
        env: the whole environment of the command.
        start_env: that of the process which it is forked from.
    """
    parent = _idle.pop() if _idle else _Parent.start(start_env)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        asked = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}).encode()
        assert len(asked) < _LIMIT
        parent.talk.settimeout(timeout)
        socket.send_fds(parent.talk, [len(asked).to_bytes(4, "big")], [out.fileno(), err.fileno()])
        parent.talk.sendall(asked)
        try:
            answer = parent.talk.recv(4)
        except TimeoutError:
            parent.process.kill()
            raise
        assert len(answer) == 4, "the process that commands are forked from has ended"
        _idle.append(parent)
        out.seek(0)
        err.seek(0)
        return int.from_bytes(answer, "big", signed=True), _text(out), _text(err)


def _text(stream: IO[bytes]) -> str:
    """As ``subprocess`` has it: every line ends with a newline alone."""
    text = stream.read().decode("utf-8", "surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _import_everything() -> None:
    """All that a run may import on its way."""
    import importlib
    import pkgutil

    import jetscale_cicd

    for module in pkgutil.walk_packages(jetscale_cicd.__path__, "jetscale_cicd."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _LIBRARIES:
        importlib.import_module(name)


def _serve(talk: socket.socket) -> None:
    """Fork for each request until nobody asks any more."""
    while True:
        length, streams, _, _ = socket.recv_fds(talk, 4, 2)
        if not length:
            return
        asked = b""
        while len(asked) < int.from_bytes(length, "big"):
            asked += talk.recv(_LIMIT)
        pid = os.fork()
        if pid == 0:
            talk.close()
            _become(json.loads(asked), streams)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(pid, 0)
        talk.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def _become(asked: dict[str, object], streams: Sequence[int]) -> None:
    """The command itself; never returns."""
    import random

    random.seed()
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
        os.close(stream)
    arguments, env = asked["arguments"], asked["env"]
    assert isinstance(arguments, list)
    assert isinstance(env, dict)
    os.chdir(str(asked["cwd"]))
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["jetscale-cicd", *arguments]
    try:
        from jetscale_cicd.__main__ import main

        main()
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
    except BaseException:  # noqa: BLE001 - the process ends here, whatever ends it
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    import gc

    _import_everything()
    assert tempfile.tempdir is None
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
