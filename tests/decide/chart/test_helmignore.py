"""What Helm leaves out of a package: written down as tables, and compared with Helm itself."""

import pytest

from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.errors import ConfigurationError

CASES: list[tuple[str, str, str]] = [
    # rules, ignored files, files that stay
    ("", "templates/.hidden templates/.swap/a", "templates/a templates/sub/.keep .hidden a~ .DS_Store .helmignore"),
    ("*.md", "README.md docs/a.md", "README.md.txt docs/a.txt"),
    ("docs/", "docs/a docs/sub/a sub/docs/a", "sub/docs a/docs docs2/a"),
    ("/docs/", "docs/a", "sub/docs/a"),
    ("/README.md", "README.md", "docs/README.md"),
    ("docs/*.md", "docs/a.md", "a.md docs/sub/a.md sub/docs/a.md"),
    ("docs/*", "docs/a docs/sub/a", "sub/docs/a"),
    ("a?c", "abc aéc", "ac abbc"),
    ("[a-c].x", "a.x sub/b.x", "d.x ab.x"),
    ("[^a-c].x", "d.x é.x", "a.x"),
    (r"\*.x", "*.x", "a.x"),
    (r"docs\/", "", "docs docs/a"),
    ("a[/]b", "a/b", "b sub/a/b"),
    ("*??", "ab 日", "a"),  # a star takes bytes: the character of three bytes is cut in two places
    ("# a\n\n  a \t\r\n#b", "a", "#b b"),
    ("\ufeffa\n\ufeffb", "a", "b"),
    ("!*", "", "a sub/b"),
    ("!*.yaml\n", "a sub/a.yaml Chart.yml", "a.yaml"),  # the folder `sub` is not *.yaml, so nothing in it is looked at
    ("*.md\n!README.md", "a.md README.md Chart.yaml", ""),  # not what git would do
    ("!docs/", "a docs/a", ""),  # no file is a folder
    ("//a", "", "a sub/a"),
    ("x*[", "", "x x["),
]


@pytest.mark.parametrize(("rules", "ignored", "kept"), CASES)
def test_rules_are_read_as_helm_reads_them(rules: str, ignored: str, kept: str) -> None:
    ignore = HelmIgnore.parse(rules)
    assert [path for path in ignored.split() if not ignore.ignores(path)] == []
    assert [path for path in kept.split() if ignore.ignores(path)] == []


def test_the_longest_line_that_helm_reads_is_read() -> None:
    assert HelmIgnore.parse("a" * 65_535 + "\n*.md").ignores("a.md")


def test_a_refused_rule_cannot_forge_output() -> None:
    with pytest.raises(ConfigurationError) as caught:
        HelmIgnore.parse("\x1b[31m[\udcff")
    assert caught.value.message.isprintable()


def test_foreign_bytes_and_newlines_are_part_of_a_name() -> None:
    ignore = HelmIgnore.parse("a?b\n\udcff")
    assert ignore.ignores("a\nb")
    assert ignore.ignores("a\udcfeb")
    assert ignore.ignores("sub/\udcff")
    assert not ignore.ignores("sub/\udcfe")


def test_a_very_deep_path_is_answered() -> None:
    path = "/".join(["d"] * 3_000)
    assert not HelmIgnore.parse("*.md").ignores(path)
    assert HelmIgnore.parse("/d/d/d/").ignores(path)


def test_a_hostile_pattern_ends() -> None:
    ignore = HelmIgnore.parse("*a" * 40 + "b")
    assert not ignore.ignores("a" * 4_000)


def test_equal_rules_are_equal_whatever_was_asked() -> None:
    first, second = HelmIgnore.parse("docs/"), HelmIgnore.parse("docs/")
    assert first.ignores("docs/a")
    assert first == second
