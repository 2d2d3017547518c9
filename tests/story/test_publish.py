"""A whole run against a real registry that fails in between: nothing overwritten, nothing tagged that is not there."""

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import HELMS, find_helm
from tests.story.test_killed import Stage, check_consistent, copied, finish, staged
from tests.story.test_story import CHART
from tests.support.history import git
from tests.support.oci import PASSWORD, USERNAME, serve
from tests.support.proxy import Asked, Fault, Reset, Told, nothing, proxied
from tests.support.sample import LIVE, Sample, archive_files, small

pytestmark = pytest.mark.quick(3)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """0.1.0 is released by helm 4; head changes the chart."""
    directory = tmp_path_factory.mktemp("base")
    helm = find_helm(HELMS[1])
    with staged(directory, helm) as stage:
        small(directory, helm=helm)
        assert stage.run().returncode == 0
    stage.sample.edit("feat: more room", CHART, "1", "2")
    return stage


# The name, what the proxy shows, and which exit statuses are right; a success is always right.


def uploads_die(asked: Asked) -> None:
    if asked.method in ("PATCH", "PUT") and "/blobs/" in asked.path:
        raise Reset


def upload_dies_once(asked: Asked) -> None:
    if asked.method == "PUT" and asked.of_manifest and asked.before == 0:
        raise Reset


def answers(status: int, chosen: Callable[[Asked], bool], **headers: str) -> Fault:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Told(status, told, b"") if chosen(asked) else None


def put(asked: Asked) -> bool:
    return asked.method == "PUT" and asked.of_manifest


def changed(change: Callable[[Told], Told], version: str = "0.2.0") -> Fault:
    """Another answer than the real one, to questions about a version that is there by now."""

    def altered(told: Told) -> Told:
        return change(told) if told.status == 200 else told

    return lambda asked: altered if asked.reads_manifest and asked.path.endswith(version) else None


FAULTS: dict[str, tuple[Fault, set[int]]] = {
    "an upload that dies": (uploads_die, {4}),
    "an upload that dies once": (upload_dies_once, {0}),
    "500 for every upload": (answers(500, lambda asked: asked.uploads), {4}),
    "500 once for the manifest": (answers(500, lambda asked: put(asked) and asked.before == 0), {0}),
    "429 once, with Retry-After": (answers(429, lambda asked: put(asked) and asked.before == 0, Retry_After="1"), {0}),
    "403 for the push": (answers(403, put), {4}),
    "401 for everything": (answers(401, lambda _: True), {8}),
    "500 for every question": (answers(500, lambda asked: asked.reads_manifest), {8}),
    "a page for every question": (lambda asked: Told(404, {}, b"<html>") if asked.reads_manifest else None, {8}),
    "500 for every question once it is published": (
        answers(500, lambda asked: asked.method == "GET" and asked.path.endswith("/0.2.0") and asked.before > 2),
        {8},
    ),
    "slow": (lambda asked: lambda told: Told(told.status, told.headers, told.body, pause=0.3), {0}),
    "a manifest cut short after the push": (
        changed(lambda told: Told(told.status, told.headers, told.body, cut=len(told.body) // 2)),
        {4},
    ),
    "a manifest with another digest after the push": (
        changed(lambda told: Told(told.status, told.headers, told.body.replace(b"sha256:", b"sha256:0", 1))),
        {4},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_leaves_no_lie_behind_and_the_next_run_ends_well(base: Stage, tmp_path: Path, name: str) -> None:
    fault, statuses = FAULTS[name]
    with copied(base, tmp_path / "stage") as stage, proxied(stage.host, fault) as proxy:
        before = stage.published()["0.1.0"]
        started = time.monotonic()
        faulty = Stage(stage.sample, proxy.host).run()
        assert time.monotonic() - started < 60
        assert faulty.returncode in statuses, faulty.stderr
        assert faulty.returncode == 0 or "next   " in faulty.stderr
        tags = [ref for ref in stage.refs() if ref.startswith("refs/tags/")]
        assert {tag.removeprefix("refs/tags/v") for tag in tags} <= stage.published().keys()
        proxy.fault = nothing
        again = Stage(stage.sample, proxy.host).run()
        assert again.returncode == 0, again.stderr
        assert check_consistent(stage) == ["v0.1.0", "v0.2.0"]
        assert stage.published()["0.1.0"] == before


@pytest.mark.slow
def test_nobody_at_the_registry_changes_nothing(base: Stage, tmp_path: Path) -> None:
    with copied(base, tmp_path / "stage") as stage:
        before = stage.state()
        ended = Stage(stage.sample, "127.0.0.1:9").run()
        assert (ended.returncode, "REGISTRY_CANNOT_TELL" in ended.stderr) == (8, True)
        assert stage.state() == before


# Secrets

TOKEN = "ghp_canary/of+this=test"
ADDRESS = f"https://me:{quote(TOKEN, safe='')}@git.test/team/stack.git"
FORMS = (TOKEN, PASSWORD, quote(TOKEN, safe=""), quote(PASSWORD, safe=""), quote(PASSWORD), quote(TOKEN))
ENCODED = tuple(base64.b64encode(each.encode()).decode().rstrip("=") for each in (TOKEN, PASSWORD))
BASIC = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "oci", login=True) as host:
        yield host


def sinks(stack: Sample, *texts: str) -> str:
    """All that a run leaves: its words, every file beside it, and what it wrote to the remote."""
    files = [
        path.read_bytes().decode("utf-8", "replace")
        for path in stack.directory.rglob("*")
        if path.is_file() and ".git" not in path.parts and path.name != "login.json"
    ]
    return "\n".join([*texts, *files, git(stack.remote, "for-each-ref", "--format=%(contents)", "refs")])


@pytest.mark.slow
@pytest.mark.parametrize("how", ["environment", "file"])
@pytest.mark.parametrize("fault", ["none", "helm", "git", "http"])
def test_credentials_are_in_no_output_and_no_file(tmp_path: Path, guarded: str, how: str, fault: str) -> None:
    stack = small(tmp_path / "stack", {".stage6.yaml": LIVE})
    # A remote whose address holds a token; what it means on this machine is the repository beside it.
    stack.repo.git("remote", "set-url", "origin", ADDRESS)
    stack.repo.git("config", f"url.{stack.remote.as_uri()}.insteadOf", ADDRESS)
    env = {"GITHUB_OUTPUT": str(tmp_path / "stack/out"), "GITHUB_STEP_SUMMARY": str(tmp_path / "stack/summary")}
    env |= {"GITHUB_ACTIONS": "true", "CI": "", "TMPDIR": str(tmp_path / "stack")}
    login = stack.directory / "login.json"
    if how == "environment":
        env |= {"STAGE6_REGISTRY_USERNAME": USERNAME, "STAGE6_REGISTRY_PASSWORD": PASSWORD}
    else:
        login.write_text(f'{{"auths": {{"{guarded}": {{"auth": "{BASIC}"}}}}}}')
        env |= {"HELM_REGISTRY_CONFIG": str(login)}
    if fault == "git":  # git itself repeats the address of a remote that it cannot reach
        stack.repo.git("config", "--remove-section", f"url.{stack.remote.as_uri()}")
    if fault == "helm":  # a hook of nobody's: a helm that says what it was given
        program = tmp_path / "helm"
        program.write_text(f'#!/bin/sh\necho "Error: $* {PASSWORD} {BASIC} {TOKEN}" >&2; env >&2; exit 1\n')
        program.chmod(0o755)
        env |= {"PATH": f"{tmp_path}:/usr/bin:/bin", "OTHER_TOKEN": TOKEN}
    telling = Told(500, {}, f"{PASSWORD} {BASIC}".encode())
    with proxied(guarded, lambda _: telling if fault == "http" else None) as proxy:
        host = proxy.host if fault == "http" else guarded
        texts = []
        for form in ("text", "json"):
            ended = stack.command("stage6", f"--output={form}", f"--registry=oci://{host}/charts", env=env)
            texts += [ended.stdout, ended.stderr]
            assert (ended.status == 0) == (fault == "none"), ended.stderr
    left = sinks(stack, *texts)
    assert [form for form in (*FORMS, *ENCODED, BASIC) if form in left] == []
    if fault == "none":
        assert stack.remote_tags.keys() == {"v0.1.0"}


def test_the_origin_of_a_package_is_an_address_without_its_credentials(tmp_path: Path) -> None:
    stack = small(tmp_path / "stack")
    stack.repo.git("remote", "set-url", "origin", ADDRESS)
    stack.repo.git("config", f"url.{stack.remote.as_uri()}.insteadOf", ADDRESS)
    assert stack.run().status == 0
    (archive,) = stack.registry.iterdir()
    chart = archive_files(archive)["small/Chart.yaml"].decode()
    assert "org.opencontainers.image.source: https://git.test/team/stack" in chart
    assert f"org.opencontainers.image.revision: {stack.repo.head}" in chart


@pytest.mark.slow
@pytest.mark.parametrize("helm_name", HELMS)
def test_helm_repeats_the_origin_on_the_manifest(tmp_path: Path, helm_name: str) -> None:
    helm = find_helm(helm_name)
    with staged(tmp_path / "stage", helm) as stage:
        small(tmp_path / "stage", helm=helm)
        assert finish(stage.start()).returncode == 0
        accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        request = urllib.request.Request(f"http://{stage.host}/v2/charts/small/manifests/0.1.0", headers=accept)
        with urllib.request.urlopen(request, timeout=10) as answer:
            annotations = json.load(answer)["annotations"]
    assert annotations["org.opencontainers.image.revision"] == stage.sample.repo.head


# What every target can render

TWO_TARGETS = """\
chart: {registry: ../registry}
targets:
  live: {engine: render, namespace: jetscale-prod, release: live}
  demo: {engine: render, namespace: demo, release: demo, values: [envs/demo.yaml], secrets: {token: DEMO_TOKEN}}
"""
NEEDS_TOKEN = (
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndata: {t: {{ required "no token" .Values.token | quote }}}\n'
)


@pytest.fixture
def pair(tmp_path: Path) -> Sample:
    """Two targets; the second takes a secret that this process does not have."""
    return small(tmp_path, {".stage6.yaml": TWO_TARGETS, "envs/demo.yaml": "size: 1\n"})


@pytest.mark.parametrize("words", [("--target=live",), ()])
def test_what_one_target_cannot_render_is_not_published_for_another(pair: Sample, words: tuple[str, ...]) -> None:
    pair.commit("feat: a number", {"envs/demo.yaml": "size: many\n", "charts/app/values.yaml": "size: 2\n"})
    ended = pair.run(*words, env={"DEMO_TOKEN": "t"})
    assert (ended.status, ended.json["error"]["code"]) == (5, "RENDER_FAILED")
    assert (pair.published, pair.remote_tags) == ([], {})


def test_a_target_that_is_only_rendered_needs_none_of_its_secrets(pair: Sample) -> None:
    pair.commit("feat: a token", {"charts/app/templates/token.yaml": NEEDS_TOKEN})
    live = {"envs/live/values.yaml": "token: none\n"}
    pair.commit("chore: live", {**live})
    ended = pair.run("--target=live")
    assert (ended.status, ended.json["version"], pair.published) == (0, "0.1.0", ["small-0.1.0.tgz"]), ended.stderr
