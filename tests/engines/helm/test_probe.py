"""The address of a target is asked until it answers as it should; what no time changes is red at once."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from pathlib import Path

import pytest

from jetscale_cicd.decide.cluster.probe_answers import Answer, ProbeAnswers, answer_of
from jetscale_cicd.engines.helm import probe as module
from jetscale_cicd.engines.helm.probe import ask_probe, await_probe
from jetscale_cicd.errors import SupersededError, VerificationError
from jetscale_cicd.tools.redact import Redactor
from tests.engines.helm.conftest import Stage, waits_of
from tests.support.oci import authority

ADDRESS = "https://shop.test/health"
NO_NAME, REFUSED, NO_ROUTE = Answer("no such name"), Answer("connection refused"), Answer("status 404")
FINE = Answer()


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_of(module, monkeypatch)


def asked(stage: Stage, *answers: Answer, timeout: int = 300) -> str:
    """The outcome where the address answers these in turn, and the last one from then on."""
    told = chain(answers, repeat(answers[-1]))
    return await_probe(stage.engine(probe=ADDRESS, probe_timeout=timeout), lambda _: next(told))


def refused(stage: Stage, *answers: Answer, timeout: int = 300) -> VerificationError:
    with pytest.raises(VerificationError) as error:
        asked(stage, *answers, timeout=timeout)
    assert error.value.code == "PROBE_ADDRESS"
    return error.value


def test_an_address_that_answers_at_once_is_asked_once(stage: Stage, seconds: list[float]) -> None:
    assert asked(stage, FINE) == f"{ADDRESS} answers"
    assert (seconds, stage.announced) == ([], [])


def test_what_may_pass_is_waited_for_and_the_outcome_says_how_long(stage: Stage, seconds: list[float]) -> None:
    assert asked(stage, *[NO_NAME] * 5, *[REFUSED] * 5, FINE) == f"{ADDRESS} answers after 20 s"
    assert [line.split(": ")[1].split(";")[0] for line in stage.announced] == [NO_NAME.wrong, REFUSED.wrong]


def test_it_is_asked_until_its_time_is_over_and_the_error_has_every_answer_with_its_time(
    stage: Stage, seconds: list[float]
) -> None:
    error = refused(stage, *[NO_NAME] * 5, REFUSED, NO_ROUTE, timeout=60)
    assert (sum(seconds), "status 404 (asked for 60 s)" in error.message) == (60, True)
    assert error.details == (
        "no such name (5 times, from 0 s to 8 s)",
        "connection refused (once, after 10 s)",
        "status 404 (25 times, from 12 s to 60 s)",
    )


def test_without_a_time_it_is_asked_once(stage: Stage, seconds: list[float]) -> None:
    assert (refused(stage, NO_NAME, FINE, timeout=0).details, seconds) == ((), [])


def test_what_no_time_changes_ends_the_wait_at_once(stage: Stage, seconds: list[float]) -> None:
    refused(stage, NO_NAME, answer_of(403), FINE)
    assert seconds == [2]


def test_answers_that_alternate_do_not_fill_the_screen(stage: Stage) -> None:
    refused(stage, *[NO_NAME, REFUSED] * 30, timeout=100)
    assert len(stage.announced) <= 2 + 100 / 15


def test_a_lock_that_is_lost_ends_the_wait(stage: Stage) -> None:
    def check() -> None:
        raise SupersededError("LOCK_LOST", "lost")

    stage.check = check
    with pytest.raises(SupersededError):
        asked(stage, NO_NAME)


def test_of_very_many_answers_the_error_has_some() -> None:
    answers = ProbeAnswers()
    for number in range(100):
        answers = answers.with_answer(f"status {number}", number)
    assert list(answers.lines)[-1] == "… and 92 others"


# Real answers


class Answers(BaseHTTPRequestHandler):
    """Answers with the status in the path; a path that is none is a redirect to itself."""

    def do_GET(self) -> None:
        status = self.path.strip("/")
        self.send_response(int(status) if status.isdigit() else 302)
        self.send_header("Location", "ftp://elsewhere.test" if status == "ftp" else self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def server() -> Iterator[str]:
    """Its host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("http://{}/200", "fine"),
        *((f"http://{{}}/{status}", "may pass") for status in (400, 404, 429, 500, 502, 503, 504)),
        *((f"http://{{}}/{status}", "final") for status in (401, 403, 405)),
        ("http://{}/loop", "final"),
        ("http://{}/ftp", "final"),
        ("https://{}/200", "may pass"),  # no TLS yet
        ("http://127.0.0.1:1/", "may pass"),  # nothing listens
        ("http://no-such-host.invalid/", "may pass"),
        ("http://127.0.0.1:99999/", "final"),
        ("http://a..b/", "final"),
    ],
)
def test_a_real_answer_is_fine_or_may_pass_or_is_final(server: str, address: str, found: str) -> None:
    answer = ask_probe(Redactor.of(()), address.format(server))
    assert ("fine" if not answer.wrong else "may pass" if answer.may_pass else "final") == found, answer


def test_a_certificate_that_nobody_vouches_for_is_waited_for(tmp_path: Path) -> None:
    keys = authority(tmp_path, "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(keys.certificate, keys.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        answer = ask_probe(Redactor.of(()), f"https://127.0.0.1:{server.server_port}/200")
        server.shutdown()
    assert ("certificate verify failed" in answer.wrong, answer.may_pass) == (True, True)
