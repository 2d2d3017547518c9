"""Which files of a chart folder Helm leaves out of the package, so that a change of one releases nothing.

Facts read from Helm's ``pkg/ignore`` and its chart loader, and measured with helm 3.17.3 and 4.3.1 (they agree but for
the case at `_parse_rule`): a path is ignored as soon as one rule matches it or one negated rule does *not*, in any
order; this is not how git reads ``!``. Patterns are those of Go's ``filepath.Match``, which reads bytes.
"""

import re
from dataclasses import dataclass, field

from jetscale_cicd.decide.chart.go_pattern import NEVER, Pattern, matches, parse_pattern
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.change import show_path

# Helm adds this rule to every chart; `.?*` is literal dot, one character, the rest.
_DEFAULT_RULE = b"templates/.?*"
# Go's bufio.Scanner gives up on a longer line ("token too long").
_LONGEST_LINE = 65_535
# strings.TrimSpace: Unicode White_Space. Python's own strip() would take \x1c to \x1f too.
_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_BOM = b"\xef\xbb\xbf"

# Below charts/ (of the chart or of an unpacked subchart) the loader drops what begins with _ or ., but keeps every
# provenance file. Everything else stays in: editors' leftovers, .helmignore itself, a subchart's templates/.hidden.
# A subchart's own .helmignore is not read. Any other plain file in charts/ makes Helm refuse the chart.
_DROPPED = re.compile(r"charts/(?:[^/]+/charts/)*[_.]")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line; ``chunks`` is None where nothing can match."""

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
        r"""The same for ASCII; atomic groups make a place final, which keeps a hostile ``*a*a*a`` linear."""
        if self.chunks is None:
            regex = NEVER
        else:
            *first, last = [chunk.regex for chunk in self.chunks] or [""]
            regex = "".join(f"(?>{chunk})" for chunk in first) + last + r"\Z"
        return f"(?!{regex})" if self.negated else regex


@dataclass(frozen=True, slots=True)
class _RuleSet:
    """The rules that apply to files, or those that apply to folders, with what answers ASCII paths at once."""

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


@dataclass(frozen=True, slots=True)
class HelmIgnore:
    """The rules of one ``.helmignore``, and what else Helm never packages."""

    _files: _RuleSet
    _folders: _RuleSet
    # Answers for folders, kept because thousands of paths share a few of them; no part of the value.
    _known: dict[str, bool] = field(default_factory=lambda: {"": False}, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, where: str = ".helmignore") -> "HelmIgnore":
        """Read the rules; a chart without the file has ``""``.

        Args:
            text: the file's text, foreign bytes as surrogate escapes.
            where: the file's path, for errors.

        Raises:
            ConfigurationError: CHART_HELMIGNORE where Helm itself refuses the line, and with it the chart.
        """
        lines = text.encode("utf-8", "surrogateescape").removeprefix(_BOM).split(b"\n")
        parsed = [_parse_rule(line, f"{where}:{number}") for number, line in enumerate(lines, 1)]
        parsed.append(_parse_rule(_DEFAULT_RULE, where))
        rules = tuple(rule for rule in parsed if rule is not None)
        # A file is no folder: `docs/` says nothing about it, and `!docs/` ignores it.
        on_files = tuple(
            _Rule(rule.negated, rule.folders_only, rule.whole_path, None) if rule.folders_only else rule
            for rule in rules
        )
        return cls(_RuleSet.of(on_files), _RuleSet.of(rules))

    def ignores(self, path: str) -> bool:
        """Whether Helm leaves the file ``path`` out.

        Args:
            path: from the chart's folder, parts divided by ``/``, foreign bytes as surrogate escapes.
        """
        if self._skips(path.rpartition("/")[0]) or self._files.ignores(path):
            return True
        return path.startswith("charts/") and bool(_DROPPED.match(path)) and not path.endswith(".prov")

    def _skips(self, folder: str) -> bool:
        """Whether Helm never enters ``folder``: it, or one above it, is ignored. A loop, as paths may be very deep."""
        unknown = []
        while folder not in self._known:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        skipped = self._known[folder]
        for inner in reversed(unknown):
            skipped = self._known[inner] = skipped or self._folders.ignores(inner)
        return skipped


def _parse_rule(line: bytes, where: str) -> _Rule | None:
    """Read one line; None for a blank or a comment.

    A rule that begins with two slashes matches nothing here and in helm 4; helm 3 strips one more slash at each path
    that it looks at, so ``//a`` comes to mean ``/a`` after a while. Not ignoring is the side that loses no change.
    """
    if len(line) > _LONGEST_LINE:
        raise _refusal(line[:40], where, "is longer than 65,535 bytes", "split the line or shorten it")
    line = line.decode("utf-8", "surrogateescape").strip(_WHITE_SPACE).encode("utf-8", "surrogateescape")
    if not line or line.startswith(b"#"):
        return None
    if b"**" in line:
        hint = "name the folder with a slash behind it (docs/): Helm leaves out everything below"
        raise _refusal(line, where, "has a double star, which Helm does not support", hint)
    chunks, valid = parse_pattern(line)
    # Helm tries each rule on "abc", and Go looks at a chunk only when those before it fit: `x*[` gets through, and then
    # fits nothing.
    if not valid and matches(chunks, b"abc", whole=False):
        raise _refusal(line, where, "is no valid pattern", "close the [class], or write \\[ for a bracket")
    negated = line.startswith(b"!")
    rule = line.removeprefix(b"!")
    folders_only = rule.endswith(b"/")
    rule = rule.removesuffix(b"/")
    chunks, valid = parse_pattern(rule.removeprefix(b"/"))  # `docs\/` is broken now, though it was valid as written
    return _Rule(negated, folders_only, b"/" in rule, chunks if valid else None)


def _refusal(line: bytes, where: str, what: str, hint: str) -> ConfigurationError:
    return ConfigurationError("CHART_HELMIGNORE", f"the rule {show_path(line)!r} {what}", hint=hint, where=where)
