"""The login with which nodes pull images: of the environment, or of this machine; it is masked from then on."""

import base64
from collections.abc import Mapping

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.decide.cluster.pull_secret import docker_config, login_config
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.contract import PullSecret
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS, Redactor
from jetscale_cicd.tools.registry.login import CredentialStore

# containers/image and docker: the key of Docker Hub's login.
_DOCKER_HUB = {"docker.io": "https://index.docker.io/v1/", "index.docker.io": "https://index.docker.io/v1/"}


def read_pull_login(wanted: PullSecret, where: str, env: Mapping[str, str], logins: CredentialStore) -> bytes:
    """The Docker configuration of the Secret.

    Args:
        where: the key of the configuration, for errors.

    Raises:
        PreconditionError: ``PULL_LOGIN``, there is no login, or it cannot be used.
        ConfigurationError: ``REGISTRY_CONFIG``, a file of logins cannot be read.
    """
    key = _DOCKER_HUB.get(wanted.registry, wanted.registry)
    if wanted.environment:
        text = env.get(wanted.environment, "")
        logins.processes.redact.learn((text.strip(),), MIN_KNOWN_CHARS)
        config = _of_environment(wanted, text, key, where)
    else:
        login = logins.find_stored(wanted.registry)
        if login is None or not login.username or not login.password:
            raise _refused(where, f"this machine has no login for {wanted.registry}", f"docker login {wanted.registry}")
        config = login_config(key, login.username, login.password)
    _learn(config, logins.processes.redact)
    return config


def _of_environment(wanted: PullSecret, text: str, key: str, where: str) -> bytes:
    name = wanted.environment
    if not text.strip():
        raise _refused(where, f"{name} is not set, or blank", "set the variable for this step")
    if key:
        username, separator, password = text.strip().partition(":")
        if not (username and separator and password) or text.lstrip().startswith("{"):
            raise _refused(where, f"{name} is not user:password", f"write {name} as user:password of {wanted.registry}")
        return login_config(key, username, password)
    try:
        return docker_config(text)
    except ValueError as unfit:
        hint = f"put the content of a Docker config.json into {name}, or name the host of its login: registry"
        raise _refused(where, f"{name} {unfit}", hint) from None


def _learn(config: bytes, redact: Redactor) -> None:
    """Mask every login of a configuration."""
    for entry in read_json(config)["auths"].values():
        held = [value for name, value in entry.items() if name != "username" and isinstance(value, str)]
        redact.learn(held, MIN_KNOWN_CHARS)
        if isinstance(auth := entry.get("auth"), str):
            try:
                redact.learn((base64.b64decode(auth, validate=True).decode().partition(":")[2],), MIN_KNOWN_CHARS)
            except ValueError:  # no login either
                continue


def _refused(where: str, why: str, hint: str) -> PreconditionError:
    return PreconditionError(
        "PULL_LOGIN", f"the Secret for pulling images cannot be made: {why}", where=where, hint=hint
    )
