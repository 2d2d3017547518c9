"""What git writes for people, and what to do next about it."""

import os
import re

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.tools.limits import MEMORY_VARIABLE, memory_mib, ran_out_of_memory

_PROGRESS = r"(?:remote: )?(?:[A-Z][a-z]+ (?:objects|deltas|references|files|content)\b.*|Total [0-9]+ .*)?"


def without_progress(stderr: str) -> str:
    """What a fetch wrote, without the lines that tell how far it is."""
    return "\n".join(line for line in re.split(r"[\r\n]+", stderr) if not re.fullmatch(_PROGRESS, line.strip()))


def unanswered(verb: str, remote: str, address: str, seconds: float) -> CannotTellError:
    """The error for a git that was stopped, because a remote gave no answer or, for `git tag`, a signing program."""
    if verb == "tag":
        message = f"the program that signs tags did not end within {seconds:.0f} s"
        hint = "does it wait for a passphrase? git tag --sign has to work without a question"
        return CannotTellError("SIGNER_SILENT", message, where="gpg.program", hint=hint)
    message = f"{remote or 'the remote'} did not answer git {verb} within {seconds:.0f} s"
    hint = f"check the network, and that neither ssh nor a credential helper waits for somebody: git ls-remote {remote}"
    return CannotTellError("REMOTE_SILENT", message, where=address or remote, hint=hint.rstrip())


def hint_for(reason: str, network: bool) -> str:
    """What to do next about a message of git's that people meet often."""
    if "dubious ownership" in reason:
        return "the checkout belongs to another user: git config --global --add safe.directory <path>"
    if "transport" in reason and "not allowed" in reason and not network:
        return "an object is missing here and this command does not use the network: run `git fetch` first"
    if "Authentication failed" in reason or "could not read Username" in reason or "Permission denied" in reason:
        return "git was refused: check the credentials that the checkout left behind (persist-credentials)"
    if ran_out_of_memory(reason):
        mib = memory_mib(os.environ)
        return f"git may take {mib:,} MiB of memory: what is in this repository? {MEMORY_VARIABLE} gives it more"
    return "run the command in the repository to see more"
