"""How a request is repeated: short waits that a server asks for are kept, long ones are not begun."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.tools.http import Http, HttpAnswer
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.retry import seconds_to_wait


@contextmanager
def serving(*answers: tuple[int, str | None]) -> Iterator[tuple[str, list[float]]]:
    """A server that gives these answers in order, each with its ``Retry-After``, the last one for ever."""
    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, wait = answers[min(len(asked), len(answers) - 1)]
            asked.append(time.monotonic())
            self.send_response(status)
            if wait is not None:
                self.send_header("Retry-After", wait)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def ask(address: str, said: list[str], patience: int = 30) -> HttpAnswer:
    http = Http(Redactor.of(()), retries=3, backoff=0.001, max_retry_after=patience, announce=said.append)
    return http.get(address, {})


def after(seconds: float) -> Callable[[], str]:
    return lambda: formatdate(time.time() + seconds, usegmt=True)


LONG: dict[str, Callable[[], str]] = {"seconds": lambda: "3600", "a date": after(3600), "ages": lambda: "9" * 30}


@pytest.mark.parametrize("form", LONG)
@pytest.mark.parametrize("status", [429, 503])
def test_a_long_wait_is_not_begun(form: str, status: int) -> None:
    with serving((status, LONG[form]())) as (address, asked):
        answer = ask(address, [])
    assert (answer.status, len(asked)) == (status, 1)
    assert answer.wait is not None
    assert answer.wait >= 3590


SHORT: dict[str, Callable[[], str]] = {"seconds": lambda: "1", "a date": after(2), "spaces": lambda: " 1 "}


@pytest.mark.parametrize("form", SHORT)
def test_a_short_wait_is_kept(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with serving((429, SHORT[form]()), (200, None)) as (address, _):
        assert ask(address, []).status == 200
    assert sum(slept) >= 0.9


def test_a_wait_takes_its_time() -> None:
    with serving((429, "1"), (200, None)) as (address, asked):
        assert ask(address, []).status == 200
    assert asked[1] - asked[0] >= 0.9


NONE: dict[str, Callable[[], str]] = {
    "a past date": after(-60),
    "zero": lambda: "0",
    "less": lambda: "-5",
    "a word": lambda: "soon",
    "no date": lambda: "Wed, 99 Foo 99999 99:99:99 GMT",
}


@pytest.mark.parametrize("form", NONE)
def test_what_names_no_wait_is_repeated_soon(form: str) -> None:
    with serving((503, NONE[form]()), (200, None)) as (address, asked):
        assert ask(address, []).status == 200
    assert asked[1] - asked[0] < 1


def test_the_waits_of_one_request_have_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with serving((429, "1")) as (address, asked):
        answer = ask(address, [], patience=2)
    assert (answer.status, answer.wait, len(asked)) == (429, 1, 3)


def test_a_wait_that_is_noticed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    said: list[str] = []
    with serving((429, "20"), (200, None)) as (address, _):
        assert ask(address, said).status == 200
    assert len(said) == 1
    assert "20 s" in said[0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413])
def test_a_refusal_is_not_repeated_whatever_it_asks_for(status: int) -> None:
    with serving((status, "1")) as (address, asked):
        assert ask(address, []).status == status
    assert len(asked) == 1


def test_a_redirect_is_followed_at_once() -> None:
    with serving((302, "3600"), (200, None)) as (address, asked):
        assert ask(address, []).status == 200
    assert asked[1] - asked[0] < 1


@given(st.text(max_size=40))
def test_any_text_is_a_number_of_seconds_or_none(text: str) -> None:
    seconds = seconds_to_wait(text)
    assert seconds is None or seconds >= 0
