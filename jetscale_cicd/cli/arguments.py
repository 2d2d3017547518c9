"""Command-line arguments: options that several commands share, and what they ask for."""

import argparse
import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.credential import MAX_CHARS, credentials_of
from jetscale_cicd.model.engine import ENGINES
from jetscale_cicd.model.event import Event
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.shown import quoted, shown
from jetscale_cicd.observe.ci.detect import payload_path, read_event
from jetscale_cicd.report.face import DEFAULT, FACES

# GitHub caps a webhook payload at 25 MB (GitHub docs, "Webhook events and payloads").
_LARGEST_PAYLOAD = 25 << 20
_MOST_JOBS = 64
# argparse makes a formatter for each option that is added, and would import shutil, with three compressors, to ask for
# the width of the terminal: 3 ms of a decision (measured). Help itself is formatted for the terminal all the same.
_UNASKED = partial(argparse.HelpFormatter, width=80)


class Parser(argparse.ArgumentParser):
    """argparse that raises our errors, and takes no abbreviation of an option."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _UNASKED, **options, "allow_abbrev": False})

    def format_help(self) -> str:
        """Help as wide as the terminal."""
        self.formatter_class = argparse.HelpFormatter
        return super().format_help()

    def parse_args(self, *given: Any) -> Any:  # type: ignore[override]
        """As argparse does; of what it does not know only the names of options are echoed."""
        args, unknown = self.parse_known_args(*given)
        if unknown:
            names = [quoted(word.partition("=")[0])[1:-1] for word in unknown if word.startswith("-")]
            if others := len(unknown) - len(names):
                names.append(f"{others} without a name")
            self.error(f"unrecognized arguments: {', '.join(names)}")
        return args

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = ", ".join(map(str, action.choices))
            raise argparse.ArgumentError(action, f"invalid choice: {quoted(str(value))} (choose from {known})")

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        hint = (
            "a value that begins with '-' is written --option=VALUE"
            if "expected one argument" in message
            else f"see {self.prog} --help"
        )
        raise ConfigurationError("USAGE", message, hint=hint)


def add_common(parser: argparse.ArgumentParser, *, more: tuple[str, ...] = ()) -> None:
    """Options of every command.

    Args:
        more: forms of the result that this command has besides those of all.
    """
    parser.add_argument(
        "--repo",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the repository (default: the one around the working directory)",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration that replaces .stage6.yaml of the repository"
    )
    add_output(parser, more=more)


def add_output(parser: argparse.ArgumentParser, *, more: tuple[str, ...] = ()) -> None:
    """How results are shown."""
    parser.add_argument(
        "--output", choices=(*FACES, *more), default=DEFAULT, help=f"form of the result on stdout (default: {DEFAULT})"
    )
    parser.add_argument("--verbose", action="store_true", help="show the whole command line of every program")
    parser.add_argument("--debug", action="store_true", help="show a traceback with an error")


def add_deciding(parser: argparse.ArgumentParser) -> None:
    """What is compared, and for which targets."""
    parser.add_argument("--base", metavar="REV", help="commit before the change (default: the base of the CI's event)")
    parser.add_argument(
        "--head", metavar="REV", help="commit to decide for (default: the head of the CI's event, else HEAD)"
    )
    parser.add_argument(
        "--since",
        metavar="auto|event|REV",
        default="auto",
        help="compare with the latest release and what is deployed (auto), exactly base and head (event), or REV",
    )
    add_targets(parser)


def add_notes(parser: argparse.ArgumentParser) -> None:
    """Release notes as a file."""
    parser.add_argument(
        "--notes", type=Path, metavar="FILE", help="also write the release notes of the version, as Markdown"
    )


def add_acting(parser: argparse.ArgumentParser) -> None:
    """How a release on a cluster is changed."""
    parser.add_argument(
        "--audit", type=Path, metavar="FILE", help="append a line of JSON for each deploy to a cluster, done or failed"
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """How many targets are changed at a time."""
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=1,
        metavar="N",
        help="change up to N targets at a time, where they need nothing of each other (default: 1)",
    )


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:4]) <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {_MOST_JOBS}")
    return int(text)


def add_one_target(parser: argparse.ArgumentParser) -> None:
    """The one target of a command that changes one."""
    parser.add_argument(
        "--target", action="append", default=[], metavar="NAME", help="the target (needed where there are several)"
    )


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """What can be asked for although no change asks for it."""
    parser.add_argument(
        "--redeploy",
        action="store_true",
        help="deploy the latest release again although nothing changed, to restore what was changed outside Stage 6",
    )
    parser.add_argument(
        "--allow-older", action="store_true", help="deploy although what is deployed is newer, or of another line"
    )
    parser.add_argument(
        "--release-hold", action="store_true", help="deploy although the newest revision of a release is a rollback"
    )


def save(file: Path, text: str, option: str, root: Path) -> None:
    """Write the file that an option names.

    Args:
        root: of the repository, which may hold a link of that name.

    Raises:
        ConfigurationError: ``FILE_UNWRITABLE``; ``LINK_ESCAPES``, it is in the repository and leads out of it.
    """
    from jetscale_cicd.tools.boundary import check_inside

    check_inside(root, file)
    try:
        with _opened(file) as out:
            out.write(text.encode("utf-8", "backslashreplace"))
    except OSError as unwritable:
        why = "it is a pipe that nobody reads" if unwritable.errno == errno.ENXIO else unwritable.strerror
        raise ConfigurationError(
            "FILE_UNWRITABLE",
            f"the file of {option} cannot be written: {why}",
            where=shown(str(file)),
            hint="name a file in a directory that exists",
        ) from None


def _opened(file: Path) -> BinaryIO:
    """Open a file to write it anew: of a pipe, as `>(…)` is one, a reader is not waited for."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "wb")


def add_targets(parser: argparse.ArgumentParser) -> None:
    """Which targets, and overrides for a run on this machine."""
    parser.add_argument(
        "--target", action="append", default=[], metavar="NAME", help="this target only; may be repeated"
    )
    parser.add_argument("--engine", choices=tuple(ENGINES), help="engine that replaces the targets' own")
    add_registry(parser)


def add_registry(parser: argparse.ArgumentParser) -> None:
    """Where packages are published."""
    parser.add_argument(
        "--registry", metavar="PLACE", help="registry that replaces chart.registry: oci://…, file:///… or a directory"
    )


def request_of(args: argparse.Namespace, *, network: bool) -> Request:
    """The request that parsed arguments make, with the CI's event.

    Raises:
        ConfigurationError: ``USAGE``, an option is there without its value, as an unset variable makes it.
    """
    for name in ("base", "head", "since", "registry"):
        if getattr(args, name, None) == "":
            raise ConfigurationError("USAGE", f"--{name} is empty", hint="give it a value, or leave it out")
    return Request(
        repo=args.repo,
        config=args.config,
        event=event_of(os.environ),
        since=getattr(args, "since", "auto"),
        base=getattr(args, "base", None),
        head=getattr(args, "head", None),
        targets=tuple(getattr(args, "target", ())),
        engine=getattr(args, "engine", None),
        registry=getattr(args, "registry", None),
        network=network,
        verbose=args.verbose,
        jobs=getattr(args, "jobs", 1),
        audit=getattr(args, "audit", None),
        release_hold=getattr(args, "release_hold", False),
        redeploy=getattr(args, "redeploy", False),
        allow_older=getattr(args, "allow_older", False),
    )


# Variables that name a file or a directory; and what they hold by mistake is a secret.
_PATHS = (
    *("KUBECONFIG", "HELM_REGISTRY_CONFIG", "HELM_CONFIG_HOME", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "SSL_CERT_FILE"),
    *("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "GITHUB_EVENT_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"),
)


def misplaced(env: Mapping[str, str], arguments: Sequence[str]) -> Iterator[str]:
    """Credentials, and files of them, where a path, a name or an address belongs: whoever repeats them masks them."""
    given = (*(env.get(name, "") for name in _PATHS), *arguments)
    for text in given:
        option, equals, value = text.partition("=")
        value = value if equals and option.startswith("--") and option.isascii() and option.isprintable() else text
        yield from (value,) if len(value) > MAX_CHARS else credentials_of(value)


def event_of(env: Mapping[str, str]) -> Event:
    """The CI's event, with its payload where the CI keeps one in a file.

    Raises:
        ConfigurationError: ``EVENT_PAYLOAD``, the file cannot be read or is no JSON object.
    """
    path = payload_path(env)
    if path is None:
        return read_event(env, None)
    try:
        payload = read_json(read_regular(Path(path), _LARGEST_PAYLOAD + 1), max_bytes=_LARGEST_PAYLOAD)
    except (OSError, ValueError) as unreadable:
        raise ConfigurationError(
            "EVENT_PAYLOAD",
            f"the event's payload cannot be read: {getattr(unreadable, 'strerror', None) or unreadable}",
            where=shown(path),
            hint="unset GITHUB_EVENT_PATH to go without it",
        ) from None
    if not isinstance(payload, dict):
        raise ConfigurationError(
            "EVENT_PAYLOAD",
            "the event's payload is no JSON object",
            where=shown(path),
            hint="unset GITHUB_EVENT_PATH to go without it",
        )
    return read_event(env, payload)
