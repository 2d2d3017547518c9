"""Uncommitted edits as a commit in a scratch object directory, visible to this run alone."""

from contextlib import ExitStack
from pathlib import Path

from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.scratch import scratch_directory

_WHO = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "worktree"), ("EMAIL", "worktree@localhost"), ("DATE", "@0 +0000"))
}


def with_worktree(repository: Repository, request: Request, closing: ExitStack) -> tuple[Repository, Request]:
    """The repository with its work tree as a commit until the end of the run, and the request for that commit.

    Raises:
        CannotTellError: git could not read the work tree.
    """
    taken, head = snapshot(repository, closing.enter_context(scratch_directory("objects")))
    closing.enter_context(taken.git)
    return taken, replace(request, head=head)


def snapshot(repository: Repository, scratch: Path) -> tuple[Repository, str]:
    """Commit the work tree, ignored files left out unless they are staged, into a scratch object directory and index.

    Nothing is written to the repository: its own objects are only read, as alternates (git(1),
    ``GIT_ALTERNATE_OBJECT_DIRECTORIES``). Returns the repository with the scratch objects in view, and the commit.

    Raises:
        CannotTellError: git could not read the work tree.
    """
    objects = scratch / "objects"
    objects.mkdir()
    # git separates alternates by ':' and reads a quoted path as C does (since 2.11); a plain one must hold neither.
    alternates = str(repository.git.common_dir / "objects")
    environment = {
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": '"' + alternates.replace("\\", "\\\\").replace('"', '\\"') + '"',
    }
    git = replace(repository.git, environment={**repository.git.environment, **environment})
    head = repository.commit("HEAD")
    _start_index(Repository(git), scratch / "index", head)
    git.ask("add", "--all", "--", ".", env={"GIT_OPTIONAL_LOCKS": "1"})
    tree = git.ask("write-tree").decode().strip()
    made = git.ask("commit-tree", tree, "-p", head, stdin=b"uncommitted edits\n", env=_WHO).decode().strip()
    return Repository(git, repository.whole_history), made


def _start_index(repository: Repository, scratch: Path, head: str) -> None:
    """What is staged, or else head, as the index to begin with.

    Its mtime is kept: git reads a file again that is not older than the index (git's technical/racy-git).
    """
    staged = repository.git.git_dir / "index"
    if staged.exists():
        import shutil

        shutil.copy2(staged, scratch)
    else:
        repository.git.ask("read-tree", head)
