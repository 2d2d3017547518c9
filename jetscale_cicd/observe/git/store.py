"""The objects of a repository, by their full names; each small one is read once."""

from collections.abc import Iterable

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.git.objects import CommitObject, Entry, parse_commit
from jetscale_cicd.tools.git import Git, GitObject

# Commits, trees, values, Chart.yaml, .helmignore: read again and again.
_SMALL = 1 << 16


class ObjectStore:
    """What git holds, and the answers so far.

    Args:
        git: asks.
    """

    def __init__(self, git: Git) -> None:
        self.git = git
        self.small: dict[str, GitObject] = {}
        # Folders that were read, by tree and path, each entry by its name.
        self.listings: dict[tuple[str, bytes], dict[bytes, Entry]] = {}
        # Whether the first commit is an ancestor of the second.
        self.ancestry: dict[tuple[str, str], bool] = {}

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Contents by object name, exactly as committed: no filter, no line-end conversion.

        Raises:
            CannotTellError: ``OBJECT_MISSING``, an object is not here and could not be fetched.
        """
        return {name: found.content for name, found in self.objects(*names).items()}

    def objects(self, *names: str) -> dict[str, GitObject]:
        """Objects by their full names.

        Raises:
            CannotTellError: ``OBJECT_MISSING``, one is not here and could not be fetched.
        """
        unread = [name for name in dict.fromkeys(names) if name not in self.small]
        read = dict(zip(unread, self.git.read(*unread) if unread else (), strict=True))
        missing = next((name for name, found in read.items() if found is None), None)
        if missing:
            raise CannotTellError(
                "OBJECT_MISSING", f"git object {missing} is not in this clone", hint="fetch it: git fetch --refetch"
            )
        found = {name: answer for name, answer in read.items() if answer}
        self.keep(found.values())
        return {name: found[name] if name in found else self.small[name] for name in dict.fromkeys(names)}

    def keep(self, objects: Iterable[GitObject]) -> None:
        """Remember objects, but for large ones."""
        self.small.update({each.name: each for each in objects if len(each.content) <= _SMALL})

    def commit_object(self, commit: str) -> CommitObject:
        """What a commit, by its full name, says of itself."""
        return parse_commit(self.objects(commit)[commit].content, commit)

    def parents(self, *commits: str) -> dict[str, tuple[str, ...]]:
        """Parents of each commit, as far as this clone has them."""
        self.objects(*commits)
        cut = self.cut
        return {commit: () if commit in cut else self.commit_object(commit).parents for commit in commits}

    @property
    def shallow(self) -> bool:
        """Whether history was cut off when the repository was cloned."""
        return bool(self.cut)

    @property
    def cut(self) -> frozenset[str]:
        """The commits whose parents were left out of a shallow clone."""
        try:
            return frozenset((self.git.common_dir / "shallow").read_text(encoding="ascii").split())
        except FileNotFoundError:
            return frozenset()
