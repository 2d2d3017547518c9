"""gpg: clear-sign a text."""

import os
from collections.abc import Mapping
from pathlib import Path

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.tools.process import Finished, Processes, ProcessTimeout

PASSPHRASE = "STAGE6_SIGN_PASSPHRASE"  # noqa: S105 - the name of a variable
_TIMEOUT_SECONDS = 60
_MAX_MESSAGE_CHARS = 500


@frozen
class Gpg:
    """gpg with the user's keys.

    Args:
        processes: starts gpg.
        env: environment of gpg, except for the passphrase, which gpg reads from a pipe.
    """

    processes: Processes
    env: Mapping[str, str]

    def clear_sign(self, text: Path, signed: Path, key: str) -> None:
        """Write the text of a file with a cleartext signature (RFC 9580, section 7) of the key with this user id.

        Raises:
            PublishError: ``SIGN_FAILED``, with gpg's message.
            PreconditionError: ``TOOL_MISSING``.
        """
        env = {name: value for name, value in self.env.items() if name != PASSPHRASE}
        # Loopback: gpg must not ask for a passphrase in a CI.
        quiet = ("--batch", "--yes", "--no-tty", "--pinentry-mode", "loopback", "--passphrase-fd", "0")
        argv = ["gpg", *quiet, f"--local-user={key}", f"--output={signed}", "--clear-sign", str(text)]
        try:
            finished = self.processes.run(
                argv,
                env=env,
                timeout=_TIMEOUT_SECONDS,
                stdin=os.fsencode(self.env.get(PASSPHRASE, "")) + b"\n",
            )
        except ProcessTimeout as late:
            raise _failure(str(late), key) from None
        if finished.status != 0:
            raise _failure(_message(finished), key)
        if PASSPHRASE in self.env:  # gpg-agent caches it, and would sign for the next process on this machine
            self.processes.run(["gpgconf", "--reload", "gpg-agent"], env=env, timeout=_TIMEOUT_SECONDS)


def _message(finished: Finished) -> str:
    return " ".join(finished.stderr.split())[-_MAX_MESSAGE_CHARS:] or f"exit status {finished.status}"


def _failure(why: str, key: str) -> PublishError:
    return PublishError(
        "SIGN_FAILED",
        f"gpg did not sign with {quoted(key)}: {why}",
        where="release.sign_key",
        hint=f"is the secret key in the keyring (gpg --list-secret-keys), and its passphrase in {PASSPHRASE}?",
    )
