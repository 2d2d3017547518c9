"""Questions to git about one repository; bytes in, bytes out; nothing here changes a ref or a work tree."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from jetscale_cicd.decide.scope import Globs, pathspec
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.change import Change, ChangeSet, Comparison, show_path
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.tools.git import Git

# The name of the empty tree, per object format: what `git hash-object -t tree /dev/null` says.
_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# Paths that nobody watches, named so that people see what did not count.
_EXAMPLES = 3
# Values, Chart.yaml, .helmignore: read again and again.
_SMALL = 1 << 16


class Entry(NamedTuple):
    """One path of a commit's tree."""

    mode: str
    kind: str
    blob: str
    path: bytes


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository, asked through git's plumbing; what a commit holds never changes, so it is asked once.

    Args:
        git: asks.
        trees, contents: answers so far; of contents the small ones.
    """

    git: Git
    trees: dict[tuple[str, ...], "tuple[Entry, ...]"] = field(default_factory=dict, compare=False, repr=False)
    contents: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def find(self, *revisions: str) -> tuple[str | None, ...]:
        """Commit of each revision, None where this repository has no such commit; one process for all.

        Names go through stdin, so that a branch called ``-rf`` is a name and no option.

        Raises:
            ConfigurationError: ``BAD_REVISION``, a revision holds a control character.
        """
        for revision in revisions:
            if not revision or not revision.isprintable() or " " in revision:
                raise ConfigurationError(
                    "BAD_REVISION", f"{show_path(revision.encode('utf-8', 'surrogateescape'))!r} is no revision"
                )
        names = "".join(f"{revision}^{{commit}}\n" for revision in revisions).encode("utf-8", "surrogateescape")
        answers = (
            self.git.ask("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=names).decode().splitlines()
        )
        return tuple(
            answer.split(" ")[0] if answer.endswith(" commit") and _COMMIT.fullmatch(answer.split(" ")[0]) else None
            for answer in answers
        )

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
            f"{revision!r} names no commit in this repository",
            where=str(self.git.root),
            hint="fetch it, or check the spelling; in CI check out with the whole history (fetch-depth: 0)",
        )

    @property
    def shallow(self) -> bool:
        """Whether history was cut off when the repository was cloned."""
        return (self.git.common_dir / "shallow").exists()

    def changes(self, comparison: Comparison, watch: Sequence[str]) -> ChangeSet:
        """Every path that differs between the two ends, renames as deletion plus addition.

        Args:
            comparison: full object names; base None is the empty tree.
            watch: globs of the paths that anybody cares for; the others are only counted.
        """
        base = comparison.base or _EMPTY_TREE[len(comparison.head)]
        raw = self.git.ask(
            *("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"),
            *("--no-relative", "--ignore-submodules=none", "-O/dev/null", base, comparison.head, "--"),
        )
        fields = raw.split(b"\0")
        matches = Globs(tuple(watch)).expression.fullmatch
        watched = tuple(
            _change(meta, path) for meta, path in zip(fields[::2], fields[1::2], strict=False) if matches(path)
        )
        unwatched = (path for path in fields[1::2] if not matches(path))
        return ChangeSet(comparison, len(fields) // 2, watched, tuple(islice(unwatched, _EXAMPLES)))

    def releases(self, tag_format: str, merged: Sequence[str]) -> tuple[Release, ...]:
        """Release tags merged into any of the commits, highest version first; pre-releases are none.

        Args:
            tag_format: for example ``v{version}``; anchored, so ``v1.2.3-old`` and ``rv1.2.3`` are no releases.
            merged: full commit names; empty asks for all tags of the repository.
        """
        return self._releases(tag_format, *(f"--merged={commit}" for commit in merged))

    def _releases(self, tag_format: str, *selection: str) -> tuple[Release, ...]:
        lines = self.git.ask(
            "for-each-ref",
            *selection,
            "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)",
            f"refs/tags/{tag_glob(tag_format)}",
        )
        found = [(release_version(tag, tag_format), tag, commit) for tag, commit in map(_tagged, lines.splitlines())]
        # git before 2.45 peels a tag of a tag only once; those are few.
        nested = [tag for version, tag, commit in found if version and commit is None]
        peeled = dict(zip(nested, self.find(*(f"refs/tags/{tag}" for tag in nested)), strict=True)) if nested else {}
        releases = (
            Release(version, tag, sha)
            for version, tag, commit in found
            if version and (sha := commit or peeled.get(tag))
        )
        return tuple(sorted(releases, key=lambda release: release.version.core, reverse=True))

    def releases_containing(self, tag_format: str, commit: str) -> tuple[Release, ...]:
        """Release tags of a commit and of its descendants, highest version first."""
        return self._releases(tag_format, f"--contains={commit}")

    def commits(self, base: str | None, head: str, watch: Sequence[str]) -> tuple[Commit, ...]:
        """Commits in ``base..head`` that touched a watched path, newest first, merges left out."""
        raw = self.git.ask(
            *(
                "log",
                "-z",
                "--full-history",
                "--no-merges",
                "--no-show-signature",
                "--no-notes",
                "--no-color",
                "--format=%H%n%B",
            ),
            *(
                "--encoding=UTF-8",
                f"{base}..{head}" if base else head,
                "--",
                *map(pathspec, watch),
            ),
        )
        records = (record.decode("utf-8", "replace").partition("\n") for record in raw.split(b"\0") if record)
        return tuple(Commit(sha, message.strip("\n")) for sha, _, message in records)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether ``older`` is ``newer`` or one of its ancestors."""
        arguments = ("merge-base", "--is-ancestor", older, newer)
        result = self.git.run(*arguments)
        if result.status not in (0, 1):
            raise self.git.failed(arguments, result)
        return result.status == 0

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
        if (commit, *paths) not in self.trees:
            self.trees[commit, *paths] = self._tree(commit, *paths)
        return self.trees[commit, *paths]

    def _tree(self, commit: str, *paths: str) -> tuple[Entry, ...]:
        raw = self.git.ask(
            "ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths, env={"GIT_LITERAL_PATHSPECS": "1"}
        )
        entries = []
        for line in filter(None, raw.split(b"\0")):
            meta, _, name = line.partition(b"\t")
            mode, kind, blob = meta.decode().split(" ")
            entries.append(Entry(mode, kind, blob, name))
        return tuple(entries)

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Contents by object name, exactly as committed: no filter, no line-end conversion; one process for all.

        Raises:
            CannotTellError: ``OBJECT_MISSING``, an object is not here and could not be fetched.
        """
        wanted = list(dict.fromkeys(names))
        read = self._read([name for name in wanted if name not in self.contents])
        self.contents.update({name: content for name, content in read.items() if len(content) <= _SMALL})
        return {name: read[name] if name in read else self.contents[name] for name in wanted}

    def _read(self, wanted: Sequence[str]) -> dict[str, bytes]:
        if not wanted:
            return {}
        raw = self.git.ask("cat-file", "--batch", stdin="".join(f"{name}\n" for name in wanted).encode())
        contents, offset = {}, 0
        for name in wanted:
            end = raw.index(b"\n", offset)
            header = raw[offset:end].decode().split(" ")
            if header[-1] == "missing":
                raise CannotTellError(
                    "OBJECT_MISSING", f"git object {name} is not in this clone", hint="fetch it: git fetch --refetch"
                )
            size = int(header[2])
            contents[name] = raw[end + 1 : end + 1 + size]
            offset = end + 1 + size + 1
        return contents

    def tag_message(self, tag: str) -> str:
        """Message of an annotated tag; "" for a tag that is none."""
        form = "--format=%(if:equals=tag)%(objecttype)%(then)%(contents)%(end)"  # a commit has contents, too
        raw = self.git.ask("for-each-ref", form, f"refs/tags/{tag}", "--count=1")
        return raw.decode("utf-8", "replace")

    @property
    def identity(self) -> tuple[str, str]:
        """Name and address for the tags of a run: git's configured ones, else the program's."""
        who = {"user.name": "jetscale-cicd", "user.email": "jetscale-cicd@localhost"}
        told = self.git.run("config", "--null", "--get-regexp", r"^user\.(name|email)$").stdout
        for line in filter(None, told.split(b"\0")):
            key, _, value = line.decode("utf-8", "replace").partition("\n")
            said = "".join(char for char in value if char.isprintable() and char not in "<>").strip()
            who[key] = said if any(map(str.isalnum, said)) else who[key]  # git refuses a name of dots and quotes
        return who["user.name"], who["user.email"]

    def remote_url(self, remote: str) -> str:
        """Address of a remote as it is configured, with any credentials in it; "" where there is none."""
        return self.git.run("config", "--get", f"remote.{remote}.url").stdout.decode("utf-8", "replace").strip()

    def parents(self, *commits: str) -> dict[str, tuple[str, ...]]:
        """Parents of each commit, as far as this clone has them."""
        lines = self.git.ask("rev-list", "--no-walk", "--parents", *commits, "--").decode().splitlines()
        return {commit: tuple(parents) for commit, *parents in map(str.split, lines)}

    def last_change(self, commit: str, *paths: str) -> tuple[str, int]:
        """The last commit up to this one that changed any of the paths, and its committer time in epoch seconds."""
        arguments = ("log", "-1", "--format=%H %ct", "--no-show-signature", commit, "--")
        told = self.git.ask(*arguments, *(f":(top,literal){path}" for path in paths)).decode().split()
        return (told[0], int(told[1])) if told else self.last_change(commit)


def _change(meta: bytes, path: bytes) -> Change:
    old_mode, new_mode, old_blob, new_blob, status = meta.decode("ascii")[1:].split(" ")
    return Change(status[0], path, old_mode, new_mode, old_blob, new_blob)


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


def _tagged(line: bytes) -> tuple[str, str | None]:
    """Name and commit of a tag; None where it names no commit, or a tag of one."""
    name, kind, sha, peeled_kind, peeled = line.decode("utf-8", "surrogateescape").split("\0")
    return name, sha if kind == "commit" else peeled if peeled_kind == "commit" else None
