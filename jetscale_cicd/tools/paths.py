"""What is at a path that came from outside; a text that no system takes for a path names nothing.

``pathlib`` raises there: a name of more than 255 bytes, or a zero byte, would end a run as a bug.
"""

import errno
import os
import stat
from pathlib import Path

from jetscale_cicd.config.regular_file import read_regular

# Helm loads no larger chart.
MAX_PACKAGE_BYTES = 100 << 20


def exists(path: Path | str) -> bool:
    """Whether anything is there, links followed."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path | str) -> bool:
    """Whether it is a regular file."""
    return os.path.isfile(path)  # noqa: PTH113


def is_pipe(path: Path | str) -> bool:
    """Whether it is a named pipe, links followed."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return False


def is_directory(path: Path | str) -> bool:
    """Whether it is a directory."""
    return os.path.isdir(path)  # noqa: PTH112


def read_package(path: Path) -> bytes:
    """The content of a regular file of bounded size.

    Raises:
        OSError: it cannot be read, is none, or is larger than any package.
    """
    content = read_regular(path, MAX_PACKAGE_BYTES + 1)
    if len(content) > MAX_PACKAGE_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_PACKAGE_BYTES:,} bytes", str(path))
    return content
