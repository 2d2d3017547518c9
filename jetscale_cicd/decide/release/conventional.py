"""The level that commit messages ask for, as python-semantic-release parses them; the only importer of its parser.

The import costs about 200 ms, so it happens only when a version is chosen. Its ``Version`` is mutable and is converted
to ours at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from jetscale_cicd.decide.release.pieces import LONG, pieces, squeezed
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.commit import Commit, JudgedCommit, ReleaseNote
from jetscale_cicd.model.version import Level, Version

if TYPE_CHECKING:
    from semantic_release.commit_parser.conventional.parser import ConventionalCommitParser


def judge(commits: Iterable[Commit], parser_options: Mapping[str, object]) -> tuple[JudgedCommit, ...]:
    """The level that each commit asks for; a squashed commit asks for the highest of its parts.

    Args:
        commits: without merges, unless they count.
        parser_options: python-semantic-release's ``commit_parser_options``.

    Raises:
        ConfigurationError: ``RELEASE_PARSER_OPTIONS``, python-semantic-release refuses the options.
    """
    parser = _parser(parser_options)
    return tuple(_judged(commit, parser) for commit in commits)


def counts_merges(parser_options: Mapping[str, object]) -> bool:
    """Whether merge commits are judged by their messages, as other commits are; not by default.

    Raises:
        ConfigurationError: as above.
    """
    return "ignore_merge_commits" in parser_options and not _parser(parser_options).options.ignore_merge_commits


def _parser(parser_options: Mapping[str, object]) -> "ConventionalCommitParser":
    from pydantic import ValidationError
    from semantic_release.commit_parser.conventional.options import ConventionalCommitParserOptions
    from semantic_release.commit_parser.conventional.parser import ConventionalCommitParser
    from semantic_release.enums import LevelBump
    from semantic_release.errors import InvalidParserOptions

    try:
        options = ConventionalCommitParserOptions(**dict(parser_options))  # type: ignore[arg-type]
        if options.default_bump_level is LevelBump.PRERELEASE_REVISION:  # semantic-release has no version for it either
            raise InvalidParserOptions(
                "default_bump_level = 1 is the level of a pre-release, which Stage 6 has none of"
            )
        return ConventionalCommitParser(options)
    except (ValidationError, InvalidParserOptions, TypeError) as refused:
        first_line = str(refused).partition("\n")[0]
        raise ConfigurationError(
            "RELEASE_PARSER_OPTIONS",
            f"python-semantic-release refuses commit_parser_options: {first_line}",
            where="[tool.semantic_release.commit_parser_options]",
            hint="see the conventional commit parser in python-semantic-release's documentation",
        ) from refused


def _judged(commit: Commit, parser: "ConventionalCommitParser") -> JudgedCommit:
    parsed = [result for part in _parts(squeezed(commit.message), parser) if (result := parser.parse_message(part))]
    if not parsed:
        return JudgedCommit(commit, Level.NONE, "no conventional commit")
    top = max(parsed, key=lambda result: result.bump)
    level = Level(max(0, int(top.bump) - _OFFSET))
    breaking = " (breaking)" if level is Level.MAJOR else ""
    notes = tuple(
        ReleaseNote(
            kind=result.category,
            scope=result.scope,
            text=next(iter(result.descriptions), ""),
            breaking=tuple(result.breaking_descriptions),
        )
        for result in parsed
    )
    return JudgedCommit(commit, level, f"{top.type}{breaking} asks for {level.label}", notes)


def _parts(message: str, parser: "ConventionalCommitParser") -> list[str]:
    """The messages of the commits that were squashed into one.

    A message of one line is one commit, and is stripped as unsquashing would strip it; unsquashing such messages took
    half of the time (measured at 20,000 commits).
    """
    squashed = parser.options.parse_squash_commits
    if len(message) > LONG:
        return list(_parts_of_long(message, parser, squashed))
    if not squashed:
        return [message]
    found = parser.unsquash_commit_message(message) if "\n" in message else [message.replace("\r", "").strip()]
    return found or [message]


def _parts_of_long(message: str, parser: "ConventionalCommitParser", squashed: bool) -> Iterator[str]:
    """The same of a long message, which python-semantic-release gets in pieces.

    Its expressions and loops take quadratic time: 10 s for 32,000 spaces, and 1,000 times that for 1 MB (measured,
    10.7). What follows in a later piece counts where it may tell of a breaking change, below its own first paragraph.
    """
    first = ""
    for piece in pieces(message):
        found = parser.unsquash_commit_message(piece) if squashed else [piece]
        for number, part in enumerate(found):
            if number == 0 and first and not (squashed and _begins_commit(piece, part, parser)):
                if "BREAKING" in part:
                    yield f"{first}\n\n{part}"
                continue
            first = part.partition("\n\n")[0]
            yield part


def _begins_commit(piece: str, part: str, parser: "ConventionalCommitParser") -> bool:
    """Whether unsquashing found the beginning of a commit there, and not more of the one before."""
    subject = parser.commit_subject.search(part)
    if subject and len(subject["subject"].split(" ")) > 1:
        return True
    return bool(parser.filters["git-header-commit"][0].match(piece))


def bump(version: Version, level: Level) -> Version:
    """The next version, by python-semantic-release's ``Version.bump``."""
    from semantic_release.enums import LevelBump
    from semantic_release.version.version import Version as ReleaseVersion

    raised = ReleaseVersion(version.major, version.minor, version.patch).bump(LevelBump(int(level) + _OFFSET))
    return Version(raised.major, raised.minor, raised.patch)


# LevelBump: NO_RELEASE 0, PRERELEASE_REVISION 1, PATCH 2, MINOR 3, MAJOR 4; Stage 6 publishes no pre-releases.
_OFFSET = 1
