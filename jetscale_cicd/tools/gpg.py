"""gpg as one typed call: a clear-signed text."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jetscale_cicd.errors import PublishError
from jetscale_cicd.tools.process import Finished, Processes, ProcessTimeout

_VARIABLE = "STAGE6_SIGN_PASSPHRASE"
_TIMEOUT = 60
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Gpg:
    """gpg with the user's keys.

    Args:
        processes: starts it.
        env: to make its environment of; a passphrase in it reaches gpg through a pipe alone.
    """

    processes: Processes
    env: Mapping[str, str]

    def clear_sign(self, text: Path, signed: Path, key: str) -> None:
        """Write the text of a file with an OpenPGP signature (RFC 9580, section 7) of the key with this user id.

        Raises:
            PublishError: ``SIGN_FAILED``, with gpg's own word.
            PreconditionError: ``TOOL_MISSING``.
        """
        env = {name: value for name, value in self.env.items() if name != _VARIABLE}
        # Loopback: a key without a passphrase needs none, and nobody sits before a CI to type one.
        quiet = ("--batch", "--yes", "--no-tty", "--pinentry-mode", "loopback", "--passphrase-fd", "0")
        argv = ["gpg", *quiet, f"--local-user={key}", f"--output={signed}", "--clear-sign", str(text)]
        try:
            finished = self.processes.run(
                argv, env=env, timeout=_TIMEOUT, stdin=os.fsencode(self.env.get(_VARIABLE, "")) + b"\n"
            )
        except ProcessTimeout as late:
            raise _failure(str(late), key) from None
        if finished.status != 0:
            raise _failure(_said(finished), key)
        if _VARIABLE in self.env:  # the agent has it now, and would sign for whoever comes next on this machine
            self.processes.run(["gpgconf", "--reload", "gpg-agent"], env=env, timeout=_TIMEOUT)


def _said(finished: Finished) -> str:
    return " ".join(finished.stderr.split())[-_LONGEST:] or f"exit status {finished.status}"


def _failure(said: str, key: str) -> PublishError:
    return PublishError(
        "SIGN_FAILED",
        f"gpg did not sign with {key!r}: {said}",
        where="release.sign_key",
        hint=f"is the secret key here (gpg --list-secret-keys), and its passphrase in {_VARIABLE}?",
    )
