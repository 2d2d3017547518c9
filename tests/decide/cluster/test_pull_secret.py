"""The Docker configuration with which nodes pull images."""

import base64
import json
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.pull_secret import docker_config, is_up_to_date, login_config, pull_secret

LOGIN = {"username": "u", "password": "p"}


def test_only_the_logins_of_a_configuration_are_kept() -> None:
    given = {"auths": {"r": LOGIN}, "credsStore": "desktop", "currentContext": "x"}
    assert json.loads(docker_config(json.dumps(given))) == {"auths": {"r": LOGIN}}


@pytest.mark.parametrize("entry", [LOGIN, {"auth": "dTpw"}, {"identitytoken": "t"}])
def test_each_form_of_a_login_counts(entry: dict[str, str]) -> None:
    assert json.loads(docker_config(json.dumps({"auths": {"r": entry}}))) == {"auths": {"r": entry}}


@pytest.mark.parametrize(
    "text", ["canary", "[]", "{}", '{"auths": {}}', '{"auths": {"r": {}}}', '{"auths": {"r": "canary"}}']
)
def test_what_has_no_login_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        docker_config(text)
    assert "canary" not in str(refused.value)


def held(config: Any) -> dict[str, Any]:
    return {"data": {".dockerconfigjson": base64.b64encode(json.dumps(config, indent=4).encode()).decode()}}


def test_a_secret_is_up_to_date_however_its_json_is_written() -> None:
    wanted = login_config("r", "u", "p")
    assert is_up_to_date(pull_secret("n", "ns", wanted), wanted)
    assert is_up_to_date(held(json.loads(wanted)), wanted)
    assert not is_up_to_date(held({"auths": {"r": LOGIN}}), wanted)
    for odd in ({}, {"data": None}, {"data": {".dockerconfigjson": "%%"}}, {"data": {".dockerconfigjson": "YQ=="}}):
        assert not is_up_to_date(odd, wanted)
