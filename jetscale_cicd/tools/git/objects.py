"""Objects of a repository, read from one long-lived ``git cat-file`` in place of a process for each question.

``--batch`` gives kind and content of whatever is named; ``--batch-command``, which can also give the kind alone, needs
git 2.36, and what is named here is small: commits, tags, trees, and files that are about to be read anyway.
"""

import os
import re
import selectors
import subprocess
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, NamedTuple, cast

from jetscale_cicd.tools.git.process import GRACE, Process, UnansweredError, exceeds, stop

_HEADER = re.compile(rb"([0-9a-f]{40}(?:[0-9a-f]{24})?) (commit|tree|blob|tag) (\d+)")
_CHUNK = 1 << 16
# Of one object, and of all that are asked for at once. Helm loads no larger chart.
MAX_OBJECT_BYTES = 100 << 20
# Seconds that one answer is waited for: in a partial clone, git may fetch the object first.
_ANSWER = 300.0
# Less than any system's pipe holds: git may answer the first question before it has read the last one.
_AT_ONCE = 4096


class GitObject(NamedTuple):
    """An object by its full name: ``commit``, ``tree``, ``blob`` or ``tag``, and its content."""

    name: str
    kind: str
    content: bytes


class ReaderEndedError(Exception):
    """``git cat-file`` ended before it had answered; with its exit status and what it wrote to stderr."""

    def __init__(self, status: int, stderr: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.stderr = stderr


class ObjectReader:
    """Asks one ``git cat-file --batch``, which starts with the first question and again where it has ended.

    Args:
        start: starts it.
    """

    def __init__(self, start: Callable[[], Process]) -> None:
        self._start = start
        self._running: _Running | None = None
        self._turn = threading.Lock()  # an answer belongs to the question before it

    def read(self, names: Sequence[str]) -> list[GitObject | None]:
        """What each name stands for, None where the repository lacks it or several objects have that short name.

        Args:
            names: without a line break; names go through stdin, so that a branch called ``-rf`` is a name.

        Raises:
            ReaderEndedError: git ended, because an object or the repository is damaged.
            UnansweredError: it gives no answer, because a remote gives it none.
            CannotTellError: ``GIT_LIMIT``, one is too large, or all together are.
        """
        if not names:
            return []
        with self._turn:
            return self._read(names)

    def _read(self, names: Sequence[str]) -> list[GitObject | None]:
        if self._running is not None and self._running.process.poll() is not None:
            self.close()  # an interruption of the terminal reaches it too, and cleaning up may have a question
        try:
            if self._running is None:
                self._running = _Running(self._start())
            self._running.left = MAX_OBJECT_BYTES
            answers = map(self._running.ask, _portions(names))
            return [answer for portion in answers for answer in portion]
        except BaseException:
            self._drop(stop)  # in the middle of an answer nothing more can be asked
            raise

    def close(self) -> None:
        """End it; a later question starts another, which sees the repository anew."""
        self._drop(_end)

    def _drop(self, end: Callable[[Process], None]) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.finalizer.detach()
            end(running.process)


class _Running:
    """The process, its output that is not read yet, and a finalizer where it is not closed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.left = MAX_OBJECT_BYTES
        self.finalizer = weakref.finalize(self, _end, process)
        self._stdin, stdout, stderr = (
            cast("IO[bytes]", pipe) for pipe in (process.stdin, process.stdout, process.stderr)
        )
        self._stdout, self._stderr = stdout.fileno(), stderr.fileno()
        self._output, self._errors = bytearray(), bytearray()
        self._streams = selectors.PollSelector()
        for stream in (self._stdout, self._stderr):
            self._streams.register(stream, selectors.EVENT_READ)

    def ask(self, questions: bytes) -> list[GitObject | None]:
        self._errors.clear()
        with suppress(BrokenPipeError):  # why it has ended is read below
            self._stdin.write(questions)
            self._stdin.flush()
        return [self._answer() for _ in range(questions.count(b"\n"))]

    def _answer(self) -> GitObject | None:
        while (end := self._output.find(b"\n")) < 0:
            self._fill()
        header = _HEADER.fullmatch(self._take(end + 1)[:-1])
        if header is None:  # "… missing", "… ambiguous"
            return None
        size = int(header[3])
        if size > MAX_OBJECT_BYTES:
            raise exceeds(f"the object {header[1].decode()} has {size:,} bytes")
        self.left -= size
        if self.left < 0:
            raise exceeds(f"the objects that are read together have more than {MAX_OBJECT_BYTES:,} bytes")
        while len(self._output) <= size:
            self._fill()
        return GitObject(header[1].decode(), header[2].decode(), self._take(size + 1)[:-1])

    def _take(self, count: int) -> bytes:
        with memoryview(self._output) as output:
            taken = bytes(output[:count])
        del self._output[:count]
        return taken

    def _fill(self) -> None:
        """Wait for more; both streams are read, so that much on stderr cannot block git."""
        ready = [key.fd for key, _ in self._streams.select(_ANSWER)]
        if not ready:
            raise UnansweredError(_ANSWER)
        if self._stderr in ready:
            self._errors += os.read(self._stderr, _CHUNK)
        if self._stdout in ready:
            read = os.read(self._stdout, _CHUNK)
            self._output += read
            if not read:
                self._fail()

    def _fail(self) -> None:
        _, rest = self.process.communicate()
        raise ReaderEndedError(self.process.returncode, bytes(self._errors) + rest)


def _portions(names: Sequence[str]) -> Iterator[bytes]:
    """Questions that fit into a pipe together, or one that does not."""
    portion = b""
    for name in names:
        if "\n" in name:
            raise ValueError(f"{name!r} is more than one name")
        line = name.encode("utf-8", "surrogateescape") + b"\n"
        if portion and len(portion) + len(line) > _AT_ONCE:
            yield portion
            portion = b""
        portion += line
    if portion:
        yield portion


def _end(process: Process) -> None:
    """Ask for nothing more, which ends it."""
    try:
        process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        stop(process)
