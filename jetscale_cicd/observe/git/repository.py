"""Questions to git about one repository; bytes in, bytes out; nothing here changes a ref or a work tree."""

import re
from collections.abc import Callable, Mapping, Sequence

from jetscale_cicd.decide.scope import Globs, is_git_slow, pathspec
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.change import Change, ChangeSet, Comparison
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git import ancestry, trees
from jetscale_cicd.observe.git.diff import begin_names, choose_watched, touching_commits, watched_changes
from jetscale_cicd.observe.git.last_change import near_last_change
from jetscale_cicd.observe.git.objects import Entry, maker_of, message_of
from jetscale_cicd.observe.git.store import ObjectStore
from jetscale_cicd.tools.git import Git

_WHOLE_HISTORY = "git fetch --unshallow --tags"


class Repository(ObjectStore):
    """One repository, asked through git's plumbing; what a commit holds never changes, so it is asked once.

    Args:
        whole_history: what makes a checkout have the whole history and every tag, in the words of the CI.
    """

    def __init__(self, git: Git, whole_history: str = _WHOLE_HISTORY) -> None:
        super().__init__(git)
        self.whole_history = whole_history
        # Of two commits that were compared all changes; None where those are very many.
        self.diffs: dict[tuple[str | None, str], tuple[Change, ...] | None] = {}

    def find(self, *revisions: str) -> tuple[str | None, ...]:
        """Commit of each revision, None where this repository has no such commit.

        Raises:
            ConfigurationError: ``BAD_REVISION``, a revision holds a control character.
        """
        for revision in revisions:
            if not revision or not revision.isprintable() or " " in revision:
                raise ConfigurationError("BAD_REVISION", f"{quoted(revision)} is no revision")
        answers = self.git.read(*(f"{revision}^{{commit}}" for revision in revisions))
        self.keep(answer for answer in answers if answer)
        return tuple(answer and answer.name for answer in answers)

    def commit(self, revision: str) -> str:
        """Commit of one revision.

        Raises:
            CannotTellError: ``NO_COMMITS`` in a repository without any, ``NO_SUCH_REVISION`` otherwise.
        """
        found = self.find(revision)[0]
        if found is not None:
            return found
        if self.find("HEAD")[0] is None:
            raise CannotTellError(
                "NO_COMMITS",
                "the repository has no commits yet",
                where=str(self.git.root),
                hint="commit something first",
            )
        raise CannotTellError(
            "NO_SUCH_REVISION",
            f"{quoted(revision)} names no commit in this repository",
            where=str(self.git.root),
            hint=f"fetch it, or check the spelling; is the whole history here? {self.whole_history}",
        )

    def begin_diff(self, comparison: Comparison) -> None:
        """Begin a diff whose changed paths are going to be counted: a large one is listed beside the decision."""
        ends = (comparison.base, comparison.head)
        if ends not in self.diffs:
            self.diffs[ends] = self._near_changes(comparison)
            if self.diffs[ends] is None:
                begin_names(self.git, comparison)

    def changes(self, comparison: Comparison, watch: Sequence[str]) -> ChangeSet:
        """Every watched path that differs between the two ends, renames as deletion plus addition.

        Args:
            comparison: full object names; base None is the empty tree.
            watch: globs of the paths that a scope watches; the others are only counted.
        """
        ends = (comparison.base, comparison.head)
        globs = Globs(tuple(watch))
        near = self.diffs[ends] if ends in self.diffs else self._near_changes(comparison)
        if near is not None:
            return choose_watched(comparison, near, globs)
        watched = self._near_changes(comparison, globs.may_match_below)
        return watched_changes(self.git, comparison, globs, watched)

    def _near_changes(
        self, comparison: Comparison, within: Callable[[bytes], bool] = lambda _: True
    ) -> tuple[Change, ...] | None:
        try:
            return trees.near_changes(self, comparison.base, comparison.head, within)
        except CannotTellError:
            return None  # a tree is missing: perhaps one that holds nothing watched, and else git says why

    def releases(self, tag_format: str, merged: Sequence[str]) -> tuple[Release, ...]:
        """Release tags merged into any of the commits, highest version first; pre-releases are none.

        Args:
            tag_format: for example ``v{version}``; anchored, so ``v1.2.3-old`` and ``rv1.2.3`` are no releases.
            merged: full commit names; empty asks for all tags of the repository.
        """
        return releases_of(self.tags(tag_format, *(f"--merged={commit}" for commit in merged)), tag_format)

    def tags(self, tag_format: str, *selection: str) -> dict[str, str | None]:
        """Tags of a release's form, and whatever their glob takes besides, each with its commit where it has one.

        Args:
            selection: options of `git for-each-ref`.
        """
        lines = self.git.ask(*_listing(tag_format, *selection))
        tags = dict(map(_tagged, lines.splitlines()))
        # git before 2.45 peels a tag of a tag only once; those are few.
        nested = [tag for tag, commit in tags.items() if commit is None and release_version(tag, tag_format)]
        return tags | dict(zip(nested, self.find(*(f"refs/tags/{tag}" for tag in nested)), strict=True))

    def begin_tags(self, tag_format: str) -> None:
        """Begin to list all tags of a release's form."""
        self.git.begin(*_listing(tag_format))

    def releases_containing(self, tag_format: str, commit: str, *merged: str) -> tuple[Release, ...]:
        """Release tags of a commit and of its descendants, highest version first.

        Args:
            merged: only those that one of these commits has among its ancestors.
        """
        within = (f"--merged={tip}" for tip in merged)
        return releases_of(self.tags(tag_format, f"--contains={commit}", *within), tag_format)

    def commits(self, base: str | None, head: str, watch: Sequence[str], *, merges: bool = False) -> tuple[Commit, ...]:
        """Commits in ``base..head`` that touched a watched path, newest first.

        Args:
            merges: also those that merge, where they differ in a watched path from any of their parents.
        """
        specs = tuple(map(pathspec, watch))
        raw = self.git.ask(
            *(
                "log",
                "-z",
                "--full-history",
                *(() if merges else ("--no-merges",)),
                "--no-show-signature",
                "--no-notes",
                "--no-color",
                "--format=%H%n%B",
            ),
            *(
                "--encoding=UTF-8",
                f"{base}..{head}" if base else head,
                "--",
                *specs,
            ),
        )
        records = (record.decode("utf-8", "replace").partition("\n") for record in raw.split(b"\0") if record)
        found = tuple(Commit(sha, message.strip("\n")) for sha, _, message in records)
        if not any(map(is_git_slow, watch)):
            return found
        touching = touching_commits(self.git, (commit.sha for commit in found), specs, Globs(tuple(watch)))
        return tuple(commit for commit in found if commit.sha in touching)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether ``older`` is ``newer`` or one of its ancestors."""
        return ancestry.is_ancestor(self, older, newer)

    def following(self, commit: str, *tips: str) -> frozenset[str]:
        """The commits of branches that follow a commit."""
        return frozenset(self.git.ask("rev-list", "--ancestry-path", f"^{commit}", *tips, "--").decode().split())

    def merge_base(self, one: str, other: str) -> str | None:
        """Best common ancestor, or None where the histories do not meet."""
        arguments = ("merge-base", one, other)
        result = self.git.run(*arguments)
        if result.status not in (0, 1):
            raise self.git.failed(arguments, result)
        return result.stdout.decode().strip() or None

    def roots(self, *commits: str) -> frozenset[str]:
        """Where the history of the commits begins here: commits without a parent, or cut off from it."""
        return frozenset(self.git.ask("rev-list", "--max-parents=0", *commits, "--").decode().split())

    def tree(self, commit: str, *paths: str) -> tuple[Entry, ...]:
        """Every file below the paths in a commit (a path itself where it is a file).

        Args:
            commit: full object name.
        """
        found = (trees.files_below(self, commit, path) for path in paths)
        return tuple(dict.fromkeys(entry for entries in found for entry in entries))

    def tag_message(self, tag: str) -> str:
        """Message of an annotated tag; "" for a tag that is none."""
        (found,) = self.git.read(f"refs/tags/{tag}")
        return message_of(found.content).decode("utf-8", "replace") if found and found.kind == "tag" else ""

    def made_by(self, revision: str) -> bytes:
        """The name of who made a tag, or the commit of a tag that is none; b"" where that says none."""
        (found,) = self.git.read(revision)
        return maker_of(found.content) if found and found.kind in ("tag", "commit") else b""

    @property
    def identity(self) -> tuple[str, str]:
        """Name and address for the tags of a run: git's configured ones, else the program's."""
        return self._who("user.name", "jetscale-cicd"), self._who("user.email", "jetscale-cicd@localhost")

    def _who(self, key: str, default: str) -> str:
        value = self.git.config.get(key, "")
        usable = "".join(char for char in value if char.isprintable() and char not in "<>").strip()
        return usable if any(map(str.isalnum, usable)) else default  # git refuses a name of dots and quotes

    def remote_url(self, remote: str) -> str:
        """Address that a remote is read from, as configured, with any credentials in it; "" where there is none."""
        return self.git.settings.get(f"remote.{remote}.url", ("",))[0].strip()

    def last_change(self, commit: str, *paths: str) -> tuple[str, int]:
        """The last commit up to this one that changed any of the paths, and its committer time in epoch seconds."""
        near = near_last_change(self, commit, paths[0]) if len(paths) == 1 else None
        if near and (time := self.commit_object(near).time):
            return near, time
        arguments = ("log", "-1", "--format=%H %ct", "--no-show-signature", commit, "--")
        answer = self.git.ask(*arguments, *(f":(top,literal){path}" for path in paths)).decode().split()
        return (answer[0], int(answer[1])) if answer else self.last_change(commit)


def _listing(tag_format: str, *selection: str) -> tuple[str, ...]:
    names = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
    return "for-each-ref", *selection, names, f"refs/tags/{tag_glob(tag_format)}"


def tag_glob(tag_format: str) -> str:
    """Glob of the tags that a format could mean, as git reads it; wider than the format."""
    prefix, _, suffix = tag_format.partition("{version}")
    return f"{literal(prefix.encode())}*{literal(suffix.encode())}"


def literal(path: bytes) -> str:
    """A glob that matches this path alone."""
    return re.sub(r"([*?\[\\])", r"\\\1", path.decode("utf-8", "surrogateescape"))


def release_version(tag: str, tag_format: str) -> Version | None:
    """The version that a release tag names, read strictly; None for any other tag, pre-releases included."""
    prefix, _, suffix = tag_format.partition("{version}")
    if not (tag.startswith(prefix) and tag.endswith(suffix)):
        return None
    version = Version.parse(tag[len(prefix) : len(tag) - len(suffix)])
    return None if version is None or version.prerelease or version.build else version


def releases_of(tags: Mapping[str, str | None], tag_format: str) -> tuple[Release, ...]:
    """The releases among tags, highest version first."""
    versions = ((release_version(tag, tag_format), tag, commit) for tag, commit in tags.items() if commit)
    releases = (Release(version, tag, commit) for version, tag, commit in versions if version)
    return tuple(sorted(releases, key=lambda release: release.version.core, reverse=True))


def _tagged(line: bytes) -> tuple[str, str | None]:
    """Name and commit of a tag; None where it names no commit, or a tag of one."""
    name, kind, sha, peeled_kind, peeled = line.decode("utf-8", "surrogateescape").split("\0")
    return name, sha if kind == "commit" else peeled if peeled_kind == "commit" else None
