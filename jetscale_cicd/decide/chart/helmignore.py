"""Which files of a chart folder Helm leaves out of the package, so that a change of one is no change of the chart.

Read from Helm's ``pkg/ignore`` and its chart loader, and measured with helm 3.17.3 and 4.3.1 (they agree except in
the case at `_parse_rule`): a path is ignored as soon as one rule matches it or one negated rule does *not*, in any
order; this is not how git reads ``!``. Patterns are those of Go's ``filepath.Match``, which reads bytes.
"""

import re

from jetscale_cicd.decide.chart.go_pattern import NEVER, Pattern, matches, parse_pattern
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.record import field, frozen

# Helm adds this rule to every chart; `.?*` is literal dot, one character, the rest.
_DEFAULT_RULE = b"templates/.?*"
# Go's bufio.Scanner refuses a longer line ("token too long").
_MAX_LINE_BYTES = 65_535
# Of all rules, whose expressions are compiled within a second; real charts have less than a kilobyte of them.
_MAX_BYTES = 80_000
# strings.TrimSpace: Unicode White_Space. Python's own strip() also removes \x1c to \x1f.
_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_BOM = b"\xef\xbb\xbf"

# Below charts/ (of the chart or of an unpacked subchart) the loader drops files that begin with _ or ., but keeps
# every provenance file. All others are packaged: editors' backups, .helmignore itself, a subchart's templates/.hidden.
# A subchart's own .helmignore is not read. Any other regular file in charts/ makes Helm refuse the chart.
_DROPPED = re.compile(r"charts/(?:[^/]+/charts/)*[_.]")


@frozen
class _Rule:
    """One line; ``chunks`` is None where it matches nothing."""

    negated: bool
    folders_only: bool
    whole_path: bool
    chunks: Pattern | None

    def ignores(self, path: bytes) -> bool:
        """Whether this rule alone ignores ``path``."""
        name = path if self.whole_path else path.rpartition(b"/")[2]
        return (self.chunks is not None and matches(self.chunks, name)) is not self.negated

    @property
    def regex(self) -> str:
        r"""The rule for ASCII paths; atomic groups prevent backtracking, so that ``*a*a*a`` takes linear time."""
        if self.chunks is None:
            regex = NEVER
        else:
            *first, last = [chunk.regex for chunk in self.chunks] or [""]
            regex = "".join(f"(?>{chunk})" for chunk in first) + last + r"\Z"
        return f"(?!{regex})" if self.negated else regex


@frozen
class _RuleSet:
    """The rules that apply to files, or those that apply to folders, with an expression of all for ASCII paths."""

    rules: tuple[_Rule, ...]
    names: re.Pattern[str]
    paths: re.Pattern[str]

    @classmethod
    def of(cls, rules: tuple[_Rule, ...]) -> "_RuleSet":
        """Compile the rules."""
        names, paths = (
            re.compile("|".join(rule.regex for rule in rules if rule.whole_path is whole) or NEVER)
            for whole in (False, True)
        )
        return cls(rules, names, paths)

    def ignores(self, path: str) -> bool:
        """Whether one of the rules ignores ``path`` itself."""
        if path.isascii():
            return bool(self.names.match(path.rpartition("/")[2]) or self.paths.match(path))
        raw = path.encode("utf-8", "surrogateescape")
        return any(rule.ignores(raw) for rule in self.rules)


@frozen
class HelmIgnore:
    """The rules of one ``.helmignore``, and what else Helm never packages."""

    _files: _RuleSet
    _folders: _RuleSet
    # A cache by folder, because thousands of paths share a few of them; no part of the value.
    _cached: dict[str, bool] = field(default_factory=lambda: {"": False}, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, where: str = ".helmignore") -> "HelmIgnore":
        """Read the rules; the text is ``""`` for a chart without the file.

        Args:
            text: the file's text, bytes that are not UTF-8 as surrogate escapes.
            where: the file's path, for errors.

        Raises:
            ConfigurationError: CHART_HELMIGNORE, Helm refuses the line, and with it the chart.
        """
        content = text.encode("utf-8", "surrogateescape").removeprefix(_BOM)
        lines = content.split(b"\n")
        if sum(len(line) for line in lines if not line.startswith(b"#")) > _MAX_BYTES:
            message = f"the rules have more than {_MAX_BYTES:,} bytes"
            raise ConfigurationError("CHART_HELMIGNORE", message, hint="name folders, not their files", where=where)
        parsed = [_parse_rule(line, f"{where}:{number}") for number, line in enumerate(lines, 1)]
        parsed.append(_parse_rule(_DEFAULT_RULE, where))
        rules = tuple(rule for rule in parsed if rule is not None)
        # `docs/` does not match a file, so `!docs/` ignores every file.
        on_files = tuple(
            _Rule(rule.negated, rule.folders_only, rule.whole_path, None) if rule.folders_only else rule
            for rule in rules
        )
        return cls(_RuleSet.of(on_files), _RuleSet.of(rules))

    def ignores(self, path: str) -> bool:
        """Whether Helm leaves the file ``path`` out.

        Args:
            path: relative to the chart's folder, with ``/``, bytes that are not UTF-8 as surrogate escapes.
        """
        if self._skips(path.rpartition("/")[0]) or self._files.ignores(path):
            return True
        return path.startswith("charts/") and bool(_DROPPED.match(path)) and not path.endswith(".prov")

    def _skips(self, folder: str) -> bool:
        """Whether ``folder``, or one above it, is ignored. A loop, not a recursion: paths may be very deep."""
        unknown = []
        while folder not in self._cached:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        skipped = self._cached[folder]
        for inner in reversed(unknown):
            skipped = self._cached[inner] = skipped or self._folders.ignores(inner)
        return skipped


def _parse_rule(line: bytes, where: str) -> _Rule | None:
    """Read one line; None for a blank line or a comment.

    A rule that begins with two slashes matches nothing here and in helm 4; helm 3 strips one more slash at each path
    that it compares, so ``//a`` means ``/a`` from the second path on. Not ignoring a file is the choice that misses no
    change.
    """
    if len(line) > _MAX_LINE_BYTES:
        raise _refusal(line[:40], where, "is longer than 65,535 bytes", "split the line or shorten it")
    line = line.decode("utf-8", "surrogateescape").strip(_WHITE_SPACE).encode("utf-8", "surrogateescape")
    if not line or line.startswith(b"#"):
        return None
    if b"**" in line:
        hint = "write the folder with a trailing slash (docs/): Helm leaves out everything below it"
        raise _refusal(line, where, "has a double star, which Helm does not support", hint)
    chunks, valid = parse_pattern(line)
    # Helm tries each rule on "abc", and Go reads a chunk only when those before it match: so `x*[` is accepted, and
    # matches nothing.
    if not valid and matches(chunks, b"abc", whole=False):
        raise _refusal(line, where, "is not a valid pattern", "close the [class], or write \\[ for a bracket")
    negated = line.startswith(b"!")
    rule = line.removeprefix(b"!")
    folders_only = rule.endswith(b"/")
    rule = rule.removesuffix(b"/")
    chunks, valid = parse_pattern(rule.removeprefix(b"/"))  # `docs\/` is malformed without its slash
    return _Rule(negated, folders_only, b"/" in rule, chunks if valid else None)


def _refusal(line: bytes, where: str, what: str, hint: str) -> ConfigurationError:
    return ConfigurationError("CHART_HELMIGNORE", f"the rule {show_path(line)!r} {what}", hint=hint, where=where)
