"""Where the login for pulling images comes from; it is masked from then on."""

import json
from pathlib import Path

import pytest

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.contract import PullSecret
from jetscale_cicd.observe.pull_login import read_pull_login
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.login import CredentialStore

CANARY = "pull-canary-4711"


def read(wanted: PullSecret, **env: str) -> tuple[dict[str, dict[str, str]], Redactor]:
    """The logins that are found, and the redactor that has learnt them."""
    redact = Redactor.of(())
    store = CredentialStore(Processes(redact, lambda _: None), {"HOME": "/nowhere", **env})
    found = json.loads(read_pull_login(wanted, "targets.live.image_pull_secret", env, store))
    return found["auths"], redact


def test_a_variable_holds_a_configuration_or_the_login_of_a_host() -> None:
    config = json.dumps({"auths": {"r": {"username": "u", "password": CANARY}}})
    whole, redact = read(PullSecret(name="p", environment="A"), A=config)
    assert (whole, CANARY in redact(f"x {CANARY}")) == ({"r": {"username": "u", "password": CANARY}}, False)
    single, redact = read(PullSecret(name="p", environment="A", registry="r.example"), A=f"u:{CANARY}")
    assert (single["r.example"]["password"], CANARY in redact(f"x {CANARY}")) == (CANARY, False)


def test_docker_hub_has_its_login_under_the_key_that_nodes_look_up() -> None:
    found, _ = read(PullSecret(name="p", environment="A", registry="docker.io"), A=f"u:{CANARY}")
    assert list(found) == ["https://index.docker.io/v1/"]


def test_without_a_variable_the_login_of_this_machine_is_taken(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"r.example": {"username": "u", "password": CANARY}}}))
    found, redact = read(PullSecret(name="p", registry="r.example"), DOCKER_CONFIG=str(tmp_path))
    assert (found["r.example"]["password"], CANARY in redact(CANARY)) == (CANARY, False)


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (PullSecret(name="p", environment="A"), ""),
        (PullSecret(name="p", environment="A"), CANARY),
        (PullSecret(name="p", environment="A", registry="r"), CANARY),
        (PullSecret(name="p", environment="A", registry="r"), f'{{"auths": "{CANARY}:x"}}'),
        (PullSecret(name="p", registry="r"), "unused"),
    ],
)
def test_what_is_no_login_is_refused_and_not_repeated(wanted: PullSecret, value: str) -> None:
    with pytest.raises(PreconditionError) as refused:
        read(wanted, A=value)
    assert refused.value.code == "PULL_LOGIN"
    assert CANARY not in f"{refused.value.message} {refused.value.hint} {refused.value!r}"
