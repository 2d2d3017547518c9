"""Credentials for a registry: from the environment, or from the files of helm and docker."""

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import looks_secret, quoted, shown
from jetscale_cicd.tools.process import Finished, Processes, ProcessTimeout, ToolKilledError
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS, check_long_enough
from jetscale_cicd.tools.registry.hosts import RegistryHost, hostname_of

USERNAME = "STAGE6_REGISTRY_USERNAME"
PASSWORD = "STAGE6_REGISTRY_PASSWORD"  # noqa: S105 - the name of a variable
_HELPER_SECONDS = 30
# A file of credentials, in which Docker Desktop keeps its settings, too.
_LARGEST = 1 << 20
_LONGEST_SENTENCE = 300
_HELPER_HINT = f"correct the helper in docker's or helm's config.json, or set {USERNAME} and {PASSWORD}"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Bytes of a variable that are not UTF-8 (PEP 383).
_NO_TEXT = re.compile(r"[\ud800-\udfff]")
# docker-credential-helpers: with this user name, the secret is an identity token.
_TOKEN_USER = "<token>"  # noqa: S105


@frozen
class Login:
    """A user name and a password, an identity token for which access tokens are granted, or an access token."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

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
        login = self.from_environment() or self.find_stored(host)
        self._learn(login)
        return login

    def find_stored(self, host: str) -> Login | None:
        """Credentials for a host that helm or docker keeps on this machine, None where there are none.

        Raises:
            ConfigurationError: ``REGISTRY_CONFIG``.
            PreconditionError: ``CREDENTIAL_HELPER``.
        """
        key = RegistryHost(host).login_key
        login = next((found for file in self._files() if (found := self._from_file(file, key))), None)
        self._learn(login)
        return login

    def _learn(self, login: Login | None) -> None:
        if login:
            secret = (login.password, login.identity_token, login.registry_token, login.basic.removeprefix("Basic "))
            self.processes.redact.learn(secret, MIN_KNOWN_CHARS)

    def from_environment(self) -> Login | None:
        """Credentials of the environment, for the registry to which charts are published.

        Raises:
            ConfigurationError: ``REGISTRY_LOGIN``, one of the two variables is missing, or holds what no login may.
            PreconditionError: ``SECRET_SHORT``, the password is too short to be masked.
        """
        username, password = self.env.get(USERNAME, ""), self.env.get(PASSWORD, "")
        if bool(username) != bool(password):
            missing, given = (PASSWORD, USERNAME) if username else (USERNAME, PASSWORD)
            raise ConfigurationError(
                "REGISTRY_LOGIN",
                f"{given} is set, and {missing} is not",
                where=missing,
                hint="set both (is the secret empty in this run?), or neither to use the login of helm or docker",
            )
        if username:
            check_long_enough(PASSWORD, password, PASSWORD)
            _check_characters(USERNAME, username)
            _check_characters(PASSWORD, password)
            if ":" in username:
                raise _unfit(USERNAME, "holds a colon")
        return Login(username, password) if username else None

    def helm_content(self) -> Mapping[str, object]:
        """What the user's file of helm holds, {} where there is none.

        Raises:
            ConfigurationError: ``REGISTRY_CONFIG``, it cannot be read.
        """
        return _content(self._files()[0]) or {}

    def stored_hosts(self, content: Mapping[str, object]) -> dict[str, str]:
        """The hosts whose logins the ``credsStore`` of a file keeps, each with the store's name.

        A store that cannot list them is left out, and that is said: helm could not be told which hosts are not its.
        """
        store = content.get("credsStore")
        if not isinstance(store, str) or not store:
            return {}
        try:
            listed = read_json(self._helper(store, "list", b"").stdout)
        except (PreconditionError, ValueError):
            listed = None
        if isinstance(listed, dict):
            return dict.fromkeys(listed, store)
        self.processes.announce(f"! docker-credential-{store} does not list its logins: helm uses {USERNAME} alone")
        return {}

    def _files(self) -> tuple[Path, ...]:
        """helm's own file first, then docker's, as helm itself reads them (helm.sh/docs/helm/helm_registry_login)."""
        home = Path(self.env.get("HOME", "/"))
        config = Path(
            self.env.get("HELM_CONFIG_HOME") or Path(self.env.get("XDG_CONFIG_HOME") or home / ".config", "helm")
        )
        helm = self.env.get("HELM_REGISTRY_CONFIG") or config / "registry" / "config.json"
        return Path(helm), Path(self.env.get("DOCKER_CONFIG") or home / ".docker") / "config.json"

    def _from_file(self, file: Path, key: str) -> Login | None:
        content = _content(file)
        if content is None:
            return None
        helper = mapping_in(content, "credHelpers").get(key) or content.get("credsStore")
        if isinstance(helper, str) and helper:
            return self._from_helper(helper, key)
        auths = mapping_in(content, "auths")
        for other in auths.values():  # what is in this file is to be seen nowhere
            with suppress(ConfigurationError):
                self._learn(_login(other, file))
        return _login(auths.get(key) or next((auths[name] for name in auths if hostname_of(name) == key), None), file)

    def _helper(self, name: str, verb: str, stdin: bytes) -> Finished:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise PreconditionError(
                "CREDENTIAL_HELPER", f"{quoted(name)} is not the name of a credential helper", hint=_HELPER_HINT
            )
        argv = [f"docker-credential-{name}", verb]
        try:
            return self.processes.run(argv, env=self.env, stdin=stdin, timeout=_HELPER_SECONDS)
        except ProcessTimeout as late:
            raise PreconditionError("CREDENTIAL_HELPER", str(late), hint=_HELPER_HINT) from None
        except ToolKilledError as killed:
            killed.details = ()  # its stderr
            raise

    def _sentence(self, output: str) -> str:
        """Why a helper failed, as its protocol has it: a line on stdout; its stderr may hold what it was to give.

        "" where it has written something else (docker/credential-helpers, ``credentials.HandleCommand``).
        """
        line = output.strip()
        is_line = line.isprintable() and len(line) <= _LONGEST_SENTENCE and not line.startswith(("{", "["))
        return self.processes.redact(line) if is_line and not looks_secret(line) else ""

    def _from_helper(self, name: str, key: str) -> Login | None:
        """Ask ``docker-credential-NAME get``; that it has no credentials is an answer, in the terms of its protocol."""
        finished = self._helper(name, "get", key.encode())
        program = f"docker-credential-{name}"
        output = finished.stdout.decode("utf-8", "replace")
        if finished.status != 0:
            if "credentials not found" in output:
                return None
            why = self._sentence(output) or f"status {finished.status}"
            raise PreconditionError(
                "CREDENTIAL_HELPER",
                f"{program} did not give credentials for {key}: {why}",
                hint=f"log in again: helm registry login {hostname_of(key)}",
            )
        try:
            answer = read_json(output)
            username, secret = str(answer["Username"]), str(answer["Secret"])
        except (ValueError, KeyError, TypeError):
            message = f"{program} gave an answer without a credential"
            raise PreconditionError("CREDENTIAL_HELPER", message, where=key, hint=_HELPER_HINT) from None
        return Login(identity_token=secret) if username == _TOKEN_USER else Login(username, secret)


def _check_characters(variable: str, value: str) -> None:
    """Refuse what no ``Authorization`` can hold: a control character (RFC 7617, 2), or what is no text.

    Raises:
        ConfigurationError: ``REGISTRY_LOGIN``; the value is not shown.
    """
    if value[-1] in "\r\n":
        raise _unfit(variable, "ends with a line break")
    if _CONTROL.search(value):
        raise _unfit(variable, "holds a control character")
    if _NO_TEXT.search(value):
        raise _unfit(variable, "is not UTF-8 text")


def _unfit(variable: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        "REGISTRY_LOGIN",
        f"{variable} {why}, which no login of a registry may",
        where=variable,
        hint='set it anew without that; of a secret: printf %s "$VALUE" | gh secret set NAME adds no line break',
    )


def mapping_in(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A mapping of a file of credentials; {} where it has none."""
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _content(file: Path) -> Mapping[str, object] | None:
    try:
        content = read_json(read_regular(file, _LARGEST + 1), max_bytes=_LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):  # ValueError also of a path with a null character
        raise _unreadable(file, "it cannot be read, or is not JSON") from None
    if not isinstance(content, dict):
        raise _unreadable(file, "it is not a JSON object")
    return content


def _login(entry: object, file: Path) -> Login | None:
    if not isinstance(entry, dict):
        return None
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Login(identity_token=token)
    auth = entry.get("auth")
    if isinstance(auth, str) and auth:
        try:
            username, _, password = base64.b64decode(auth, validate=True).decode().partition(":")
        except ValueError:  # not base64; not ASCII; not UTF-8
            raise _unreadable(file, "its `auth` is not base64 text") from None
        return Login(username, password.rstrip("\0"))
    name, secret, access = entry.get("username"), entry.get("password"), entry.get("registrytoken")
    if isinstance(name, str) and isinstance(secret, str):
        return Login(name, secret)
    return Login(registry_token=access) if isinstance(access, str) and access else None


def _unreadable(file: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        "REGISTRY_CONFIG",
        f"the file of registry credentials cannot be used: {why}",
        where=shown(str(file)),
        hint="log in again",
    )
