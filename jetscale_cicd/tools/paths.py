"""What is at a path that came from outside; a text that no system takes for a path names nothing.

``pathlib`` raises there: a name of more than 255 bytes, or a zero byte, would end a run as a bug.
"""

import errno
import os
import stat
import sys
from pathlib import Path

from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import PreconditionError

# Helm loads no larger chart.
MAX_PACKAGE_BYTES = 100 << 20


def check_encoding() -> None:
    """Refuse to go on where names of files are not UTF-8, as those of a commit and of a package are.

    Python takes the encoding from the locale, once, at its start (PEP 538, PEP 540). With another one the same commit
    would give another package, or none.

    Raises:
        PreconditionError: ``LOCALE``.
    """
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        raise PreconditionError(
            "LOCALE",
            f"this locale makes names of files {encoding}, and those of a commit are UTF-8",
            where="LC_ALL, LC_CTYPE, LANG, PYTHONUTF8",
            hint="set LC_ALL=C.UTF-8, or PYTHONUTF8=1",
        )


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
