"""No secret gets out: of any command, in any sink, in what any program is started with, or in a file that is left."""

import base64
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import rest_slow
from tests.support.canary import CANARIES, leaks, recorded
from tests.support.command import Ended, command_environment
from tests.support.proxy import Asked, Told, proxied
from tests.support.sample import CONFIG, WHERE, Sample, small

TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations: {url: {{ printf "db://me:%s@host/x" .Values.plain | quote }}}
data:
  quoted: {{ .Values.plain | quote }}
  longer: {{ printf "before %s after" .Values.plain | toJson }}
  base: {{ .Values.plain | b64enc }}
  lines: {{ printf "before:%s" .Values.plain | b64enc | toYaml | indent 2 | trim }}
  query: {{ .Values.plain | urlquery | quote }}
  own: {{ .Values.api.token | toJson }}
  json: {{ .Values | toJson | quote }}
{{ toYaml (dict "yaml" .Values.plain) | indent 2 }}
---
apiVersion: v1
kind: Secret
metadata: {name: app}
stringData: {token: {{ .Values.plain | toJson }}}
"""
# In which no control character may be.
TEXT = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: text}
data:
  text: |
    {{- .Values.plain | nindent 4 }}
  single: {{ .Values.plain | replace "'" "''" | squote }}
"""
TARGET = f"targets: {{live: {{{WHERE}, engine: render, secrets: {{api.token: API_VALUE}}}}}}\n"
LIVE = "envs/live/values.yaml"
VALUES = "global: {client_name: jetscale, env: prod}\n"


@dataclass
class Watched:
    """A stack, and every place where a secret of it may get out."""

    stack: Sample
    secret: str
    memory: Path
    work: Path
    texts: list[str] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """An environment of CI, with the secret in a variable of the target and in one with a credential's name."""
        sinks = {name: str(self.work / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        path = f"{self.work / 'bin'}:{command_environment(self.stack.helm)['PATH']}"
        own = {"TMPDIR": str(self.work / "tmp"), "XDG_RUNTIME_DIR": str(self.memory), "PATH": path}
        return {"API_VALUE": self.secret, "DB_PASSWORD": self.secret, "GITHUB_ACTIONS": "true", **sinks, **own}

    def run(self, *words: str, **env: str) -> Ended:
        """A command, whose output is watched."""
        ended = self.stack.command(*words, env={**self.env, **env})
        self.texts += [ended.stdout, ended.stderr]
        assert "BUG" not in ended.stdout + ended.stderr, ended.stderr
        return ended

    def check(self) -> None:
        """Nothing got out, and nothing is left."""
        files = [file for file in self.work.iterdir() if file.is_file()]
        assert not leaks(self.secret, [*self.texts, *(file.read_text(errors="replace") for file in files)])
        assert [*(self.work / "tmp").iterdir(), *self.memory.iterdir()] == []


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory in memory of this test's own."""
    name = tempfile.mkdtemp(prefix="canary-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    yield Path(name)
    shutil.rmtree(name)


@pytest.fixture(params=rest_slow(CANARIES, "quotes"))
def watched(request: pytest.FixtureRequest, tmp_path: Path, memory: Path, helm4: Path) -> Watched:
    """Released without the secret; head has it in its values, and so has the address of the remote."""
    secret, work = CANARIES[request.param], tmp_path / "work"
    (work / "tmp").mkdir(parents=True)
    files: dict[str, str | bytes | None] = {
        ".stage6.yaml": f"chart: {{registry: ../registry}}\n{TARGET}",
        "charts/app/templates/config.yaml": TEMPLATE + ("" if request.param == "control" else TEXT),
        "charts/app/values.yaml": "plain: none\napi: {token: ''}\n",
        "charts/app/values.schema.json": None,
        LIVE: VALUES,
    }
    stack = small(tmp_path / "stack", files, helm4)
    assert stack.command("stage6", env={"API_VALUE": "something-else"}).status == 0
    stack.commit("feat: a value", {LIVE: f"{VALUES}plain: {json.dumps(secret)}\n", "charts/app/files/x": "x\n"})
    address = f"https://me:{quote(secret, safe='')}@host.invalid/stack.git"
    stack.repo.git("config", "remote.origin.url", address)
    stack.repo.git("config", f"url.{stack.remote}.insteadOf", address)
    path = command_environment(helm4)["PATH"]
    recorded(work / "bin", path, work / "started", "git", "helm", "kubectl", "gpg", "gpgconf", "ssh", "gh", "false")
    return Watched(stack, secret, memory, work)


@pytest.mark.slow
def test_no_secret_gets_out_of_any_command(watched: Watched) -> None:
    run, files = watched.run, {name: f"--{name}={watched.work / name}" for name in ("out", "notes", "audit")}
    for form in ("--output=text", "--output=json"):
        assert run("plan", form, "--verbose", files["out"], files["notes"]).status == 0
        assert run("simulate", form, "--base=HEAD~1", "--debug").status == 0
        assert "(masked " in watched.texts[-2]
        for words in (("explain", LIVE), ("status",), ("schema",), ("rollback",), ("adopt", "v0.1.0")):
            run(*words, *((form,) if words != ("schema",) else ()), "--debug")
    assert run("release", "--verbose", files["notes"]).status == 0
    assert run("deploy", "--output=json", files["audit"]).status == 0
    assert run("stage6", "--redeploy", "--verbose", files["audit"]).status == 0
    assert run("verify-chart", "v0.2.0").status == 0
    assert (watched.work / "started").read_text(errors="replace").count("/bin/helm\0") > 5
    watched.check()


BAD = [
    '{{ fail (printf "no: %s" .Values.api.token) }}',
    "a: [{{ .Values.plain }}",
    'a: {{ .Values.plain | quote }}\n  b: {{ printf "%q" .Values.api.token }}',
    "{{ include .Values.plain . }}",
    "{{ .Values.api.token | fromJson | required .Values.plain }}",
    "kind: ConfigMap\nmetadata: {name: {{ .Values.plain | toJson }}}\n---\nkind: {{ .Values.plain | toJson }}",
]


@pytest.mark.slow
@pytest.mark.parametrize("template", BAD)
def test_no_secret_gets_out_of_a_failure(watched: Watched, template: str) -> None:
    watched.stack.repo.write("charts/app/templates/bad.yaml", template + "\n")
    watched.stack.repo.git("add", "--all")
    watched.stack.repo.git("commit", "--quiet", "--message", "feat: a bad one")
    watched.stack.repo.git("push", "--quiet", str(watched.stack.remote), "HEAD:main")
    for words in (("plan",), ("simulate", "--base=HEAD~1"), ("release",), ("deploy",)):
        watched.run(*words, "--output=json", "--debug")
    watched.run("stage6", "--verbose", "--debug")
    watched.check()


@pytest.mark.slow
def test_no_login_gets_out_where_the_registry_repeats_it(watched: Watched) -> None:
    """As the login of the environment, of helm's file, and of a credential helper."""

    def answer(asked: Asked) -> Told:
        login = asked.headers.get("authorization", "")
        if not login:
            return Told(401, {"WWW-Authenticate": 'Basic realm="tests"'}, b"")
        said = base64.b64decode(login.removeprefix("Basic ")).decode()
        body = json.dumps({"errors": [{"code": "DENIED", "message": f"no: {login} {said}"}]})
        return Told(403, {"Content-Type": "application/json"}, body.encode())

    helper = watched.work / "bin" / "docker-credential-canary"
    helper.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({'Username': 'me', 'Secret': watched.secret})}\nEND\n")
    helper.chmod(0o755)
    auth = base64.b64encode(f"me:{watched.secret}".encode()).decode()
    with proxied("127.0.0.1:9", answer) as proxy:
        own, asked = watched.work / "tmp" / "own.json", watched.work / "tmp" / "asked.json"
        own.write_text(json.dumps({"auths": {proxy.host: {"auth": auth}}}))
        asked.write_text(json.dumps({"credHelpers": {proxy.host: "canary"}}))
        logins = (
            {"STAGE6_REGISTRY_USERNAME": "me", "STAGE6_REGISTRY_PASSWORD": watched.secret},
            {"HELM_REGISTRY_CONFIG": str(own)},
            {"HELM_REGISTRY_CONFIG": str(asked)},
        )
        for login in logins:
            for words in (("plan",), ("status",), ("stage6", "--verbose"), ("verify-chart", "v0.1.0")):
                for form in ("--output=text", "--output=json"):
                    env = {**login, "API_VALUE": "something-else", "DB_PASSWORD": ""}
                    ended = watched.run(*words, form, f"--registry=oci://{proxy.host}/charts", "--debug", **env)
                    assert ended.status != 0 or words[0] == "status"
    own.unlink()
    asked.unlink()
    watched.check()


@pytest.mark.parametrize("secret", rest_slow(["abc", "a'b", '"\'"', "\n a b \n"], "\n a b \n"))
@pytest.mark.parametrize("variable", ["API_VALUE", "STAGE6_REGISTRY_PASSWORD"])
def test_a_secret_that_cannot_be_masked_is_refused_before_anything_is_done(
    tmp_path: Path, secret: str, variable: str
) -> None:
    config = f"chart: {{registry: ../registry}}\n{TARGET}" if variable == "API_VALUE" else CONFIG
    stack = small(tmp_path, {".stage6.yaml": config})
    before = stack.tracks()
    options: tuple[str, ...] = ()
    env = {variable: secret}
    if variable != "API_VALUE":
        options, env = ("--registry=oci://127.0.0.1:9/charts",), {**env, "STAGE6_REGISTRY_USERNAME": "me"}
    for words in (("stage6",), ("stage6", "--verbose"), *([("plan",), ("release",)] if options else [])):
        ended = stack.command(*words, "--output=json", *options, env=env)
        assert (ended.status, ended.json["error"]["code"]) == (3, "SECRET_SHORT")
        assert secret not in ended.stdout + ended.stderr
    assert stack.tracks() == before
