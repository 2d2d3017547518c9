"""A file that somebody else may have made: read without waiting for it, and no more of it than is asked for."""

import errno
import os
import stat
from pathlib import Path

# What a shell calls the pipes that it hands over: `<(…)`, and `… |`.
_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")


def read_regular(path: Path, most: int, *, handed_over: bool = False) -> bytes:
    """The first bytes of a regular file: a pipe would be waited for, and a device has no end.

    Args:
        most: how many bytes; one more than a reader takes lets it see that there are too many.
        handed_over: a pipe that the shell made and gave to this process is read too, until its other end is closed.

    Raises:
        OSError: it cannot be read, or is none.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if handed_over and stat.S_ISFIFO(mode) and str(path).startswith(_HANDED_OVER):
            os.set_blocking(descriptor, True)
        elif not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as source:
            return source.read(most)
    finally:
        os.close(descriptor)
