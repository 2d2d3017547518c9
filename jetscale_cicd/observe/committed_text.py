"""Configuration files as a commit holds them: absent, or read; one that is there is never taken for absent."""

from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.observe.git.files import find_file
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.trees import entry_at

# How each file begins that only stands for another one (decide/chart/pointer.py has the rules).
_POINTERS = (b"version http", b"/annex/", b"\0GITCRYPT\0")


def committed_texts(repository: Repository, commit: str, names: tuple[str, ...]) -> dict[str, str]:
    """Text of each file of the root that the commit has, by name; a symlink is the file of the commit that it names.

    The bytes are those of the commit, whatever is checked out: a sparse, an empty or an edited work tree, or none.

    Args:
        commit: full object name.

    Raises:
        ConfigurationError: a file is no plain text, stands for another one, or is no file of the commit.
        CannotTellError: this clone lacks an object, and it could not be fetched.
    """
    try:
        entries = {name: entry for name in names if (entry := entry_at(repository, commit, name))}
        found = {name: find_file(repository, commit, name) for name in entries}
        contents = repository.blobs(entry.blob for entry in found.values() if entry)
    except CannotTellError as missing:
        what = f"the configuration of commit {commit[:12]} cannot be read: {missing.message}"
        raise CannotTellError(missing.code, what, where=missing.where, hint=missing.hint) from None
    folder = next((name for name, entry in found.items() if entry is None), None)
    if folder:
        raise ConfigurationError(
            "CONFIG_UNREADABLE", "it is a folder", where=folder, hint="make it a plain file, and commit it"
        )
    return {name: text_of(contents[entry.blob], name) for name, entry in found.items() if entry}


def text_of(content: bytes, where: str) -> str:
    """The text of a configuration file.

    Raises:
        ConfigurationError: it only stands for another file, or is not UTF-8.
    """
    if content.startswith(_POINTERS):
        from jetscale_cicd.decide.chart.pointer import check_content

        check_content(content, where)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = content.count(b"\n", 0, bad.start) + 1
        raise ConfigurationError(
            "CONFIG_YAML", "it is not UTF-8", where=f"{where}:{line}", hint="save it as UTF-8"
        ) from None
