"""The ends of the credentials of a kubeconfig: of a token, a certificate, a file, a plugin; and none of them shown."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.credential_life import LifeReview
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.credential_life import check_credential_life, end_of_token
from jetscale_cicd.tools import kubeconfig_view
from jetscale_cicd.tools.certificates import der_certificates, not_after
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.support.fake_kubernetes import NOON, FakeKubernetes
from tests.support.oci import authority
from tests.tools.test_kubeconfig_view import environment, write

TARGET = Target(name="live", client_name="shop", timeout=1200)
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}


def token(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{payload}.canary-signature"


def ending(minutes: float) -> str:
    return token({"exp": int(NOON.timestamp() + minutes * 60), "sub": "canary-subject"})


def review(tmp_path: Path, user: dict[str, Any], env: dict[str, str] | None = None) -> LifeReview:
    said: list[str] = []
    given_env = env or environment(write(tmp_path / "config", "a", {"server": "https://a"}, user))
    processes = Processes(Redactor.of(()), said.append, verbose=True)
    found = check_credential_life(processes, given_env, FakeKubernetes(), TARGET)
    shown = "".join([*said, *(f"{error}{error.hint}" for error in found.short), *found.notes])
    assert "canary" not in shown
    return found


@pytest.mark.parametrize(("minutes", "short"), [(60, 0), (21, 0), (19, 1), (-1, 1)])
def test_a_token_says_when_it_ends(tmp_path: Path, minutes: float, short: int) -> None:
    found = review(tmp_path, {"token": ending(minutes)})
    assert ([error.code for error in found.short], found.notes) == (["CREDENTIAL_TOO_SHORT"] * short, ())


def test_a_token_that_does_not_say_when_it_ends_is_not_checked(tmp_path: Path) -> None:
    found = review(tmp_path, {"token": "canary.opaque"})
    assert (found.short, len(found.notes)) == ((), 1)


@pytest.mark.parametrize(("left", "short"), [(timedelta(minutes=30), 0), (timedelta(minutes=5), 1)])
def test_a_client_certificate_ends(tmp_path: Path, left: timedelta, short: int) -> None:
    made = authority(tmp_path / "pki")
    (der,) = der_certificates(made.certificate.read_bytes())
    end = not_after(der)
    assert end
    user = {"client-certificate": str(made.certificate), "client-key": str(made.key)}
    env = environment(write(tmp_path / "config", "a", {"server": "https://a"}, user))
    api = FakeKubernetes()
    api.now.moment = end - left
    found = check_credential_life(Processes(Redactor.of(()), lambda _: None), env, api, TARGET)
    assert len(found.short) == short
    assert all("client certificate" in error.message for error in found.short)


@pytest.mark.parametrize(("minutes", "short"), [(1, 0), (-1, 1)])
def test_a_token_in_a_file_is_renewed_there_unless_it_has_ended(tmp_path: Path, minutes: float, short: int) -> None:
    (tmp_path / "token").write_text(ending(minutes))
    found = review(tmp_path, {"tokenFile": "token"})
    assert (len(found.short), len(found.notes)) == (short, 1)


def test_in_a_pod_the_kubelet_renews_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig_view, "ACCOUNT", tmp_path)
    (tmp_path / "token").write_text(ending(1))
    variables = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    found = review(tmp_path, {}, environment(tmp_path / "gone", **variables))
    assert (found.short, len(found.notes)) == ((), 1)
    assert "kubelet" in found.notes[0]


def test_a_plugin_renews_what_it_gives_and_is_not_run(tmp_path: Path) -> None:
    found = review(tmp_path, {"exec": EXEC})
    assert (found.short, len(found.notes)) == ((), 1)
    assert "plugin" in found.notes[0]


def test_a_user_without_an_end_has_nothing_to_check(tmp_path: Path) -> None:
    assert review(tmp_path, {"username": "a", "password": "canary-word"}) == LifeReview()


@pytest.mark.parametrize(
    "claims", [{}, [], {"exp": "1"}, {"exp": True}, {"exp": None}, {"exp": -5}, {"exp": 1 << 80}, {"exp": 1e300}]
)
def test_what_is_no_time_is_no_end(claims: object) -> None:
    assert end_of_token(token(claims)) is None


@given(st.text(max_size=80) | st.text(alphabet="abcd.-_=", max_size=80))
def test_whatever_is_called_a_token_is_read_or_has_no_end(text: str) -> None:
    assert end_of_token(text) is None or text.count(".") == 2
