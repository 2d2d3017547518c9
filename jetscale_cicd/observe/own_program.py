"""Programs of the user's own that a target names: where they are, and what they get in their environment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jetscale_cicd.model.target import Target

# What programs need to find others, a home, a language, a time zone, and the way into the network.
_BASICS = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "LANG", "LANGUAGE"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    *(name for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY") for name in (proxy, proxy.lower())),
)


def at_root(command: Sequence[str], root: Path) -> tuple[str, ...]:
    """A command; a program that is a path is one of the checkout, as that of ``release.sign_command``."""
    program, *arguments = command
    return (str(root / program) if "/" in program else program, *arguments)


def deploy_variables(target: Target, commit: str, version: str) -> dict[str, str]:
    """What is deployed where."""
    return {
        "STAGE6_TARGET": target.name,
        "STAGE6_NAMESPACE": target.namespace,
        "STAGE6_RELEASE": target.release,
        "STAGE6_COMMIT": commit,
        "STAGE6_VERSION": version,
    }


def basic_environment(env: Mapping[str, str]) -> dict[str, str]:
    """What every program may have of an environment: nothing that a login, a cluster or a CI gave this run."""
    return {name: value for name, value in env.items() if name in _BASICS or name.startswith("LC_")}
