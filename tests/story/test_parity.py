"""Two targets compared by the command: what a value explains is none of its business, and what none explains is."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ANY_HELM, find_helm, rest_slow
from tests.story.test_simulation import lock
from tests.support.canary import leaks
from tests.support.command import Ended
from tests.support.sample import PROJECT, SUBCHARTS, Sample, small

pytestmark = pytest.mark.quick(3)

TEMPLATES = "charts/app/templates"
LIVE, PREVIEW = "envs/live/values.yaml", "envs/preview/values.yaml"
CONFIG = """\
chart: {{registry: ../registry}}
targets:
  live:
    {{client_name: shop, env: prod, release: shop, engine: render{live}}}
  preview:
    {{client_name: shop, env: preview, release: shop, engine: render{preview}}}
{more}"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {data}}}\n"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}-web}\n"
    "spec: {containers: [{name: web, image: '%s'}, {name: side, image: side:1}]}\n"
)


def config(live: str = "", preview: str = "", more: str = "") -> dict[str, str | bytes | None]:
    """The configuration with more keys of either target, and more sections."""
    return {".stage6.yaml": CONFIG.format(live=live and f", {live}", preview=preview and f", {preview}", more=more)}


def values(live: str = "", preview: str = "") -> dict[str, str | bytes | None]:
    """Values of the two targets."""
    same = "global: {client_name: shop, env: %s}\nsize: 3\n"
    return {LIVE: same % "prod" + live, PREVIEW: same % "preview" + preview}


def template(text: str) -> dict[str, str | bytes | None]:
    """The chart with one template alone."""
    return {f"{TEMPLATES}/config.yaml": text, "charts/app/values.schema.json": None}


def stack(tmp_path: Path, *files: dict[str, str | bytes | None], helm: str = "helm4") -> Sample:
    """A stack with two targets that are alike, but for these files."""
    base: dict[str, str | bytes | None] = {**config(), **values()}
    for each in files:
        base |= each
    return small(tmp_path / "sample", base, find_helm(helm))


def seen(ended: Ended) -> dict[str, str | None]:
    """The cause of each difference by its id."""
    assert ended.status in (0, 3), ended.stderr
    return {each["id"]: each["cause"] for each in ended.json["differences"]}


def sides(ended: Ended, name: str) -> tuple[Any, Any]:
    """What either target has of a difference."""
    (found,) = (each for each in ended.json["differences"] if each["id"] == name)
    return found["one"], found["other"]


def parity(sample: Sample, *arguments: str, env: dict[str, str] | None = None) -> Ended:
    return sample.command("parity", *arguments, "--output=json", env=env)


# What differs, and why

Case = tuple[dict[str, str | bytes | None], dict[str, str | None]]
CASES: dict[str, Case] = {
    "nothing but the names": (
        template(MAP.format(name="{{ .Release.Name }}-{{ .Values.global.env }}", data="{{ .Release.Namespace }}")),
        {},
    ),
    "a value of either": (
        {**values("num: 3\n", "num: 1\n"), **template(MAP.format(name="a", data="{{ .Values.num | quote }}"))},
        {},
    ),
    "a key that one lacks": (
        {**values("deep: {a: {b: 1}}\n"), **template(MAP.format(name="a", data="x"))},
        {"values:deep": None},
    ),
    "a key that one lacks within a mapping of both": (
        {**values("deep: {a: {b: 1}, c: 1}\n", "deep: {c: 2}\n")},
        {"values:deep.a": None},
    ),
    "lists of another length": (
        values("some: [1, 2]\nsame: [1]\n", "some: [1]\nsame: [2]\n"),
        {"values:some": None},
    ),
    "another kind of value": (
        values("some: {a: 1}\nvoid: null\n", "some: 1\nvoid: 1\n"),
        {"values:void": None, "values:some": None},
    ),
    "a secret value that one lacks": (config(live="secrets: {api.token: TOKEN}"), {"values:api": None}),
    "an object by a value": (
        {
            **values("use: true\n", "use: false\n"),
            **template("{{ if .Values.use }}" + MAP.format(name="a", data="x") + "{{ end }}"),
        },
        {"object:ConfigMap/a": "values"},
    ),
    "an object by the namespace": (
        template("{{ if eq .Release.Namespace `shop-prod` }}" + MAP.format(name="a", data="x") + "{{ end }}"),
        {"object:ConfigMap/a": "names"},
    ),
    "a field by the namespace": (
        template(MAP.format(name="a", data="{{ if eq .Release.Namespace `shop-prod` }}x{{ else }}y{{ end }}")),
        {"field:ConfigMap/a:data.a": "names"},
    ),
    "a field by the environment in the values": (
        template(MAP.format(name="a", data="{{ if eq .Values.global.env `prod` }}x{{ else }}y{{ end }}")),
        {"field:ConfigMap/a:data.a": "names"},
    ),
    "a field by the environment under another key": (
        {
            **values("stage: prod\n", "stage: preview\n"),
            **template(MAP.format(name="a", data="{{ if eq .Values.stage `prod` }}x{{ else }}y{{ end }}")),
        },
        {"field:ConfigMap/a:data.a": "names"},
    ),
    "a name that overrules a value": (
        {
            **values("num: 3\n", "num: 1\n"),
            **template(
                MAP.format(name="a", data="{{ eq .Release.Namespace `shop-prod` | ternary 3 .Values.num | quote }}")
            ),
        },
        {"field:ConfigMap/a:data.a": "names"},
    ),
    "an image by a value": (
        {**values("tag: 1\n", "tag: 2\n"), **template(POD % "web:{{ .Values.tag }}")},
        {"image:Pod/shop-web/web": "values"},
    ),
    "an image by a name": (
        template(POD % "web:{{ .Values.global.env }}"),
        {"image:Pod/shop-web/web": "names"},
    ),
    "a password": (
        template("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: '{{ randAlphaNum 8 }}', q: x}\n"),
        {"field:Secret/a:stringData.p": "every render"},
    ),
    "the version of the cluster": (
        {
            **config("kube_version: '1.30'", "kube_version: '1.34'"),
            **template(MAP.format(name="a", data="{{ .Capabilities.KubeVersion }}")),
        },
        {"field:ConfigMap/a:data.a": "capabilities"},
    ),
    "an api of the cluster, which gives an object": (
        {
            **config("api_versions: [a.example/v1]"),
            **template(
                "{{ if .Capabilities.APIVersions.Has `a.example/v1` }}" + MAP.format(name="a", data="x") + "{{ end }}"
            ),
        },
        {"object:ConfigMap/a": "capabilities"},
    ),
    "a checksum of what names the target": (
        template(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: "
            "{checksum/config: '{{ .Release.Namespace | sha256sum }}'}}\n"
        ),
        {},
    ),
    "a Secret that holds a name": (
        template("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {p: {{ .Release.Namespace | b64enc }}}\n"),
        {},
    ),
    "what the contract of one requires": (
        config(
            "required_secrets: [a, shop-prod-b], contract: {secrets: {a: [i, j]}, aws_secrets: {shop-prod/db: [u]}}",
            "required_secrets: [shop-preview-b], contract: {secrets: {a: [i]}, aws_secrets: {shop-preview/db: [u, p]}, "
            "external_secrets: [e]}",
        ),
        {"secret:a/j": None, "aws-secret:shop-*/db/p": None, "external-secret:e": None},
    ),
}


@pytest.mark.parametrize(
    "name",
    rest_slow(CASES, "nothing but the names", "a value of either", "a name that overrules a value", "a password"),
)
def test_what_differs_is_seen_with_its_cause(tmp_path: Path, name: str) -> None:
    files, expected = CASES[name]
    ended = parity(stack(tmp_path, files), "live", "preview")
    assert (seen(ended), ended.json["unknown"]) == (expected, None)


@pytest.mark.parametrize("helm", ANY_HELM)
def test_everything_at_once_is_the_same_in_either_order(tmp_path: Path, helm: str) -> None:
    every: dict[str, str | bytes | None] = {"charts/app/values.schema.json": None, f"{TEMPLATES}/config.yaml": None}
    every |= values("use: true\nnum: 3\nl: [1]\nonly: {a: 1}\n", "use: false\nnum: 1\nl: [1, 2]\n")
    every |= {
        f"{TEMPLATES}/a.yaml": "{{ if .Values.use }}" + MAP.format(name="used", data="x") + "{{ end }}",
        f"{TEMPLATES}/b.yaml": MAP.format(
            name="{{ .Release.Name }}-b", data="{{ if eq .Release.Namespace `shop-prod` }}{{ .Values.num }}{{ end }}"
        ),
        f"{TEMPLATES}/c.yaml": POD % "web:{{ .Values.num }}",
    }
    every |= config(more="", live="namespace: shop-prod, release: one", preview="release: two")
    every |= {".stage6.yaml": str(every[".stage6.yaml"]).replace("release: shop, ", "")}
    sample = stack(tmp_path, every, helm=helm)
    ended, turned = parity(sample, "live", "preview"), parity(sample, "preview", "live")
    assert seen(ended) == {
        "values:l": None,
        "values:only": None,
        "image:Pod/*-web/web": "values",
        "object:ConfigMap/used": "values",
        "field:ConfigMap/*-b:data.a": "names",
    }
    assert list(seen(turned).items()) == list(seen(ended).items())
    assert all(sides(turned, name) == sides(ended, name)[::-1] for name in seen(ended))
    assert parity(sample).stdout == ended.stdout


def test_a_difference_says_what_either_has_and_where(tmp_path: Path) -> None:
    files = {**values("list: [1, 2]\ndeep: {a: 1}\n", "list: [1]\n"), "envs/all.yaml": "\n\nlist: []\ndeep: {a: 1}\n"}
    both = config("values: [envs/all.yaml, envs/live/values.yaml]", "values: [envs/preview/values.yaml]")
    ended = parity(stack(tmp_path, files, both))
    assert sides(ended, "values:list") == (
        {"has": "2 items", "where": f"{LIVE}:3"},
        {"has": "1 item", "where": f"{PREVIEW}:3"},
    )
    assert sides(ended, "values:deep") == ({"has": "a mapping", "where": f"{LIVE}:4"}, None)


# What is meant

ALLOW = """\
parity:
  between: [preview, live]
  allow:
    "values:deep*": it is tried in preview alone
    "object:*": never there
  fails: true
"""


def test_what_is_allowed_is_shown_with_its_reason_and_what_matches_nothing_is_said(tmp_path: Path) -> None:
    sample = stack(tmp_path, values("deep: {a: 1}\n"), config(more=ALLOW))
    ended = parity(sample)
    assert (ended.status, ended.json["unexpected"], ended.json["stale"]) == (0, 0, ["object:*"])
    assert [each["allowed"] for each in ended.json["differences"]] == ["it is tried in preview alone"]
    text = sample.command("parity").stdout
    assert "it is tried in preview alone" in text
    assert "object:*" in text


def test_a_difference_that_is_not_allowed_fails_where_that_is_configured_or_asked_for(tmp_path: Path) -> None:
    sample = stack(tmp_path, values("other: {a: 1}\n"), config(more=ALLOW))
    ended = parity(sample)
    assert (ended.status, ended.json["error"]["code"], ended.json["error"]["details"]) == (
        3,
        "PARITY",
        ["values:other"],
    )
    sample.edit("fix: it does not", ".stage6.yaml", "  fails: true\n", "")
    assert parity(sample).status == 0
    assert parity(sample, "--fail").status == 3


def test_a_target_that_renders_under_its_own_name_alone_is_not_said_to_be_explained(tmp_path: Path) -> None:
    strict = "{{ if and (eq .Release.Namespace `shop-prod`) (ne (int .Values.num) 3) }}{{ fail `no` }}{{ end }}\n"
    files = template(strict + MAP.format(name="a", data="{{ .Values.num | quote }}"))
    sample = stack(tmp_path, files, values("num: 3\n", "num: 1\nonly: 1\n"))
    ended = parity(sample)
    assert (ended.status, ended.json["unknown"]["code"]) == (0, "PARITY_UNKNOWN")
    assert seen(ended) == {"values:only": None}
    sample.commit("fix: alike", {PREVIEW: values("", "num: 1\n")[PREVIEW]})
    failed = parity(sample, "--fail")
    assert (failed.status, failed.json["error"]["code"]) == (8, "PARITY_UNKNOWN")


# What is asked for

THREE = """\
chart: {registry: ../registry}
targets:
  live: {env: prod, engine: render}
  preview: {engine: render}
  third: {engine: render}
"""
ASKED = {
    "three targets, and none is named": ([], "USAGE"),
    "one": (["live"], "USAGE"),
    "the same twice": (["live", "live"], "USAGE"),
    "three": (["live", "preview", "third"], "USAGE"),
    "an unknown one": (["live", "staging"], "UNKNOWN_TARGET"),
    "a commit and the work tree": (["live", "preview", "--worktree", "--head=HEAD"], "USAGE"),
}


@pytest.mark.parametrize("name", ASKED)
def test_it_takes_two_targets_of_the_configuration(tmp_path: Path, name: str) -> None:
    arguments, code = ASKED[name]
    ended = parity(stack(tmp_path, {".stage6.yaml": THREE}), *arguments)
    assert (ended.status, ended.json["error"]["code"]) == (2, code)


def test_the_work_tree_is_compared_where_it_is_asked_for(tmp_path: Path) -> None:
    sample = stack(tmp_path)
    sample.repo.write(LIVE, values("deep: {a: 1}\n")[LIVE] or "")
    assert (seen(parity(sample)), seen(parity(sample, "--worktree"))) == ({}, {"values:deep": None})


def test_a_subchart_that_is_nowhere_here_is_no_parity(tmp_path: Path) -> None:
    repository = "oci://registry.example.test/private"
    chart = (
        "apiVersion: v2\nname: small\nversion: 0.0.0\n"
        f"dependencies: [{{name: sub, version: 1.0.0, repository: '{repository}'}}]\n"
    )
    ended = parity(stack(tmp_path, {"charts/app/Chart.yaml": chart, "charts/app/Chart.lock": lock(repository)}))
    assert (ended.status, ended.json["error"]["code"]) == (8, "NOT_RENDERED")


# Secrets

SECRET = "Zq7xK-Wv3kP-Yj9mR"


def test_no_secret_is_in_any_output(tmp_path: Path) -> None:
    """Of the environment, of a Secret, of a variable and under a key with the name of one; each differs by a name."""
    text = "{{ if eq .Release.Namespace `shop-prod` }}SECRET{{ else }}SECRET-other{{ end }}".replace("SECRET", SECRET)
    other = text.replace("Zq7xK", "Hg2tL").replace("Wv3kP", "Ns8dF").replace("Yj9mR", "Cb4wQ")
    third = text.replace("Zq7xK", "Mx6vT").replace("Wv3kP", "Ra3jW").replace("Yj9mR", "Ku5yD")
    files = template(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
        f"stringData: {{p: '{text}', t: '{{{{ .Values.api.token }}}}'}}\n"
        f"---\n{MAP.format(name='b', data=repr(text))}"
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{db_password: '{third}'}}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        f"spec: {{containers: [{{name: c, image: x, env: [{{name: API_TOKEN, value: '{other}'}}]}}]}}\n"
    )
    token = "Wd4mB-Tr7nC-Lp2sV"
    sample = stack(tmp_path, files, config("secrets: {api.token: TOKEN}", "secrets: {api.token: TOKEN}"))
    ended = parity(sample, "--verbose", "--debug", env={"TOKEN": token})
    shown = sample.command("parity", "--verbose", env={"TOKEN": token})
    assert set(seen(ended)) == {
        "field:Secret/a:stringData.p",
        "field:ConfigMap/b:data.a",
        "field:ConfigMap/c:data.db_password",
        "field:Pod/p:spec.containers[c].env[API_TOKEN].value",
    }
    texts = [ended.stdout, ended.stderr, shown.stdout, shown.stderr]
    for secret in (SECRET, "Hg2tL-Ns8dF-Cb4wQ", "Mx6vT-Ra3jW-Ku5yD", token):
        assert leaks(secret, texts) == []


def test_this_repository_has_parity(tmp_path: Path) -> None:
    settings = (PROJECT / ".stage6.yaml").read_text().replace("tests/fixtures/charts", SUBCHARTS.as_uri())
    files: dict[str, str | bytes | None] = {
        str(file.relative_to(PROJECT)): file.read_bytes()
        for folder in ("charts", "envs")
        for file in sorted((PROJECT / folder).rglob("*"))
        if file.is_file()
    }
    sample = small(tmp_path / "sample", {**files, ".stage6.yaml": settings}, find_helm("helm4"))
    sample.commit("fix: nothing of the sample", {f"{TEMPLATES}/config.yaml": None})
    file = tmp_path / "config.yaml"
    file.write_text(settings)
    ended = parity(sample, f"--config={file}")
    assert (ended.status, ended.json["differences"], ended.json["stale"]) == (0, [], [])
