"""An environment without any credential of this machine, and moto's AWS on loopback."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support.moto import ANYBODY, Moto, moto_server

ENDPOINT = "AWS_ENDPOINT_URL_SECRETS_MANAGER"


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no file says who asks, and where."""
    for name in os.environ:
        if name.startswith(("AWS_", "VAULT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "home").mkdir()


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that moto takes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ANYBODY.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ANYBODY.secret_key)


@pytest.fixture(scope="session")
def running_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """One server for all tests; in a process of its own, so that what it logs is not taken for ours."""
    with moto_server(tmp_path_factory.mktemp("moto")) as serving:
        yield serving


@pytest.fixture
def aws(running_moto: Moto, login: None, monkeypatch: pytest.MonkeyPatch) -> Moto:
    """An empty AWS, which this process asks."""
    monkeypatch.setenv(ENDPOINT, running_moto.url)
    urlopen(Request(f"{running_moto.url}/moto-api/reset", method="POST"), timeout=10).close()
    return running_moto


def put(aws: Moto, entry: str, value: str | bytes | None) -> None:
    """Make an entry, as Terraform does, and give it a value of any kind, as a person does."""
    kind = {} if value is None else {"SecretBinary" if isinstance(value, bytes) else "SecretString": value}
    aws.secrets_manager.create_secret(Name=entry, **kind)
