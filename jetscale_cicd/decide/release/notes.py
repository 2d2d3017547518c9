"""Release notes as Markdown: the entries of the commits, grouped by the types of python-semantic-release.

Whoever writes a commit may be somebody else than who releases it. So of its words no HTML and no image is alive, which
would hide what follows or be fetched by whoever reads, and no name is notified. Links, emphasis and code are left, and
so is `closes #2`: GitHub closes issues for commits and pull requests, not for tags and Releases.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from jetscale_cicd.model.commit import JudgedCommit, ReleaseNote
from jetscale_cicd.model.version import Version

# An e-mail address in a commit message is not published. It begins where what may be in it begins, and is not looked
# for at each of its letters: 1 MB of them took half an hour.
_MAIL = re.compile(r"<?(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)+>?")
# An address, which may hold an `@` and is left; a mention; an image; HTML, and
# what may be an address in `<>`, with a backtick in it. The group of a mention is not possessive: Python 3.11.2 keeps
# what its last, incomplete repetition took.
_LIVE = re.compile(
    r"(?<![A-Za-z0-9])https?://[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++[^\s<>\[\]!`]*+"
    r"|(?<![A-Za-z0-9])@[A-Za-z0-9]++(?:[@/._-]++[A-Za-z0-9]++)*"
    r"|!(?=\[)|<(?=[A-Za-z/!?]|[^\s<>]*+(?:@|\Z))"
)
_BACKTICKS = re.compile(r"`+")
_FIRST = ("features", "bug fixes", "performance improvements")
_OTHER = "other changes"
_BREAKING = "breaking changes"
# GitHub refuses the body of a Release above 125,000 characters.
_MAX_COMMITS = 500
_MAX_CHARS = 80_000
_MAX_ENTRIES = 50  # of one commit
_MAX_ENTRY_CHARS = 500


def release_notes(version: Version, commits: Sequence[JudgedCommit], why: str, web: str) -> str:
    """The notes of a release.

    Args:
        version: the version that is released.
        commits: since the previous release, newest first.
        why: the reason for the version; the only content where there are no commits.
        web: web page of the repository, "" where it has none, so that commits are not linked.
    """
    groups: dict[str, dict[str, None]] = {}  # each line once, in order
    shown = size = 0
    for judged in commits[:_MAX_COMMITS]:
        if size > _MAX_CHARS:
            break
        shown += 1
        for kind, line in islice(_entries(judged, web), _MAX_ENTRIES):
            if size > _MAX_CHARS:
                break
            groups.setdefault(kind, {})[line] = None
            size += len(line)
    lines = [f"## {version}", "", f"{_inert(_shortened(_clean(why[:1].upper() + why[1:])))}."]
    for kind in sorted(groups, key=_order):
        lines += ["", f"### {kind.capitalize()}", "", *groups[kind]]
    if len(commits) > shown:
        lines += ["", f"… and {len(commits) - shown:,} more commits."]
    return "\n".join(lines) + "\n"


def _entries(judged: JudgedCommit, web: str) -> Iterator[tuple[str, str]]:
    """The lines of a commit, each with the group that it belongs to."""
    for note in judged.notes or (ReleaseNote(_OTHER, "", judged.commit.subject),):
        yield note.kind, _line(note.scope, note.text, judged.commit.sha, web)
        for broken in note.breaking:
            yield _BREAKING, _line(note.scope, broken, judged.commit.sha, web)


def _order(kind: str) -> tuple[int, str]:
    order = (_BREAKING, *_FIRST)
    return (order.index(kind) if kind in order else len(order) + (kind == _OTHER), kind)


def _line(scope: str, text: str, sha: str, web: str) -> str:
    about = f"**{_inert(_shortened(_clean(scope)))}**: " if scope else ""
    commit = f"[`{sha[:9]}`]({web}/commit/{sha})" if web else f"`{sha[:9]}`"
    return f"- {about}{_inert(_shortened(_clean(text)))} ({commit})"


def _clean(text: str) -> str:
    """One line without e-mail addresses and unprintable characters."""
    return "".join(_printable(" ".join(_MAIL.sub("", text).split()))).strip()


def _inert(text: str) -> str:
    """One line of Markdown of which nothing is alive; its code is left as it is."""
    made = ""
    for piece, is_code in _pieces(text):
        shown = piece if is_code else _LIVE.sub(_dead, piece.replace("`", "&#96;"))
        made += f" {shown}" if made.endswith("`") and shown.startswith("`") else shown
    return made


def _dead(live: re.Match[str]) -> str:
    text = live[0]
    if text[0] == "@":  # as code, which nothing before it may escape
        return f" `{text}`" if live.string[: live.start()].endswith("\\") else f"`{text}`"
    return {"<": "&lt;", "!": "!\\"}.get(text, text)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether each is code (CommonMark 0.31, "Code spans")."""
    runs = [(match.start(), match.end()) for match in _BACKTICKS.finditer(text)]
    done = 0
    for begin, end in runs:
        closing = next((stop for start, stop in runs if start >= end and stop - start == end - begin), None)
        if closing and begin >= done and _may_open(text[:begin].rpartition(" ")[2]):
            yield text[done:begin], False
            yield text[begin:closing], True
            done = closing
    yield text[done:], False


def _may_open(before: str) -> bool:
    """Whether a backtick opens code behind these letters: a backslash escapes it, and an address may have taken it."""
    return not (before.endswith("\\") or "://" in before or "www." in before)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_ENTRY_CHARS else f"{text[:_MAX_ENTRY_CHARS]}…"


def _printable(text: str) -> Iterable[str]:
    return (char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
