"""A program may take so much memory, and write so much; a whole call may take so long."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import replace
from jetscale_cicd.tools import limits
from jetscale_cicd.tools.deadline import within
from jetscale_cicd.tools.git import objects, process
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.limits import MEMORY_VARIABLE
from jetscale_cicd.tools.process import Processes, ToolKilledError
from jetscale_cicd.tools.redact import Redactor
from tests.support.archives import tgz
from tests.support.history import Drawn, draw, opened

pytestmark = pytest.mark.quick(6)

PROCESSES = Processes(Redactor.of(()), lambda _: None)
EATER = "import sys; data = bytearray(700 << 20); print(len(data)); sys.exit(0)"
LINUX = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a program that runs (prlimit)")


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [a]")


@LINUX
@pytest.mark.parametrize("guarded", [True, False])
def test_a_program_that_wants_more_memory_than_it_may_take_gets_none(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "512")
    argv = ["python3", "-c", f"import time; time.sleep(0.3); {EATER}"]
    ended = PROCESSES.run(argv, env=dict(os.environ), guarded=guarded)
    assert (ended.status, "MemoryError" in ended.stderr) == (1, True)


@LINUX
def test_a_template_that_grows_without_end_ends_helm_and_not_this_machine(
    monkeypatch: pytest.MonkeyPatch, helm: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "512")
    endless = b'{{- range $i := until 100000 }}{{ repeat 100000 "x" }}{{ end }}'
    chart = tmp_path / "c.tgz"
    chart.write_bytes(tgz(("c/templates/x.yaml", endless, {})))
    program = Helm(PROCESSES, tmp_path, network=False, binary=str(helm))
    with pytest.raises(ToolKilledError) as ended:
        program.template("r", chart, "ns", (), timeout=120)
    assert ended.value.code == "TOOL_LIMIT"


@LINUX
def test_a_schema_that_reads_without_end_ends_helm_and_not_this_machine(
    monkeypatch: pytest.MonkeyPatch, helm: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "512")
    schema = json.dumps({"$ref": "file:///dev/zero"}).encode()
    chart = tmp_path / "c.tgz"
    chart.write_bytes(tgz(("c/values.schema.json", schema, {}), ("c/values.yaml", b"a: 1\n", {})))
    program = Helm(PROCESSES, tmp_path, network=False, binary=str(helm))
    with suppress(ToolKilledError):
        assert program.template("r", chart, "ns", (), timeout=120).status != 0


def test_output_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_OUTPUT_BYTES", 1 << 20)
    with pytest.raises(ToolKilledError) as ended:
        PROCESSES.run(["yes"], env=dict(os.environ), timeout=60)
    assert ended.value.code == "TOOL_LIMIT"


def test_output_over_the_limit_is_never_taken_for_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast the program ends by itself."""
    monkeypatch.setattr(limits, "MAX_OUTPUT_BYTES", 1000)
    with pytest.raises(ToolKilledError) as ended:
        PROCESSES.run(["printf", "%01500d", "0"], env=dict(os.environ), timeout=60)
    assert ended.value.code == "TOOL_LIMIT"


def test_an_object_that_is_too_large_is_not_read(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_OBJECT_BYTES", 1000)
    repo.commit("feat: large", large="x" * 2000)
    with pytest.raises(CannotTellError) as refused:
        opened(repo).git.read("HEAD:large")
    assert refused.value.code == "GIT_LIMIT"
    assert opened(repo).find("HEAD") == (repo.head,)


@pytest.mark.slow
def test_a_git_that_writes_without_end_is_stopped(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT_BYTES", 1 << 16)
    repo.git("config", "alias.endless", "!yes")
    with pytest.raises(CannotTellError) as refused:
        opened(repo).git.run("endless")
    assert refused.value.code == "GIT_LIMIT"


@LINUX
@pytest.mark.slow
def test_a_pack_that_grows_without_end_ends_git_and_not_this_machine(
    repo: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit of some kilobytes in a pack, and of a gigabyte in memory."""
    monkeypatch.setenv(MEMORY_VARIABLE, "256")
    raw = repo.git("cat-file", "commit", "HEAD").encode() + b"\n" + bytes(300 << 20).replace(b"\0", b"x")
    made = subprocess.run(
        [
            "git",
            "-c",
            "core.bigFileThreshold=10g",
            "-c",
            "core.compression=1",
            "hash-object",
            "-t",
            "commit",
            "-w",
            "--stdin",
        ],
        cwd=repo.path,
        input=raw,
        capture_output=True,
        check=True,
    )
    del raw
    name = made.stdout.decode().strip()
    with pytest.raises(CannotTellError) as refused:
        opened(repo).find(name)
    assert refused.value.code in ("GIT_LIMIT", "GIT_FAILED")


# Time


def drip(handler: StreamRequestHandler) -> None:
    handler.rfile.readline()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    send_slowly(handler)


def drip_head(handler: StreamRequestHandler) -> None:
    handler.rfile.readline()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    send_slowly(handler)


def send_slowly(handler: StreamRequestHandler) -> None:
    with suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)


@pytest.fixture(params=[drip, drip_head])
def slow(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that sends a byte now and then, so that each read succeeds in time."""
    answer: Callable[[StreamRequestHandler], None] = request.param

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            answer(self)

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_an_answer_that_comes_a_byte_at_a_time_is_not_waited_for(slow: str) -> None:
    http = replace(Http(Redactor.of(())), total_timeout=0.5, max_retry_after=0, retries=0)
    started = time.monotonic()
    with pytest.raises(HttpFailure, match=r"within 0\.5 s"):
        http.get(slow, {})
    assert time.monotonic() - started < 20


def test_a_call_gives_its_answer_or_its_error() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(ValueError, match="mine"):
        within(5, lambda: int("mine"))
    with pytest.raises(TimeoutError):
        within(0.05, lambda: time.sleep(1))


def test_a_chart_of_ordinary_size_is_far_from_the_limits(helm: Path, tmp_path: Path) -> None:
    many = b"".join(b"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n" % number for number in range(2000))
    chart = tmp_path / "c.tgz"
    chart.write_bytes(tgz(("c/templates/x.yaml", many, {})))
    finished = Helm(PROCESSES, tmp_path, network=False, binary=str(helm)).template("r", chart, "ns", (), timeout=60)
    assert (finished.status, finished.stdout.count(b"kind: ConfigMap")) == (0, 2000), finished.stderr


def test_neither_the_command_nor_what_it_starts_leaves_a_core(tmp_path: Path) -> None:
    """A child of a process that crashes with secrets in its memory: its limit is what a core could have."""
    script = (
        "import resource, subprocess, sys; from jetscale_cicd.cli.main import main; main(['schema']);"
        "print(subprocess.run(['sh', '-c', 'ulimit -c'], capture_output=True, text=True).stdout)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ended.stdout.split()[-1] == "0"
