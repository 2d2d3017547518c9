"""Release notes: what the judged commits say, grouped as python-semantic-release names their types, as Markdown."""

import re
from collections.abc import Iterable, Sequence

from jetscale_cicd.model.commit import JudgedCommit, ReleaseNote
from jetscale_cicd.model.version import Version

# An address in a commit message was never meant for a public page.
_MAIL = re.compile(r"<?[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>?")
_FIRST = ("features", "bug fixes", "performance improvements")
_OTHER = "other changes"
_BREAKING = "breaking changes"
# A release page of thousands of lines is read by nobody, and GitHub refuses a body above 125,000 characters.
_MOST = 500


def release_notes(version: Version, commits: Sequence[JudgedCommit], why: str, web: str) -> str:
    """The notes of a release.

    Args:
        version: what is released.
        commits: since the release before, newest first.
        why: the reason for the version; all there is to say where no commit says anything.
        web: page of the repository, "" where nothing can be linked.
    """
    groups: dict[str, list[str]] = {}
    for judged in commits[:_MOST]:
        for note in judged.notes or (ReleaseNote(_OTHER, "", judged.commit.subject),):
            groups.setdefault(note.kind, []).append(_line(note.scope, note.text, judged.commit.sha, web))
            for broken in note.breaking:
                groups.setdefault(_BREAKING, []).append(_line(note.scope, broken, judged.commit.sha, web))
    lines = [f"## {version}", "", f"{_clean(why[:1].upper() + why[1:])}."]
    for kind in sorted(groups, key=_order):
        lines += ["", f"### {kind.capitalize()}", "", *groups[kind]]
    if len(commits) > _MOST:
        lines += ["", f"… and {len(commits) - _MOST:,} commits more."]
    return "\n".join(lines) + "\n"


def _order(kind: str) -> tuple[int, str]:
    order = (_BREAKING, *_FIRST)
    return (order.index(kind) if kind in order else len(order) + (kind == _OTHER), kind)


def _line(scope: str, text: str, sha: str, web: str) -> str:
    about = f"**{_clean(scope)}**: " if scope else ""
    commit = f"[`{sha[:9]}`]({web}/commit/{sha})" if web else f"`{sha[:9]}`"
    return f"- {about}{_clean(text)} ({commit})"


def _clean(text: str) -> str:
    """One line without addresses and without what cannot be printed."""
    return "".join(_printable(" ".join(_MAIL.sub("", text).split()))).strip()


def _printable(text: str) -> Iterable[str]:
    return (char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
