"""Whatever writes to stderr, a bug, a thread, a warning or a library's log, it shows no secret."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jetscale_cicd.cli.error_stream import redacted
from jetscale_cicd.tools.redact import MASK, Redactor
from tests.conftest import sampled

pytestmark = pytest.mark.quick(4)

SECRET = 'canary\'s "5f2c"\nin lines'
RUN = """
import logging, sys, threading, warnings
from pathlib import Path
import jetscale_cicd.cli.schema as command
from jetscale_cicd.cli.main import main

from tests.conftest import sampled
SECRET = {secret!r}

class Odd:
    def __del__(self):
        raise ValueError(SECRET)

def fails():
    raise KeyError(SECRET)

def execute(args, output):
    warnings.warn(SECRET)
    logging.getLogger("urllib3").warning("Retrying: /token?password=%s", SECRET)
    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    Odd()
    {bug}

command.execute = execute
sys.exit(main(["schema", *{options!r}]))
"""
BUGS = {
    "message": "raise RuntimeError('it is ' + SECRET)",
    "repr": "raise RuntimeError(repr(SECRET), {'token': SECRET})",
    "cause": "\n    try:\n        fails()\n    except KeyError as first:\n        raise ValueError('x') from first",
    "path": "open(SECRET * 300)",
    "a path that is none": "Path(SECRET + chr(0)).read_bytes()",
}


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.parametrize(
    "options", sampled([("--debug",), ("--output=json",), (), ("--debug", "--output=json")], one_of=2)
)
def test_a_bug_shows_no_secret(tmp_path: Path, bug: str, options: tuple[str, ...]) -> None:
    summary = tmp_path / "summary"
    env = {**os.environ, "API_TOKEN": SECRET, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    script = RUN.format(secret=SECRET, bug=BUGS[bug], options=options)
    ended = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "BUG" in ended.stderr
    assert ("in execute" in ended.stderr) == ("--debug" in options)
    for who in ("UserWarning", "Retrying", "Exception in thread", "Exception ignored"):
        assert who in ended.stderr
    for text in (ended.stdout, ended.stderr, summary.read_text()):
        assert "canary" not in text
        assert "5f2c" not in text
        assert "in lines" not in text


def test_a_stream_is_redacted_once() -> None:
    inner = io.StringIO()
    stream = redacted(redacted(inner, Redactor.of(["first-secret"])), Redactor.of(["second-secret"]))
    print("first-secret second-secret", file=stream)
    assert inner.getvalue() == f"first-secret {MASK}\n"
    assert (stream.isatty(), stream.writable()) == (False, True)
