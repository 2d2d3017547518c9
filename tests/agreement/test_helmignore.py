"""What .helmignore leaves in a package is what helm itself packages."""

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.errors import ConfigurationError
from tests.decide.chart.test_helmignore import CASES

pytestmark = pytest.mark.quick(16)

CHART = b"apiVersion: v2\nname: c\nversion: 0.1.0\n"


def packaged(helm: Path, files: set[bytes], rules: bytes) -> set[bytes] | None:
    """What `helm package` puts into the archive; None where it refuses the rules or misses its Chart.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        chart = Path(folder, "c")
        contents = dict.fromkeys(files, b"") | {b"Chart.yaml": CHART, b".helmignore": rules}
        for path, content in contents.items():
            file = chart / os.fsdecode(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        run = subprocess.run([helm, "package", chart, "--destination", folder], capture_output=True, check=False)
        if run.returncode:
            assert any(why in run.stderr for why in (b"syntax error", b"double-star", b"Chart.yaml file is missing"))
            return None
        with tarfile.open(f"{folder}/c-0.1.0.tgz", encoding="utf-8", errors="surrogateescape") as archive:
            return {os.fsencode(name).removeprefix(b"c/") for name in archive.getnames()}


def predicted(files: set[bytes], rules: bytes) -> set[bytes] | None:
    """The same from our rules."""
    try:
        ignore = HelmIgnore.parse(rules.decode("utf-8", "surrogateescape"))
    except ConfigurationError:
        return None
    kept = {path for path in files | {b"Chart.yaml", b".helmignore"} if not ignore.ignores(os.fsdecode(path))}
    return kept if b"Chart.yaml" in kept else None


# Whatever a name or a pattern may be made of; small, so that they meet.
NAMES = [
    *("a", "b", "ab", "a.b", ".a", "a b", "-a", "!a", "#a", "[x", "]", "a*", "\\", "a\nb", "x.prov", "_a", "templates"),
    *("é", "日", "\ufffd"),
]


PIECES = [
    *("a", "b", ".", "*", "*", "?", "?", "/", "\\", "[", "]", "!", "#", "-", " ", "\t", "é", "日", "templates"),
    *("[a-b]", "[^a]", "[^z-a]", "[/]", "[à-ü]", "[\ufffd]", "[\\]]", "\x1c", "\x85"),
]


names = st.sampled_from([name.encode() for name in NAMES] + [b"\xff", b"\xc3"])


pieces = st.sampled_from([piece.encode() for piece in PIECES] + [b"\xff"])


folders = st.lists(names, min_size=1, max_size=3).map(b"/".join)


dropped = st.tuples(st.sampled_from([b"_a", b".a"]), names).map(lambda parts: b"charts/" + b"/".join(parts))


trees = st.sets(folders | dropped, min_size=5, max_size=15)


rule_lines = st.lists(pieces, min_size=1, max_size=5).map(b"".join)


rule_files = st.tuples(
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from([b"\n", b"\r\n"]),
    st.lists(rule_lines, min_size=1, max_size=4),
).map(lambda parts: parts[0] + parts[1].join(parts[2]))


def without_conflicts(files: set[bytes]) -> set[bytes]:
    """No path that is a folder of another one."""
    parents = {path[: at + 1] for path in files for at in range(len(path)) if path[at + 1 : at + 2] == b"/"}
    return files - parents


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=trees, rules=rule_files)
def test_what_helm_packages_is_what_is_not_ignored(any_helm: Path, files: set[bytes], rules: bytes) -> None:
    assume(not any(line.strip().lstrip(b"!").startswith(b"//") for line in rules.split(b"\n")))  # helm 3 and 4 differ
    files = without_conflicts(files)
    assert predicted(files, rules) == packaged(any_helm, files, rules)


# Without `//a`: helm 3 strips one more slash at each path that it looks at, so what it does depends on their number.
@pytest.mark.parametrize(("rules", "ignored", "kept"), [case for case in CASES if not case[0].startswith("//")])
def test_the_table_of_rules_holds_for_helm(helm: Path, rules: str, ignored: str, kept: str) -> None:
    files = without_conflicts({os.fsencode(path) for path in f"{ignored} {kept}".split()}) - {b"Chart.yaml"}
    assert predicted(files, rules.encode()) == packaged(helm, files, rules.encode())


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("charts/_draft/Chart.yaml", True),
        ("charts/.cache/x", True),
        ("charts/_notes", True),
        ("charts/sub/charts/_draft/x", True),
        ("charts/_draft/x.prov", False),
        ("charts/sub/templates/.hidden", False),
        ("charts/sub/templates/charts/_x", False),
        ("charts/sub/.helmignore", False),
        ("charts/sub/_x", False),
        ("docs/charts/_x", False),
    ],
)
def test_what_lies_hidden_below_charts_is_dropped_but_for_provenance(helm: Path, path: str, ignored: bool) -> None:
    assert HelmIgnore.parse("").ignores(path) is ignored
    name = b"apiVersion: v2\nname: sub\nversion: 0.1.0\n"
    with tempfile.TemporaryDirectory() as folder:
        for file, content in [("Chart.yaml", CHART), ("charts/sub/Chart.yaml", name), (path, b"")]:
            target = Path(folder, "c", file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        subprocess.run([helm, "package", f"{folder}/c", "--destination", folder], check=True, capture_output=True)
        with tarfile.open(f"{folder}/c-0.1.0.tgz") as archive:
            assert (f"c/{path}" in archive.getnames()) is not ignored


@pytest.mark.parametrize(
    ("rules", "line", "what"),
    [
        ("a\n**/b", 2, "double star"),
        ("a\n\n[b", 3, "not a valid pattern"),
        ("[]", 1, "not a valid pattern"),
        ("[a-]", 1, "not a valid pattern"),
        ("a\\", 1, "not a valid pattern"),
        ("a*[", 1, "not a valid pattern"),
        ("#" * 65_536, 1, "65,535"),
    ],
)
def test_what_helm_refuses_is_refused_with_its_line(helm: Path, rules: str, line: int, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what) as caught:
        HelmIgnore.parse(rules, "charts/app/.helmignore")
    assert (caught.value.code, caught.value.where) == ("CHART_HELMIGNORE", f"charts/app/.helmignore:{line}")
    assert caught.value.hint
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Chart.yaml").write_bytes(CHART)
        Path(folder, ".helmignore").write_text(rules)
        run = subprocess.run([helm, "package", folder, "--destination", folder], capture_output=True, check=False)
        assert run.returncode != 0
