"""Whether a path of the work tree stays in it: a link that somebody committed may lead anywhere on this machine."""

import os
from pathlib import Path

from jetscale_cicd.errors import ConfigurationError

# A chart has no more.
_MAX_FILES = 20_000


def is_inside(root: Path, path: Path) -> bool:
    """Whether a path is in a folder once every link is followed; what does not exist is where it would be made."""
    whole, top = os.path.realpath(path), os.path.realpath(root)
    return whole == top or whole.startswith(top.rstrip("/") + "/")


def check_inside(root: Path, path: Path) -> None:
    """Refuse a path below a folder that leads out of it.

    A path that is not below the folder by its name is somebody's own choice, and left alone.

    Raises:
        ConfigurationError: ``LINK_ESCAPES``.
    """
    if _is_below(root, path) and not is_inside(root, path):
        raise _escapes(path)


def check_files_inside(root: Path, folder: Path) -> None:
    """Refuse a folder in which anything leads out of ``root``, behind however many links, or is no file and no folder.

    Raises:
        ConfigurationError: ``LINK_ESCAPES``.
    """
    check_inside(root, folder)
    count = 0
    for directory, folders, files in os.walk(folder, followlinks=True):  # links in circles end at the limit
        for name in (*folders, *files):
            path = Path(directory, name)
            count += 1
            if count > _MAX_FILES or not (is_inside(root, path) and (path.is_file() or path.is_dir())):
                raise _escapes(path)


def _is_below(root: Path, path: Path) -> bool:
    whole, top = os.path.abspath(path), os.path.abspath(root)  # noqa: PTH100 - links are not to be followed here
    return whole.startswith(top.rstrip("/") + "/")


def _escapes(path: Path) -> ConfigurationError:
    return ConfigurationError(
        "LINK_ESCAPES",
        "a symlink leads out of the repository, or to what is no file",
        where=str(path),
        hint="remove the link; of a file that belongs to the repository, commit the file itself",
    )
