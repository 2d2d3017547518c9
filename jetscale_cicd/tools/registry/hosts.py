"""The names of a registry: where its API is, and under which key helm and docker keep its login."""

from jetscale_cicd.model.record import frozen

# Docker's own registry has three names, and its logins have the address of its first API (oras-go and docker's CLI:
# `ServerAddressFromRegistry`, `IndexServer`).
_DOCKER_API = "registry-1.docker.io"
_DOCKER_NAMES = ("docker.io", "index.docker.io", _DOCKER_API)
_DOCKER_LOGIN = "https://index.docker.io/v1/"


@frozen
class RegistryHost:
    """A registry as it is written in ``oci://host/path``.

    Args:
        name: host and port.
    """

    name: str

    @property
    def api(self) -> str:
        """Host and port of its API."""
        return _DOCKER_API if self.name == "docker.io" else self.name

    @property
    def login_key(self) -> str:
        """The key of its login in a file of helm or docker, and what a credential helper is asked for."""
        return _DOCKER_LOGIN if self.name in _DOCKER_NAMES else self.name


def split_reference(url: str) -> tuple[str, str]:
    """Host and path of ``oci://host/path``."""
    host, _, path = url.removeprefix("oci://").partition("/")
    return host, path


def tag_of(version: str) -> str:
    """The tag of a version: a tag cannot contain a '+', and helm writes '_' (helm.sh/docs/topics/registries)."""
    return version.replace("+", "_")


def hostname_of(key: str) -> str:
    """The host in the key of a login, which older clients wrote as an address (docker's `ConvertToHostname`)."""
    return key.removeprefix("http://").removeprefix("https://").partition("/")[0]
