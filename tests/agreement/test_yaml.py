"""YAML is what the real helm reads: in values, in manifests and in Chart.yaml."""

import base64
import json
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jetscale_cicd.config.bounded_yaml import load_documents, load_mapping
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.stamp import stamp
from jetscale_cicd.errors import ConfigurationError

PLAIN = """
= == =x <  << y Y yes Yes YES yEs n No on On OFF off oN true True tRUE false null Null ~ nil -- . .. ._ .inf- .nan_
2024-01-01 2024-13-45 2001-12-14T21:59:43Z 2001-1-1T1:1:1+01:00 1:30 190:20:30 1:30.5 12:00:00 20m
0 00 -0 +0 1 +1 -1 017 0o17 -0o7 0O7 08 09.5 0x1F 0X1f 0x 0xg 0b11 0B1 -0b11 0b-1 0b+1 0b2 1_000 1__0 1_ 0_8 0x_1 +_1 _1
9223372036854775807 9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616
123456789012345678901234567890 0777777777777777777777777 0xFFFFFFFFFFFFFFFFFF
1.0 1.10 .5 -.5 +.5 1. 1.e5 1e3 1E5 1e+3 -1.5E-3 12e03 1e400 .1e400 -1e400 1e .5_0 .5__0 .5_ ._5 0.1_0 1__0.5 -.5_0
0x1p3 a/b a:b a#b v1 1.2.3 10.0.0.1 5m 100Mi -1- ^1 !x
!!str !!str=1 !!int=0x1F !!float=1 !!bool=on !!null=~ !!timestamp=2001-01-01 !!foo=1 !foo=1 !!binary=aGk= !!value== !=1
"""
# `!tag=text` is text with that tag.
SCALARS = [word.replace("=", " ", 1) if word.startswith("!") else word for word in PLAIN.split()]
REFUSED = """
.inf -.Inf +.INF .nan .NaN !!int=x !!int=1.5 !!float=x !!float=y !!bool=1 !!null=x !!timestamp=x
!!timestamp=2001-13-01 !!binary=% @x %x
"""
DOCUMENTS = {
    "a tab after a value": "a: 1\t\nb:\tx\t# c\n",
    "windows": "a: 1\r\nb: x\r\n",
    "a byte order mark": "\ufeffa: 1\n",
    "keys that are no strings": "1: a\nyes: c\n2024-01-01: d\n017: i\n",
    "keys that are floats": "1.10: b\n1e3: e\n12345.6789: f\n1000000.0: g\n0.00001: h\n",
    "odd floats as keys": "1e300: a\n-.inf: b\n.nan: c\n1e-50: e\n-0.0: f\n16777217.0: h\n",
    "a key twice": "a: 1\nb: 2\na: 3\n",
    "a key twice, with types": "a: {b: 1, c: 2}\na: {d: 3}\n",
    "a merge": "x: &x {a: 1, b: 2}\nz: {<<: *x, a: 9}\n",
    "a merge overrides what stands before it": "x: &x {a: 1, b: 2}\nz: {a: 9, <<: *x}\n",
    "a merge of several": "x: &x {a: 1}\nw: &w {a: 2, c: 3}\nz: {<<: [*x, *w]}\n",
    "a merge at the top": "<<: {a: 1}\nb: 2\n",
    "a merge with its tag": "!!merge <<: {a: 1}\n",
    "a quoted merge key": '"<<": {a: 1}\n',
    "a merge key as a value": "z: [<<, a]\n",
    "aliases": "a: &a [1, {b: *c, c: 1}]\nb: *a\n".replace("*c, ", "1, "),
    "an alias of a scalar that changes": "a: &a x\nb: *a\nc: &a no\nd: *a\n",
    "an alias as a key": "x: &k key\n*k : v\n",
    "tags of collections": "a: !foo {b: 1}\nb: !!set {x, y}\nc: !!omap [x: 1]\nd: !!seq {x: 1}\ne: !!str [1]\n",
    "flow": 'a: {b:1}\nb: [a:b, c: d]\nc: {http://x}\nd: [1,]\ne: {"b":1}\nf: {b: , c: }\ng: {? b}\n',
    "blocks": "a: |\n  x\n   y\n\nb: >\n x\n y\n\n z\nc: |2-\n   x\nd: |+\n  x\n\n",
    "quotes": "a: \"\\x41\\u00e9\\U0001F600\\0\\t\"\nb: 'it''s'\nc: \"1\"\nd: ''\ne: \"x\\\n  y\"\n",
    "null": "a:\nb: ~\nc: ''\n",
    "an explicit key": "? a\n: b\n? |\n  x\n: y\n? c\n",
    "empty documents after it": "a: 1\n---\n# nothing\n",
    "a document": "--- # c\na: 1\n...\n",
    "empty": "",
    "only a comment": "# c\n",
    "only null": "null\n",
    "odd characters": "a: \ufeffb\nb: \ue000\n",
}
NOT_READ = {
    "a null key": "~: x\n",
    "a key above all integers": "18446744073709551615: x\n",
    "a list as a key": "? [a]\n: b\n",
    "a mapping as a key": "{a: b}: c\n",
    "an alias of a list as a key": "x: &k [1]\n*k : v\n",
    "a merge of a number": "z: {<<: 3}\n",
    "a merge of an alias of a list": "x: &x [{a: 1}]\nz: {<<: *x}\n",
    "a tab for indentation": "a:\n\t- b\n",
    "YAML 1.2": "%YAML 1.2\n---\na: 1\n",
    "an undefined alias": "a: *b\n",
    "an alias in itself": "a: &a [*a]\n",
    "half a character": 'a: "\\ud800"\n',
    "a control character": "a: \x07\n",
    "a list": "- 1\n",
    "a text": "text\n",
    "two mappings on a line": "a: b: c\n",
}


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that shows the values it got."""
    folder = tmp_path_factory.mktemp("chart")
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    shown = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {values: {{ toJson .Values | b64enc }}}\n"
    (folder / "templates" / "values.yaml").write_text(shown)
    return folder


def helm_reads(helm: Path, chart: Path, text: str) -> Any:
    """The values that helm reads, or its error."""
    file = chart / "given.yaml"
    file.write_bytes(text.encode())
    ended = subprocess.run(
        [helm, "template", "r", chart, "--values", file], check=False, capture_output=True, text=True
    )
    if ended.returncode:
        return ended.stderr
    return json.loads(base64.b64decode(ended.stdout.rpartition("values: ")[2].strip().rstrip("}")))


def we_read(text: str) -> Any:
    """The values that we read, with numbers as Go's JSON decoder keeps them."""
    return json.loads(json.dumps(load_mapping(text.encode(), "values.yaml", "VALUES")), parse_int=float)


def floats(value: Any) -> Any:
    """The same with every number as a float."""
    return json.loads(json.dumps(value), parse_int=float)


def test_scalars(helm: Path, chart: Path) -> None:
    text = "".join(f"k{number}: {scalar}\n" for number, scalar in enumerate(SCALARS))
    theirs, ours = floats(helm_reads(helm, chart, text)), we_read(text)
    assert {SCALARS[int(key[1:])]: value for key, value in ours.items()} == {
        SCALARS[int(key[1:])]: value for key, value in theirs.items()
    }


@pytest.mark.parametrize("scalar", REFUSED.split())
def test_scalars_that_are_refused(helm4: Path, chart: Path, scalar: str) -> None:
    text = f"a: {scalar.replace('=', ' ')}\n"
    assert "failed to parse" in helm_reads(helm4, chart, text)
    with pytest.raises(ConfigurationError) as refused:
        we_read(text)
    assert refused.value.where.startswith("values.yaml:1:")


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_values(helm: Path, chart: Path, text: str) -> None:
    assert we_read(text) == floats(helm_reads(helm, chart, text))


@pytest.mark.parametrize("text", NOT_READ.values(), ids=NOT_READ.keys())
def test_values_that_are_refused(helm4: Path, chart: Path, text: str) -> None:
    assert "failed to parse" in helm_reads(helm4, chart, text)
    with pytest.raises(ConfigurationError):
        we_read(text)


_PIECES = st.sampled_from([*"+-._:=~/0123456789xXobeEyYnNT", "0x", "0o", "0b", ".inf", ".nan", "00", "no", "on"])
_ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6)
_PLAIN = st.lists(_PIECES, min_size=1, max_size=7).map("".join) | _ASCII
_WRITTEN = _PLAIN | _PLAIN.map(lambda text: f"!!str {text}") | _PLAIN.map(json.dumps)


def reads(text: str) -> bool:
    """Whether we read it."""
    try:
        we_read(text)
    except ConfigurationError:
        return False
    return True


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(scalars=st.lists(_WRITTEN, min_size=150, max_size=300))
def test_any_scalar_as_a_value_and_as_a_key(helm4: Path, chart: Path, scalars: list[str]) -> None:
    """One call of helm for hundreds of scalars; one that helm alone refused would fail them all."""
    kept = [each for each in scalars if reads(f"a: {each}\n")]
    keys = [each for each in kept if reads(f"{each}: 1\n")]
    text = "".join(f"k{number}: {each}\n" for number, each in enumerate(kept))
    text += "".join(f"l{number}:\n  {each}: 1\n" for number, each in enumerate(keys))
    assert we_read(text) == floats(helm_reads(helm4, chart, text))


@settings(max_examples=200)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for read in (load_mapping, load_documents):
        with suppress(ConfigurationError):
            json.dumps(read(content, "x", "VALUES"), allow_nan=False)


def test_a_manifest_is_what_the_server_would_get(helm: Path, chart: Path) -> None:
    """Of a rendered stream, what is asked of it as JSON: kubectl and helm convert it by the same library."""
    manifest = "kind: X\nmetadata: {name: a, annotations: {build/date: 2024-01-01}}\nenum:\n- =\n- 1:30\n"
    (read,) = load_documents(manifest.encode(), "x", "MANIFESTS")
    metadata = {"name": "a", "annotations": {"build/date": "2024-01-01"}}
    assert read == {"kind": "X", "metadata": metadata, "enum": ["=", "1:30"]}
    assert read == floats(helm_reads(helm, chart, manifest))


CHARTS = {
    "a tab after a value": "description: hi\t\nhome:\thttps://x.test\n",
    "the value key": "description: =\n",
    "a date": "description: 2024-01-01\n",
    "a sexagesimal": "description: 1:30\n",
    "an unknown tag": "description: !foo hi\n",
    "a key twice": "description: a\ndescription: b\n",
    "a merge": "annotations:\n  <<: {a: b}\n  c: d\n",
    "an alias": "description: &d hi\nhome: *d\n",
}


@pytest.mark.parametrize("more", CHARTS.values(), ids=CHARTS.keys())
def test_a_chart_is_read_stamped_and_packaged(helm: Path, tmp_path: Path, more: str) -> None:
    text = f"apiVersion: v2\nname: app\nversion: 0.0.0\nappVersion: 1.0.0\t# c\n{more}"
    assert parse_chart(text, "Chart.yaml").name == "app"
    (tmp_path / "Chart.yaml").write_bytes(stamp(text, "1.2.3", "4.5.6", "Chart.yaml").encode())
    subprocess.run([helm, "package", tmp_path, "--destination", tmp_path / "out"], check=True, capture_output=True)
    with tarfile.open(tmp_path / "out" / "app-1.2.3.tgz") as tar:
        member = tar.extractfile("app/Chart.yaml")
        assert member
        packaged = load_mapping(member.read(), "packaged", "CHART_YAML")
    ours = load_mapping(text.encode(), "Chart.yaml", "CHART_YAML")
    assert packaged == {**ours, "version": "1.2.3", "appVersion": "4.5.6"}
