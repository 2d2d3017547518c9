"""A content or a credential where a path, a name or an address belongs is echoed nowhere, and is no bug."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import rest_slow, sampled
from tests.support.command import Ended
from tests.support.sample import Sample, small

pytestmark = pytest.mark.quick(8)

TOKEN = "canary-Zx9Qw7"
KUBECONFIG = (
    f"apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: me\n  user:\n    token: {TOKEN}\n" + "#" * 3000
)
CONTENTS = {
    "a kubeconfig": KUBECONFIG,
    "in base64": base64.b64encode(KUBECONFIG.encode()).decode(),
    "in base64 lines": base64.encodebytes(KUBECONFIG.encode()).decode(),
    "on one line": " ".join(KUBECONFIG.split()),
    "as JSON": f'{{"apiVersion": "v1", "users": [{{"name": "me", "user": {{"token": "{TOKEN}"}}}}]}}',
    "a long name": f"{TOKEN}-" * 200,
    "a key": f"-----BEGIN KEY-----\n{TOKEN}\n-----END KEY-----\n",
    "an address": f"https://bob:{TOKEN}@host.invalid/x.git",
    "a token": f"ghp_{TOKEN.replace('-', '')}0123456789abcdefABCDEF",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return small(tmp_path_factory.mktemp("stack"))


def parts(content: str) -> Iterator[str]:
    """What must not be seen of it: any of its lines, and the token in it."""
    yield from (line.strip()[:60] for line in content.splitlines() if len(line.strip()) > 12 and "kind" not in line)
    yield TOKEN
    yield TOKEN.replace("-", "")


def check_silent(content: str, ended: Ended, *files: Path) -> None:
    for text in (ended.stdout, ended.stderr, *(file.read_text() for file in files if file.exists())):
        assert not [text[max(at - 60, 0) : at + 60] for part in parts(content) if (at := text.find(part)) >= 0]
    assert "BUG" not in ended.stdout + ended.stderr


VARIABLES = {
    "KUBECONFIG": ("status", "stage6", "plan"),
    "HELM_REGISTRY_CONFIG": ("plan",),
    "HELM_CONFIG_HOME": ("plan",),
    "DOCKER_CONFIG": ("plan",),
    "SSL_CERT_FILE": ("plan",),
    "GITHUB_EVENT_PATH": ("plan",),
    "GITHUB_OUTPUT": ("plan",),
    "GITHUB_STEP_SUMMARY": ("plan",),
}


@pytest.mark.parametrize("content", rest_slow(CONTENTS, "an address"))
@pytest.mark.parametrize(("name", "command"), [(name, each) for name, names in VARIABLES.items() for each in names])
def test_the_content_of_a_file_in_place_of_its_path(
    stack: Sample, tmp_path: Path, name: str, command: str, content: str
) -> None:
    summary = tmp_path / "summary"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), name: CONTENTS[content]}
    ended = Ended(0, "", "")
    for form in ("text", "json"):
        options = ("--engine=helm", "--registry=oci://127.0.0.1:9/charts") if "CONFIG" in name or "CERT" in name else ()
        ended = stack.command(command, f"--output={form}", *options, env=env)
        check_silent(CONTENTS[content], ended, summary)
    assert not stack.repo.git("status", "--porcelain"), "no file has the content as its name"
    if name == "KUBECONFIG":
        assert (ended.status, ended.json["error"]["code"]) == (3, "KUBECONFIG_MISSING")
        assert "KUBECONFIG" in ended.json["error"]["message"]


def test_a_kubeconfig_that_is_not_there_is_named(stack: Sample) -> None:
    ended = stack.command("status", "--engine=helm", "--output=json", env={"KUBECONFIG": "/nowhere/kubeconfig"})
    assert ended.json["error"]["message"] == "KUBECONFIG names /nowhere/kubeconfig, which does not exist"


OPTIONS = {
    "--config": "plan",
    "--out": "plan",
    "--notes": "plan",
    "--repo": "plan",
    "--base": "plan",
    "--head": "plan",
    "--since": "plan",
    "--registry": "plan",
    "--target": "plan",
    "--engine": "plan",
    "--output": "plan",
    "--nope": "plan",
    "--plan": "stage6",
    "--audit": "stage6",
    "--jobs": "stage6",
    "--to": "rollback",
    "": "explain",
}


@pytest.mark.parametrize("content", rest_slow(CONTENTS, "in base64", "an address"))
@pytest.mark.parametrize("option", OPTIONS)
def test_the_content_of_a_file_in_place_of_an_argument(
    stack: Sample, tmp_path: Path, option: str, content: str
) -> None:
    if option in ("--out", "--notes", "--audit"):
        stack = stack.copy(tmp_path / "copy")
    argument = f"{option}={CONTENTS[content]}" if option else CONTENTS[content]
    for form in ("text", "json"):
        options = (f"--output={form}",) if option != "--output" else ()
        before = stack.tracks()
        ended = stack.command(OPTIONS[option], argument, *options)
        made = [stack.repo.path / name for name in set(stack.tracks()) - set(before)]
        if option in ("--out", "--notes", "--audit") and ended.status == 0:
            return  # it can be a name
        assert not made
        check_silent(CONTENTS[content], ended)


KEYS = {
    "sign_key": "release: {{sign_key: {0}}}",
    "sign_command": "release: {{sign_command: [{0}]}}",
    "a key of values": "targets: {{live: {{secrets: {{{0}: API_TOKEN}}}}}}",
    "a variable": "targets: {{live: {{secrets: {{a.b: {0}}}}}}}",
    "a context": "targets: {{live: {{context: {0}}}}}",
    "an unknown key": "{0}: 1",
    "a registry": "chart: {{registry: {0}}}",
    "a namespace": "targets: {{live: {{namespace: {0}}}}}",
    "an engine": "targets: {{live: {{engine: {0}}}}}",
    "a tag format": "chart: {{tag_format: {0}}}",
    "a path": "targets: {{live: {{values: [/{0}]}}}}",
}


@pytest.mark.parametrize("content", rest_slow(["a token", "on one line", "a key"], "a token"))
@pytest.mark.parametrize("key", KEYS)
def test_a_credential_in_place_of_a_value_of_the_configuration(
    stack: Sample, tmp_path: Path, key: str, content: str
) -> None:
    import json

    file = tmp_path / "config.yaml"
    file.write_text(KEYS[key].format(json.dumps(CONTENTS[content])) + "\n")
    ended = stack.command("plan", f"--config={file}", "--output=json")
    check_silent(CONTENTS[content], ended)


@pytest.mark.parametrize(
    "address",
    sampled(
        [
            "https://me:{}@host.invalid/a.git",
            "https://{}@host.invalid/a.git",
            "https://host.invalid/a.git?private_token={}",
            "https://host.invalid/{}:x@/a.git",
            "ssh://{}@host.invalid/a.git",
            "ssh://me:{}@host.invalid/a.git",
            "me:{}@host.invalid:a/b.git",
            "{}@host.invalid:a/b.git",
            "http://127.0.0.1:9/a?access_token={}&x=1",
        ],
        one_of=3,
    ),
)
@pytest.mark.parametrize("how", ["url", "pushurl"])
def test_a_credential_in_the_address_of_the_remote(tmp_path: Path, address: str, how: str) -> None:
    copy = small(tmp_path)
    copy.repo.git("config", f"remote.origin.{how}", address.format(CONTENTS["a token"]))
    for form in ("text", "json"):
        ended = copy.command("stage6", f"--output={form}", "--verbose", env={"GIT_SSH_COMMAND": "false"})
        assert ended.status != 0
        check_silent(CONTENTS["a token"], ended)
