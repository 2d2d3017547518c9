"""The configuration: ours, and that of python-semantic-release."""

import json
from typing import Any

from jetscale_cicd.config.adopted import with_adopted
from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.config.bounded_toml import TomlRefused, read_toml
from jetscale_cicd.config.branch_match import check_match
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.release_rules import rules_of
from jetscale_cicd.config.saved_plan import load_saved_plan
from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.decide.release.conventional import judge
from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.observe.committed_text import text_of
from tests.fuzz.boundary import JSONS, SHA, YAML_SIGNS, Boundary, of_file, replaced

TOMLS = [
    (
        b'[tool.semantic_release]\ntag_format = "v{version}"\nmajor_on_zero = true\ncommit_parser = "conventional"\n'
        b'[tool.semantic_release.branches.main]\nmatch = "(main|master)"\nprerelease = false\n'
        b"[tool.semantic_release.commit_parser_options]\nminor_tags = ['feat']\n"
    ),
    (
        b"[semantic_release]\nx.y.z = 1\na = [1, {b = 'c'}, 2026-01-01T00:00:00Z]\ns = '''\na\n'''\n"
        b't = """b\\\n  c"""\n'
    ),
]
TOML_SIGNS = (b"[[", b"]]", b"a.b.c", b'"""', b"'''", b" = ", b"{a = ", b"\n[a]\n", b".a" * 40, b"inf", b"0x", b"1979")
RELEASERCS: list[Any] = [
    {
        "semantic_release": {
            "tag_format": "v{version}",
            "commit_parser": "angular",
            "commit_parser_options": {"minor_tags": ["feat"], "default_bump_level": 0},
            "branches": {"main": {"match": "main"}, "rc": {"match": "rc/.*", "prerelease": True}},
            "remote": {"name": "origin"},
            "allow_zero_version": True,
        }
    }
]
MATCHES = [b"(main|master)", b".*", rb"release/\d+\.\d+\.x", b"(?!main)[a-z]+", b"*", rb"(?i)rc[-/](a|b)?"]
PATTERN_SIGNS = (
    b"*",
    b"+",
    b"?",
    b"(",
    b")",
    b"|",
    b"[",
    b"]",
    b"{2,}",
    b"(a+)+",
    b"\\",
    b"(?i)",
    b"(?P<a>",
    b"(a|a)*",
)
CONFIGURATIONS = [
    (
        b"chart:\n  registry: oci://r.example/charts\n  path: charts/app\n  watch: ['charts/**', README.md]\n"
        b"targets:\n  live:\n    namespace: shop\n    release: shop\n    values: [envs/live/values.yaml]\n"
        b"    timeout: 20m\n"
        b"  staging: {namespace: shop-s, release: shop, needs: [live], engine: render}\n"
        b"release: {branches: [main, 'release/*'], forks: false}\n"
    ),
    b'{"chart": {"registry": "../registry", "adopted": {"v1.0.0": "sha256:'
    + b"a" * 64
    + b'"}}, "targets": {"live": {}}}',
    b"targets:\n  live: {secrets: {global.password: PASSWORD}, kube_version: v1.30.0, api_versions: [a/v1]}\n",
]
CONFIGURATION_VALUES: list[Any] = [
    {
        "chart": {
            "registry": "oci://r.example/charts",
            "path": "charts/app",
            "watch": ["charts/**"],
            "first_version": "0.1.0",
            "mirrors": {"oci://a/b": "../mirror"},
            "adopted": {"v1.0.0": "sha256:" + "a" * 64},
            "default_bump": "patch",
        },
        "targets": {
            "live": {
                "namespace": "shop",
                "release": "shop",
                "values": ["envs/live/values.yaml"],
                "timeout": "20m",
                "secrets": {"global.password": "PASSWORD"},
                "kube_version": "v1.30.0",
                "api_versions": ["a/v1"],
            },
            "staging": {"namespace": "s", "release": "shop", "needs": ["live"], "engine": "render", "rollback": True},
        },
        "release": {"branches": ["main", "release/*"], "forks": False, "tag_format": "v{version}"},
    }
]
PLANS: list[Any] = [
    {
        "schema": 1,
        "decision": "publish",
        "version": "1.2.3",
        "changes": {"head": SHA},
        "request": {"since": "released", "base": None, "targets": ["live"], "engine": None, "registry": None},
        "steps": [{"name": "package", "target": None, "state": "needed", "command": "helm package"}],
    }
]


def adopt(content: bytes) -> None:
    with_adopted(replaced(content), "v1.2.3", f"sha256:{'a' * 64}", ".stage6.yaml")


def configuration(content: bytes) -> None:
    settings = read_settings(text_of(content, ".stage6.yaml"), ".stage6.yaml")
    Globs(settings.chart.watched).rule(b"charts/app/values.yaml")
    for target in settings.targets:
        Globs(target.watched).rule(b"envs/live/values.yaml")
    rules = BranchRules(globs=settings.release.branches)
    rules.releases("main", "main")


def pyproject(content: bytes) -> None:
    branches_of(rules_of({"pyproject.toml": text_of(content, "pyproject.toml")}))


def releaserc(content: bytes) -> None:
    branches_of(rules_of({"releaserc.json": text_of(content, "releaserc.json")}))


def branches_of(found: Any) -> None:
    rules = BranchRules(groups=found.branches)
    for name in ("main", "release/1.2", "a" * 255):
        rules.releases(name, "main")
        rules.makes_prereleases(name)
    judge([Commit("c" * 40, "feat: a\n\nb")], found.parser_options)


def branch_match(content: bytes) -> None:
    BranchRules(groups=rules_of({"releaserc.json": json.dumps(branch_group(replaced(content)))}).branches).releases(
        "a" * 120 + "/1.2", "main"
    )


def branch_group(match: str) -> object:
    return {"semantic_release": {"branches": {"main": {"match": match}}}}


BOUNDARIES = {
    "read_json": Boundary(read_json, JSONS, (JsonRefused,), pack="json"),
    "read_toml": Boundary(lambda each: read_toml(replaced(each)), TOMLS, (TomlRefused,), TOML_SIGNS),
    "pyproject.toml": Boundary(pyproject, TOMLS, (), TOML_SIGNS, weight=2),
    "releaserc.json": Boundary(releaserc, RELEASERCS, pack="json", weight=2),
    "branch match": Boundary(branch_match, MATCHES, (), PATTERN_SIGNS, weight=2),
    "check_match": Boundary(lambda each: check_match(replaced(each)), MATCHES, (ValueError,)),
    ".stage6.yaml": Boundary(configuration, CONFIGURATIONS, (), YAML_SIGNS, weight=3),
    ".stage6.yaml as JSON": Boundary(configuration, CONFIGURATION_VALUES, pack="json", weight=2),
    "adopted": Boundary(adopt, CONFIGURATIONS, (), YAML_SIGNS),
    "saved plan": Boundary(of_file(load_saved_plan), PLANS, pack="json"),
}
