"""Credentials for a registry: from the environment, or from the files of helm and docker."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path

from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.tools.process import Processes, ProcessTimeout

USERNAME = "STAGE6_REGISTRY_USERNAME"
PASSWORD = "STAGE6_REGISTRY_PASSWORD"  # noqa: S105 - the name of a variable
_HELPER_SECONDS = 30
_HELPER_HINT = f"correct the helper in docker's or helm's config.json, or set {USERNAME} and {PASSWORD}"
# docker-credential-helpers: with this user name, the secret is an identity token.
_TOKEN_USER = "<token>"  # noqa: S105


@frozen
class Login:
    """A user name and a password, or an identity token for which access tokens are granted."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """Value of an ``Authorization`` header (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@frozen
class CredentialStore:
    """Finds credentials, and adds each to the redactor.

    Args:
        processes: starts credential helpers, and holds the redactor.
        env: environment of this process.
    """

    processes: Processes
    env: Mapping[str, str]

    def find(self, host: str) -> Login | None:
        """Credentials for the host of a registry, None where there are none.

        Raises:
            ConfigurationError: ``REGISTRY_CONFIG``, a file of credentials cannot be read.
            PreconditionError: ``CREDENTIAL_HELPER``, the credential helper that a file names failed.
        """
        login = self.from_environment() or next(
            (found for file in self._files() if (found := self._from_file(file, host))), None
        )
        if login:
            self.processes.redact.learn((login.password, login.identity_token, login.basic.removeprefix("Basic ")))
        return login

    def from_environment(self) -> Login | None:
        """Credentials of the environment, for the registry to which charts are published."""
        username, password = self.env.get(USERNAME, ""), self.env.get(PASSWORD, "")
        return Login(username, password) if username and password else None

    def _files(self) -> tuple[Path, ...]:
        """helm's own file first, then docker's, as helm itself reads them (helm.sh/docs/helm/helm_registry_login)."""
        home = Path(self.env.get("HOME", "/"))
        config = Path(
            self.env.get("HELM_CONFIG_HOME") or Path(self.env.get("XDG_CONFIG_HOME") or home / ".config", "helm")
        )
        helm = self.env.get("HELM_REGISTRY_CONFIG") or config / "registry" / "config.json"
        return Path(helm), Path(self.env.get("DOCKER_CONFIG") or home / ".docker") / "config.json"

    def _from_file(self, file: Path, host: str) -> Login | None:
        try:
            content = json.loads(file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError):
            raise _unreadable(file, "it cannot be read, or is not JSON") from None
        if not isinstance(content, dict):
            raise _unreadable(file, "it is not a JSON object")
        helpers = content.get("credHelpers")
        helper = helpers.get(host) if isinstance(helpers, dict) else None
        helper = helper or content.get("credsStore")
        if isinstance(helper, str) and helper:
            return self._from_helper(helper, host)
        auths = content.get("auths")
        entry = next((auths[key] for key in _keys(host) if key in auths), None) if isinstance(auths, dict) else None
        return _login(entry, file) if isinstance(entry, dict) else None

    def _from_helper(self, name: str, host: str) -> Login | None:
        """Ask ``docker-credential-NAME get``; that it has no credentials is an answer, in the terms of its protocol."""
        if not name.replace("-", "").replace("_", "").isalnum():
            raise PreconditionError(
                "CREDENTIAL_HELPER", f"{name!r} is not the name of a credential helper", hint=_HELPER_HINT
            )
        argv = [f"docker-credential-{name}", "get"]
        try:
            finished = self.processes.run(argv, env=self.env, stdin=host.encode(), timeout=_HELPER_SECONDS)
        except ProcessTimeout as late:
            raise PreconditionError("CREDENTIAL_HELPER", str(late), hint=_HELPER_HINT) from None
        output = finished.stdout.decode("utf-8", "replace")
        if finished.status != 0:
            if "credentials not found" in output:
                return None
            why = finished.stderr.strip() or f"status {finished.status}"
            raise PreconditionError(
                "CREDENTIAL_HELPER",
                f"{argv[0]} did not give credentials for {host}: {why}",
                hint=f"log in again: helm registry login {host}",
            )
        try:
            answer = json.loads(output)
            username, secret = str(answer["Username"]), str(answer["Secret"])
        except (ValueError, KeyError, TypeError):
            message = f"{argv[0]} gave an answer without a credential"
            raise PreconditionError("CREDENTIAL_HELPER", message, where=host, hint=_HELPER_HINT) from None
        return Login(identity_token=secret) if username == _TOKEN_USER else Login(username, secret)


def _keys(host: str) -> tuple[str, ...]:
    """Keys under which docker and helm store a host."""
    return host, f"https://{host}", f"https://{host}/v1/", f"https://{host}/v2/"


def _login(entry: Mapping[str, object], file: Path) -> Login | None:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Login(identity_token=token)
    auth = entry.get("auth")
    if isinstance(auth, str) and auth:
        try:
            username, _, password = base64.b64decode(auth, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _unreadable(file, "its `auth` is not base64 text") from None
        return Login(username, password.rstrip("\0"))
    name, secret = entry.get("username"), entry.get("password")
    return Login(name, secret) if isinstance(name, str) and isinstance(secret, str) else None


def _unreadable(file: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        "REGISTRY_CONFIG",
        f"the file of registry credentials cannot be used: {why}",
        where=str(file),
        hint="log in again",
    )


def write_config(login: Login, host: str, file: Path) -> Path:
    """Write a registry configuration for helm with one login, readable only by this user."""
    content = {"auths": {host: {"auth": login.basic.removeprefix("Basic ")}}}
    file.touch(mode=0o600)
    file.write_text(json.dumps(content))
    return file
