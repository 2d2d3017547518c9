"""The settings of a release: its branches, its commit, its signatures (the part `release` of `.stage6.yaml`)."""

import re
from pathlib import Path

from jetscale_cicd.model.field_rules import apply_checks, check_text
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import quoted

# Placeholders in sign_command: the reference of the published package by its digest, and its version.
PLACEHOLDERS = ("image", "version")
COMMIT_MESSAGE = "chore(release): {version}"
COMMIT_AUTHOR = "jetscale-cicd <jetscale-cicd@localhost>"
# What git keeps of a name (git-commit-tree(1)): not one of points and quotes alone.
_AUTHOR = re.compile(r"(?=[^<]*[^\W_])[^<>\x00-\x1f\x7f\s][^<>\x00-\x1f\x7f]* <[^<>\x00-\x20\x7f]+>")
# git-check-ref-format(1), and the leading '-' that git-tag(1) refuses on top of it.
INVALID_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|\A[-/]|/\Z|\.\Z|(?:\A|/)\.|\.lock(?:/|\Z)")


def check_branch_name(text: str) -> None:
    """Refuse what git would refuse as a branch."""
    check_text(text)
    if INVALID_REF.search(text):
        raise ValueError(f"{quoted(text)} is not a branch name (see: git help check-ref-format)")


def check_branch_glob(text: str) -> None:
    """Refuse what matches no branch; a whole ref is none."""
    check_text(text)
    if text.startswith(("refs/", "!", "/", "-")):
        raise ValueError(f"{quoted(text)} is no glob of branch names: write main, or release/*")


def check_commit_message(text: str) -> None:
    """Refuse a message of release commits without the version, or with control characters other than line breaks."""
    check_text(text.replace("\n", " ").strip())
    if "{version}" not in text.strip().partition("\n")[0]:
        raise ValueError(f"{quoted(text)} must contain {{version}} in its first line")


def check_commit_author(text: str) -> None:
    """Refuse what git would not take as an author."""
    if not _AUTHOR.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not an author: write Name <address>")


def check_command_argument(text: str) -> None:
    """Refuse an argument of a command with an unknown placeholder."""
    check_text(text)
    if re.search("[{}]", re.sub("|".join(f"{{{name}}}" for name in PLACEHOLDERS), "", text)):
        raise ValueError(f"{quoted(text)}: the placeholders are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")


@frozen
class Signing:
    """How packages are signed: user id of an OpenPGP key, "" for none, and arguments of a command, () for none."""

    key: str = ""
    command: tuple[str, ...] = ()

    def command_at(self, root: Path) -> tuple[str, ...]:
        """The command, with a program that is a relative path resolved from the repository's root."""
        program, *rest = self.command or ("",)
        return (str(root / program) if "/" in program else program, *rest) if program else ()


@frozen(kw_only=True)
class ReleaseSettings:
    """What belongs to a release besides a package and a tag.

    Args:
        branches: globs of the branches that are released; none: python-semantic-release's, else the default branch.
        forks: release although the CI says that the repository is a fork.
        commit: write the version into Chart.yaml, in a release commit that is pushed to the branch with the tag.
        commit_message: message of a release commit, with `{version}` in its first line; `[skip ci]` may be in it.
        commit_author: author and committer of a release commit.
        branch: the branch that gets release commits; null takes that of the CI, else the one that is checked out.
        github: create a Release with the notes where the remote is at GitHub and a token is set.
        provenance: push a statement of its commit and its run beside each package, to a registry that takes it.
        sign_tags: sign release tags as git is configured to; also done where git's `tag.gpgSign` is true.
        sign_key: user id of the OpenPGP key that signs the package (Helm's provenance file); null for none.
        sign_command: arguments of a command, such as cosign, that signs the published package, named by `{image}`.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    branches: tuple[str, ...] = field(default=(), metadata={"check": check_branch_glob})
    forks: bool = False
    commit: bool = False
    commit_message: str = field(default=COMMIT_MESSAGE, metadata={"check": check_commit_message})
    commit_author: str = field(default=COMMIT_AUTHOR, metadata={"check": check_commit_author})
    branch: str | None = field(default=None, metadata={"check": check_branch_name})
    github: bool = True
    provenance: bool = True
    sign_tags: bool = False
    sign_key: str | None = field(default=None, metadata={"check": check_text})
    sign_command: tuple[str, ...] = field(default=(), metadata={"check": check_command_argument})

    def __post_init__(self) -> None:
        apply_checks(self)
