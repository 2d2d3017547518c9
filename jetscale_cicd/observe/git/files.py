"""Files of a commit: exactly the committed bytes, and never a path outside the tree.

`git archive` would do it in one process, but it runs the smudge filters and line-end conversions of the user who
runs it (measured on git 2.39 with ``core.autocrlf`` and ``filter.*.smudge``): the same commit would not give the same
bytes.
"""

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.decide.chart.encrypted import check_decrypted
from jetscale_cicd.decide.chart.pointer import check_content
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.change import Change, Comparison, show_path
from jetscale_cicd.observe.git.objects import Entry
from jetscale_cicd.observe.git.repository import Repository, literal
from jetscale_cicd.observe.git.trees import entry_at

if TYPE_CHECKING:
    from jetscale_cicd.decide.chart.helmignore import HelmIgnore

_SYMLINK, _SUBMODULE = "120000", "160000"
_HOPS = 8


def export(repository: Repository, commit: str, folder: str, destination: Path) -> None:
    """Write every file below ``folder`` as committed; a symlink becomes the file of the same commit that it names.

    What its ``.helmignore`` keeps out of the package is left out, so that it may be whatever it likes.

    Raises:
        ConfigurationError: ``CHART_MISSING``, ``LINK_ESCAPES``, ``LINK_BROKEN``, ``SUBMODULE``, ``POINTER``,
            ``VALUES_ENCRYPTED`` or ``PATH_UNWRITABLE``.
    """
    entries = repository.tree(commit, folder)
    if not entries:
        _check_above(repository, commit, folder.encode())
        raise ConfigurationError(
            "CHART_MISSING",
            f"commit {commit[:12]} has no folder {folder}",
            where=folder,
            hint="check chart.path in .stage6.yaml",
        )
    ignore = _helmignore(repository, commit, folder)
    start = len(folder.encode()) + 1
    kept = [entry for entry in entries if not ignore.ignores(entry.path[start:].decode("utf-8", "surrogateescape"))]
    resolved = [(entry.path, follow(repository, commit, entry)) for entry in kept]
    contents = repository.blobs(entry.blob for _, entry in resolved)
    for path, entry in resolved:
        check_content(contents[entry.blob], show_path(path))
        inside = path[start:].decode("utf-8", "surrogateescape")
        if inside == "values.yaml":
            check_decrypted(contents[entry.blob], show_path(path))
        _write(destination.joinpath(*_parts(path, inside)), contents[entry.blob], path)


def _write(file: Path, content: bytes, path: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as unwritable:
        raise ConfigurationError(
            "PATH_UNWRITABLE",
            f"the file cannot be written to be packaged: {unwritable.strerror}",
            where=show_path(path),
            hint="is its name too long, a file and a folder at once, or is the disk full?",
        ) from None


def _helmignore(repository: Repository, commit: str, folder: str) -> "HelmIgnore":
    from jetscale_cicd.decide.chart.helmignore import HelmIgnore

    file = f"{folder}/.helmignore"
    (text,) = read_files(repository, commit, (file,))
    return HelmIgnore.parse((text or b"").decode("utf-8", "surrogateescape"), file)


def find_file(repository: Repository, commit: str, path: str) -> Entry | None:
    """The file at a path of a commit, symlinks followed inside the commit; None where there is none.

    Raises:
        ConfigurationError: as ``follow``; also for a path below a submodule.
    """
    name = path.encode("utf-8", "surrogateescape")
    entry = _entry(repository, commit, name)
    if entry is None:
        _check_above(repository, commit, name)
        return None
    return follow(repository, commit, entry)


def read_files(repository: Repository, commit: str, paths: tuple[str, ...]) -> tuple[bytes | None, ...]:
    """Contents of several files of one commit, None for each that does not exist there.

    Raises:
        ConfigurationError: as ``find_file``, and ``POINTER``.
    """
    entries = [find_file(repository, commit, path) for path in paths]
    contents = repository.blobs(entry.blob for entry in entries if entry)
    for path, entry in zip(paths, entries, strict=True):
        if entry:
            check_content(contents[entry.blob], show_path(path.encode("utf-8", "surrogateescape")))
    return tuple(contents[entry.blob] if entry else None for entry in entries)


def follow(repository: Repository, commit: str, entry: Entry) -> Entry:
    """The file that an entry stands for.

    Raises:
        ConfigurationError: it is a submodule, or a link that leaves the tree, names no file, or goes in circles.
    """
    name = show_path(entry.path)
    current = entry
    for _ in range(_HOPS):
        if current.mode == _SUBMODULE:
            raise _in_a_submodule(name)
        if current.mode != _SYMLINK:
            return current
        link, path = _named(repository, current)
        if path is None:
            raise ConfigurationError(
                "LINK_ESCAPES",
                f"the symlink points out of the repository, to {show_path(link)}",
                where=name,
                hint="commit the file itself",
            )
        target = _entry(repository, commit, path)
        if target is None:
            _check_above(repository, commit, path)
            folder = repository.tree(commit, path.decode("utf-8", "surrogateescape"))
            what = "a folder, and only files are followed" if folder else "no file of this commit"
            raise ConfigurationError(
                "LINK_BROKEN",
                f"the symlink names {what}: {show_path(link)}",
                where=name,
                hint="commit the file itself",
            )
        current = target
    raise ConfigurationError("LINK_BROKEN", "the symlink goes in circles", where=name, hint="commit the file itself")


def local_dependencies(repository: Repository, commit: str, folder: str, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Globs of the folders that the chart takes ``file://`` dependencies from; they are packaged with it.

    Args:
        entries: the files of the commit, those of the folder among them.
    """
    chart_yaml = next((entry for entry in entries if entry.path == f"{folder}/Chart.yaml".encode()), None)
    if chart_yaml is None:
        return ()
    blob = follow(repository, commit, chart_yaml).blob
    text = repository.blobs([blob])[blob]
    if b"file://" not in text:
        return ()
    from jetscale_cicd.decide.chart.chart_yaml import parse_chart

    try:
        chart = parse_chart(text.decode("utf-8", "replace"), f"{folder}/Chart.yaml")
    except ConfigurationError:
        return ()  # packaging refuses it, with the place
    named = (each.repository.removeprefix("file://") for each in chart.dependencies if "file://" in each.repository)
    folders = (posixpath.normpath(posixpath.join(folder, path)) for path in named)
    return tuple(f"{literal(path.encode())}/**" for path in folders if not path.startswith(("/", "..")) and path != ".")


def through_links(repository: Repository, comparison: Comparison, change: Change) -> Change:
    """A change of a symlink as the change of what it stands for; any other, and one that leads nowhere, as it is."""
    if comparison.base is None or change.status not in ("M", "T") or _SYMLINK not in (change.old_mode, change.new_mode):
        return change
    path = change.path.decode("utf-8", "surrogateescape")
    try:
        old, new = (find_file(repository, end, path) for end in (comparison.base, comparison.head))
    except ConfigurationError:
        return change
    if old is None or new is None:
        return change
    return change._replace(old_mode=old.mode, new_mode=new.mode, old_blob=old.blob, new_blob=new.blob)


def linked_paths(repository: Repository, commit: str, entries: tuple[Entry, ...]) -> dict[bytes, list[bytes]]:
    """Every path that symlinks among ``entries`` lead through, with those; a broken one leads to what it names."""
    linked: dict[bytes, list[bytes]] = {}
    for entry in entries:
        current: Entry | None = entry
        for _ in range(_HOPS):
            if current is None or current.mode != _SYMLINK:
                break
            path = _named(repository, current)[1]
            if path is None:
                break
            linked.setdefault(path, []).append(entry.path)
            current = _entry(repository, commit, path)
    return linked


def _named(repository: Repository, link: Entry) -> tuple[bytes, bytes | None]:
    """What a symlink holds, and the path of the repository that it names; None where it leaves the repository."""
    held = repository.blobs([link.blob])[link.blob]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), held))
    return held, None if path.startswith((b"/", b"../")) or path == b".." else path


def _entry(repository: Repository, commit: str, path: bytes) -> Entry | None:
    """The entry at exactly this path; None for a folder."""
    entry = entry_at(repository, commit, path.decode("utf-8", "surrogateescape"))
    return entry if entry and entry.kind != "tree" else None


def _check_above(repository: Repository, commit: str, path: bytes) -> None:
    """Refuse a path that is not in the commit because it lies in a submodule."""
    while path := posixpath.dirname(path):
        entry = _entry(repository, commit, path)
        if entry and entry.mode == _SUBMODULE:
            raise _in_a_submodule(show_path(path))


def _in_a_submodule(name: str) -> ConfigurationError:
    return ConfigurationError(
        "SUBMODULE",
        "a submodule's files are not in this commit",
        where=name,
        hint="vendor them, or ignore the folder",
    )


def _parts(path: bytes, inside: str) -> tuple[str, ...]:
    parts = tuple(inside.split("/"))
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise ConfigurationError(
            "HOSTILE_PATH",
            "the path would leave its folder",
            where=show_path(path),
            hint="remove it from the repository",
        )
    return parts
