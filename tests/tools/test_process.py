"""Programs: whatever they do, both streams are read, nothing hangs, and no secret comes back."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.tools.process import Processes, ProcessTimeout, ToolKilledError
from jetscale_cicd.tools.redact import Redactor

SECRET = "hunter2-hunter2"


@pytest.fixture
def announced() -> list[str]:
    return []


@pytest.fixture
def processes(announced: list[str]) -> Processes:
    return Processes(Redactor.of([SECRET]), announced.append)


def fake(directory: Path, body: str) -> dict[str, str]:
    """A program called ``tool``, alone on a PATH."""
    tool = directory / "tool"
    tool.write_text(f"#!{sys.executable}\nimport json, os, signal, sys, time\n{body}\n")
    tool.chmod(0o755)
    return {"PATH": str(directory)}


def test_every_argument_arrives_as_it_is(processes: Processes, tmp_path: Path) -> None:
    env = fake(tmp_path, "print(json.dumps(sys.argv[1:]))")
    words = ["", "a b", "--", "-x", "$HOME", "`id`", "*", "a\nb", "é", "'\"\\"]
    assert json.loads(processes.run(["tool", *words], env=env).stdout) == words


def test_the_environment_is_the_given_one_alone(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK", "x")
    env = fake(tmp_path, "print(json.dumps(sorted(os.environ)))")
    given = {**env, "MINE": "1", "LC_CTYPE": "C.UTF-8"}
    assert json.loads(processes.run(["tool"], env=given).stdout) == sorted(given)


def test_it_runs_in_the_given_directory(processes: Processes, tmp_path: Path) -> None:
    env = fake(tmp_path, "print(os.getcwd())")
    assert processes.run(["tool"], env=env, cwd=tmp_path).stdout.decode().strip() == str(tmp_path)


@pytest.mark.parametrize("status", [0, 1, 3, 255])
def test_an_exit_status_is_not_judged(processes: Processes, tmp_path: Path, status: int) -> None:
    assert processes.run(["tool"], env=fake(tmp_path, f"sys.exit({status})")).status == status


def test_a_megabyte_on_each_stream_is_read_at_once(processes: Processes, tmp_path: Path) -> None:
    body = "for _ in range(1000):\n sys.stderr.write('e' * 999 + '\\n')\n sys.stdout.write('o' * 999 + '\\n')"
    finished = processes.run(["tool"], env=fake(tmp_path, body), timeout=60)
    assert (finished.stdout, finished.stderr) == ((b"o" * 999 + b"\n") * 1000, ("e" * 999 + "\n") * 1000)


def test_a_megabyte_without_a_newline_is_read(processes: Processes, tmp_path: Path) -> None:
    finished = processes.run(["tool"], env=fake(tmp_path, "sys.stderr.write('e' * 1_000_000)"), timeout=60)
    assert finished.stderr == "e" * 1_000_000


def test_a_secret_in_its_errors_is_masked(processes: Processes, tmp_path: Path) -> None:
    finished = processes.run(["tool"], env=fake(tmp_path, f"sys.exit('login failed for {SECRET}')"))
    assert finished.stderr.strip() == "login failed for ***"


def test_a_secret_that_arrives_in_two_writes_is_masked(processes: Processes, tmp_path: Path) -> None:
    first, second = SECRET[:5], SECRET[5:]
    body = f"os.write(2, b'{first}'); time.sleep(0.2); os.write(2, b'{second}')"
    assert processes.run(["tool"], env=fake(tmp_path, body)).stderr == "***"


def test_a_secret_in_the_command_line_is_masked_where_it_is_shown(
    processes: Processes, tmp_path: Path, announced: list[str]
) -> None:
    finished = processes.run(["tool", SECRET], env=fake(tmp_path, ""))
    assert (finished.command, announced) == ("tool ***", ["  $ tool ***"])


def test_its_output_is_bytes(processes: Processes, tmp_path: Path) -> None:
    env = fake(tmp_path, "os.write(1, bytes(range(256))); os.write(2, b'caf\\xe9')")
    finished = processes.run(["tool"], env=env)
    assert (finished.stdout, finished.stderr) == (bytes(range(256)), "caf�")


def test_it_has_no_terminal_and_nothing_to_read(processes: Processes, tmp_path: Path) -> None:
    body = "print(json.dumps([sys.stdin.read(), *(os.isatty(n) for n in (0, 1, 2)), os.getsid(0) == os.getpid()]))"
    finished = processes.run(["tool"], env=fake(tmp_path, body), timeout=30)
    assert json.loads(finished.stdout) == ["", False, False, False, True]


def test_one_that_closes_its_streams_and_goes_on_is_waited_for(processes: Processes, tmp_path: Path) -> None:
    env = fake(tmp_path, "os.close(0); os.close(1); os.close(2); time.sleep(0.3); os._exit(7)")
    assert processes.run(["tool"], env=env, timeout=30).status == 7


def test_one_that_never_ends_is_killed_in_time(processes: Processes, tmp_path: Path) -> None:
    started = time.monotonic()
    env = fake(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)")
    with pytest.raises(ProcessTimeout, match=r"tool \*\*\* did not end within 0.5 s"):
        processes.run(["tool", SECRET], env=env, timeout=0.5)
    assert time.monotonic() - started < 10


def test_what_it_started_ends_with_it(processes: Processes, tmp_path: Path) -> None:
    child = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    body = f"import subprocess\nsubprocess.Popen([sys.executable, '-c', {child!r}]).wait()"
    with pytest.raises(ProcessTimeout):
        processes.run(["tool"], env=fake(tmp_path, body), cwd=tmp_path, timeout=1.5)
    assert ended(int((tmp_path / "pid").read_text()))


def test_one_that_is_killed_is_no_exit_status(processes: Processes, tmp_path: Path) -> None:
    with pytest.raises(Stage6Error) as caught:
        processes.run(["tool"], env=fake(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)"))
    assert (caught.value.code, "signal 9" in caught.value.message) == ("TOOL_KILLED", True)
    assert isinstance(caught.value, ToolKilledError)


def test_one_that_is_not_there_is_named(processes: Processes, tmp_path: Path) -> None:
    with pytest.raises(PreconditionError) as caught:
        processes.run(["helm"], env={"PATH": str(tmp_path)})
    assert (caught.value.code, caught.value.message) == ("TOOL_MISSING", "helm is not on PATH")
    assert "make tools" in caught.value.hint


def test_nothing_is_written_to_the_log(processes: Processes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    processes.run(["tool", SECRET], env=fake(tmp_path, ""))
    assert caplog.text == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stubborn", [False, True])
def test_an_interruption_is_passed_on_once_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, stubborn: bool
) -> None:
    heard = "signal.signal(signal.SIGINT, lambda *_: (print('heard', file=open('heard', 'a')), {}))"
    env = fake(
        tmp_path,
        heard.format("None" if stubborn else "sys.exit(1)")
        + "\nopen('pid', 'w').write(str(os.getpid()))\nwhile True: time.sleep(0.1)",
    )
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom jetscale_cicd.tools import ending, process\n"
        "from jetscale_cicd.cli.main import _listen\nfrom jetscale_cicd.tools.redact import Redactor\n"
        "_listen()\nending.GRACE = 0.5\ntool = process.Processes(Redactor.of(()), print)\n"
        "try: tool.run(['tool'], env=dict(os.environ), cwd=Path.cwd())\n"
        "except KeyboardInterrupt: sys.exit(130)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ, **env}, stdout=subprocess.PIPE
    )
    pid = wait_for(tmp_path / "pid")
    run.send_signal(number)
    assert run.wait(20) == 130
    assert ended(pid)
    assert (tmp_path / "heard").read_text() == "heard\n"
    assert run.stdout
    run.stdout.close()


@pytest.mark.parametrize("ignored", [(), (signal.SIGINT,)], ids=["at a terminal", "in the background of a script"])
def test_a_program_that_serves_does_not_outlive_a_killed_run(tmp_path: Path, ignored: tuple[signal.Signals]) -> None:
    """A shell lets its background jobs ignore SIGINT, and so do the programs that they start."""
    env = fake(tmp_path, "open('pid', 'w').write(str(os.getpid()))\nwhile True: time.sleep(0.1)")
    env["PATH"] += f":{os.environ['PATH']}"  # for the shell of the guard
    program = (
        "import os, signal, sys, time\nfrom jetscale_cicd.tools import process\n"
        "from jetscale_cicd.tools.redact import Redactor\n"
        "for each in sys.argv[1:]: signal.signal(int(each), signal.SIG_IGN)\n"
        "tool = process.Processes(Redactor.of(()), print)\n"
        "with tool.background(['tool'], env=dict(os.environ)): time.sleep(60)"
    )
    argv = [sys.executable, "-c", program, *(str(int(each)) for each in ignored)]
    with subprocess.Popen(argv, cwd=tmp_path, env={**os.environ, **env}, stdout=subprocess.DEVNULL) as run:
        pid = wait_for(tmp_path / "pid")
        run.kill()
    assert ended(pid)


def wait_for(file: Path) -> int:
    deadline = time.monotonic() + 20
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(file.read_text())


def ended(pid: int) -> bool:
    """Whether a process is gone, or a zombie that nobody waits for, within a moment."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False
