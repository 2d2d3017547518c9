"""What is at a path that came from outside; a text that no system takes for a path names nothing.

``pathlib`` raises there: a name of more than 255 bytes, or a zero byte, would end a run as a bug.
"""

import os
from pathlib import Path


def exists(path: Path | str) -> bool:
    """Whether anything is there, links followed."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path | str) -> bool:
    """Whether it is a regular file."""
    return os.path.isfile(path)  # noqa: PTH113


def is_directory(path: Path | str) -> bool:
    """Whether it is a directory."""
    return os.path.isdir(path)  # noqa: PTH112
