"""What is at a path that came from outside; a text that no system takes for a path names nothing.

``pathlib`` raises there: a name of more than 255 bytes, or a zero byte, would end a run as a bug.
"""

import errno
import os
import stat
from pathlib import Path

# Helm loads no larger chart.
MAX_PACKAGE_BYTES = 100 << 20


def exists(path: Path | str) -> bool:
    """Whether anything is there, links followed."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path | str) -> bool:
    """Whether it is a regular file."""
    return os.path.isfile(path)  # noqa: PTH113


def is_directory(path: Path | str) -> bool:
    """Whether it is a directory."""
    return os.path.isdir(path)  # noqa: PTH112


def read_package(path: Path) -> bytes:
    """The content of a regular file of bounded size: a pipe would be waited for, and a device has no end.

    Raises:
        OSError: it cannot be read, is none, or is larger than any package.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as source:
            content = source.read(MAX_PACKAGE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_PACKAGE_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_PACKAGE_BYTES:,} bytes", str(path))
    return content
