"""Charts, their archives and values."""

import gzip
import io
import json
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from jetscale_cicd.build import subcharts
from jetscale_cicd.build.clock import mentions_time
from jetscale_cicd.config.bounded_yaml import load_documents, load_mapping
from jetscale_cicd.decide.chart import schemas
from jetscale_cicd.decide.chart.annotate import annotate
from jetscale_cicd.decide.chart.chart_lock import chart_of, locked_dependencies
from jetscale_cicd.decide.chart.chart_yaml import parse_chart
from jetscale_cicd.decide.chart.cluster_needs import cluster_needs
from jetscale_cicd.decide.chart.encrypted import check_decrypted
from jetscale_cicd.decide.chart.go_pattern import matches, parse_pattern
from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.chart.merged_values import merged
from jetscale_cicd.decide.chart.packed import PackedFile, content_of, loaded_files, nested_files, read_archive
from jetscale_cicd.decide.chart.pointer import check_content
from jetscale_cicd.decide.chart.stamp import same_content, same_document, stamp
from jetscale_cicd.decide.parity.key_lines import key_lines
from jetscale_cicd.decide.parity.values import value_differences
from jetscale_cicd.decide.scope import Globs, pathspec
from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.chart_diff import _same_in_package
from tests.fuzz.boundary import JSONS, YAML_SIGNS, Boundary, of_file, replaced, text

CHART = b"apiVersion: v2\nname: app\nversion: 0.0.0\nappVersion: '0.0.0'\nkubeVersion: '>=1.25.0-0'\n"
CHART_WITH_DEPENDENCIES = (
    CHART + b"dependencies:\n  - name: postgresql\n    version: 12.1.0\n    repository: https://charts.example.com\n"
    b"    alias: db\n    condition: db.enabled\n    tags: [a]\n    import-values: [data, {child: a, parent: b}]\n"
)
CHARTS = [CHART, CHART_WITH_DEPENDENCIES, b'{"apiVersion": "v2", "name": "app", "version": "1.0.0", "annotations": {}}']
CHART_VALUES: list[Any] = [
    {
        "apiVersion": "v2",
        "name": "app",
        "version": "1.0.0",
        "appVersion": "1.0.0",
        "type": "application",
        "dependencies": [
            {
                "name": "postgresql",
                "version": "12.1.0",
                "repository": "https://charts.example.com",
                "alias": "db",
                "condition": "db.enabled",
                "enabled": True,
                "tags": ["a"],
                "import-values": ["data", {"child": "a", "parent": "b"}],
            }
        ],
        "annotations": {"a": "b"},
    }
]
LOCK_VALUES: list[Any] = [
    {
        "dependencies": [{"name": "postgresql", "version": "12.1.0", "repository": "https://charts.example.com"}],
        "digest": "sha256:" + "a" * 64,
        "generated": "2026-01-01T00:00:00Z",
    }
]
LOCK = (
    b"dependencies:\n- name: postgresql\n  repository: https://charts.example.com\n  version: 12.1.0\n"
    b"digest: sha256:5c9d35fb2ea6e5fbd3f2e3ebb1c0ff4a5f6ac1bd1e1cca8bc6ec0e1d5fba1ac9\n"
    b'generated: "2026-01-01T00:00:00Z"\n'
)
IGNORES = [b"# comment\n.git/\n*.swp\n!keep\n/docs\nci/*.yaml\n[a-z]?\\*x\n", b"\xef\xbb\xbf*.tmp\r\ndocs/\r\n"]
GLOBS = [b"charts/**", b"envs/*/values-?.yaml", b"a/[[:alpha:]0-9]*/**/b", rb"a\*b", b"**/x", b"[!a-c]", b"*a*b*c"]
GLOB_SIGNS = (
    b"*",
    b"**",
    b"**/",
    b"?",
    b"[",
    b"]",
    b"[:",
    b":]",
    b"[[:alpha:]]",
    b"[a-",
    b"\\",
    b"/",
    b"!",
    b"^",
    b"-",
)
VALUES = [
    (
        b"global: {env: prod}\nimage:\n  tag: 1.10\n  pull: yes\nlist:\n- &a {x: 1}\n- *a\n- <<: *a\n  y: ~\n"
        b"text: |\n  a\n  b\n"
    ),
    b'{"a": [1, 2.5, "x", null], "b": {"c": 1e3, "d": 0x1F, "e": 2026-01-01}}',
    b"password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6638\n",
    b"a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\nsops: {mac: x}\n",
    b"a: 1\n---\n# only a comment\n",
    b"1.5: !!binary QUJD\n2026-01-01: !!float 1\n1e30: .5\n-0b11: 0x1F\n",
]
POINTERS = [
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12\n",
    b"/annex/objects/SHA256E-s1--abc\n",
    b"\0GITCRYPT\0abc",
]
TEMPLATES = [
    (
        b'kubeVersion: ">=1.25.0 <1.31"\n{{ if semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version }}\n'
        b'{{ .Capabilities.APIVersions.Has "networking.k8s.io/v1/Ingress" }}{{ lookup "v1" "Secret" "a" "b" }}'
        b"{{ now }}\n"
    )
]
SCHEMAS: list[Any] = [
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"$ref": "#/definitions/a"}},
        "definitions": {"a": {"type": "string", "enum": ["a", "b"]}},
    }
]


def packed(*files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A chart archive."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=form) as archive:
        for name, text in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return content.getvalue()


ARCHIVES = [
    packed(("app/Chart.yaml", CHART), ("app/values.yaml", b"a: 1\n"), ("app/templates/a.yaml", TEMPLATES[0])),
    packed(
        ("app/Chart.yaml", CHART),
        ("app/" + "é" * 120, b"x"),
        ("app/values.schema.json", json.dumps(SCHEMAS[0]).encode()),
    ),
    packed(("a/Chart.yaml", CHART), ("a/b", b"x" * 3000), form=tarfile.GNU_FORMAT),
]

TARS = [gzip.decompress(each) for each in ARCHIVES]
TAR_SIGNS = (b"0" * 7, b"\x80" + b"\xff" * 11, b"x", b"g", b"L", b"ustar\x0000", b"20 path=a/b\n", b"../", b"\0" * 512)


def chart_yaml(content: bytes) -> None:
    parse_chart(replaced(content), "Chart.yaml")


def stamped(content: bytes) -> None:
    stamp(replaced(content), "1.2.3", "1.2.3", "Chart.yaml")
    annotate(replaced(content), {"org.opencontainers.image.revision": "a"}, "Chart.yaml")


def lock(content: bytes) -> None:
    chart = parse_chart(CHART_WITH_DEPENDENCIES.decode(), "Chart.yaml")
    chart_of(locked_dependencies(chart, replaced(content), "Chart.lock"))


def same(content: bytes) -> None:
    same_content(replaced(content), CHART.decode(), "auto")
    same_document(replaced(content), LOCK.decode())
    _same_in_package(b"Chart.yaml", content, CHART, "auto")
    _same_in_package(b"charts/a.tgz", content, content, "auto")


def helmignore(content: bytes) -> None:
    rules = HelmIgnore.parse(text(content), ".helmignore")
    for path in ("a", "charts/a/b.yaml", "é/ü", "a" * 255 + "/" + "b" * 255, "a/" * 100 + "a"):
        rules.ignores(path)


def go_pattern(content: bytes) -> None:
    chunks, _ = parse_pattern(content)
    for name in (b"abc", "é".encode() * 50, b"a" * 255, b"ab" * 100):
        matches(chunks, name)
        matches(chunks, name, whole=False)


def glob(content: bytes) -> None:
    with suppress(ValueError):  # the check of a glob in the configuration
        Target(name="live", watch=(replaced(content),))
        globs = Globs((replaced(content), "charts/**"))
        for path in (b"charts/app/values.yaml", b"a" * 255, b"a/" * 500 + b"b", content[:4000]):
            globs.rule(path)
        globs.may_match_below(b"charts")
        pathspec(replaced(content))


def values(content: bytes) -> None:
    read = load_mapping(content, "values.yaml", "VALUES")
    lines = key_lines(content, "values.yaml")
    value_differences(merged((read, read)), {}, (lambda path: str(lines.get(path)), lambda _: ""))
    check_decrypted(content, "values.yaml")


def needs(content: bytes) -> None:
    found = cluster_needs({"app/Chart.yaml": content, "app/templates/a.yaml": content})
    list(found.guesses(Capabilities("", ())))


def archive(content: bytes) -> None:
    content_of(content)
    loaded_files(content)
    read_archive(content)
    schemas.check_schemas(nested_files(content))
    mentions_time(content)


def subchart(file: Path) -> None:
    subcharts.subcharts_of(file.parent, "charts")


def unpacked_subchart(file: Path) -> None:
    (file.parent / "Chart.yaml").write_bytes(file.read_bytes())
    subcharts.check_unpacked(file.parent, "charts/a")


def schema(content: bytes) -> None:
    schemas.check_schemas([PackedFile("c/values.schema.json", content)])


BOUNDARIES = {
    "Chart.yaml": Boundary(chart_yaml, CHARTS, (), YAML_SIGNS, weight=2),
    "Chart.yaml as JSON": Boundary(chart_yaml, CHART_VALUES, pack="json", weight=2),
    "stamp as JSON": Boundary(stamped, CHART_VALUES, pack="json"),
    "stamp": Boundary(stamped, CHARTS, (), YAML_SIGNS),
    "Chart.lock": Boundary(lock, [LOCK], (), YAML_SIGNS),
    "Chart.lock as JSON": Boundary(lock, LOCK_VALUES, pack="json"),
    "same content": Boundary(same, [*CHARTS, LOCK, *ARCHIVES], (), YAML_SIGNS),
    ".helmignore": Boundary(helmignore, IGNORES, (), GLOB_SIGNS, weight=2),
    "go pattern": Boundary(go_pattern, GLOBS, (), GLOB_SIGNS),
    "glob": Boundary(glob, GLOBS, (), GLOB_SIGNS, weight=2),
    "values": Boundary(values, VALUES, (), YAML_SIGNS, weight=3),
    "values as JSON": Boundary(values, JSONS, pack="json"),
    "documents": Boundary(lambda each: load_documents(each, "a", "VALUES"), VALUES, (), YAML_SIGNS),
    "pointer": Boundary(lambda each: check_content(each, "a"), POINTERS),
    "cluster needs": Boundary(needs, TEMPLATES),
    "archive": Boundary(archive, ARCHIVES, weight=2),
    "tar": Boundary(lambda each: archive(gzip.compress(each, 1)), TARS, (), TAR_SIGNS, weight=2),
    "subchart": Boundary(of_file(subchart, "charts/a-1.0.0.tgz"), ARCHIVES),
    "unpacked subchart": Boundary(of_file(unpacked_subchart, "charts/a/Chart.lock"), [LOCK, CHART]),
    "unpacked subchart as JSON": Boundary(
        of_file(unpacked_subchart, "charts/a/Chart.lock"), [*LOCK_VALUES, *CHART_VALUES], pack="json"
    ),
    "schema": Boundary(schema, SCHEMAS, pack="json"),
}
