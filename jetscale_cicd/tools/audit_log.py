"""The audit: a file outside the run, with a line of JSON for each deploy."""

import errno
import json
import os
from pathlib import Path

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.document import with_strings
from jetscale_cicd.model.shown import shown
from jetscale_cicd.tools.paths import exists, is_file
from jetscale_cicd.tools.redact import Redactor


def append_audit(file: Path | None, entry: dict[str, object], redact: Redactor) -> str:
    """Append an entry, completely or not at all, and return where.

    Raises:
        ConfigurationError: ``AUDIT_UNWRITABLE``.
    """
    if file is None:
        return "recorded on the release itself (helm history); --audit FILE also keeps a log"
    content = json.dumps(with_strings(entry, redact)).encode() + b"\n"
    try:
        # One write to a file that is opened for appending: the lines of two runs do not mix (POSIX, write).
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as out:
            if out.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as unwritable:
        raise ConfigurationError(
            "AUDIT_UNWRITABLE",
            f"the audit file cannot be written: {unwritable.strerror}",
            where=shown(str(file)),
            hint="name a file in a directory that exists: --audit FILE",
        ) from None
    return f"appended to {shown(str(file))}"


def check_audit(file: Path | None) -> None:
    """Refuse an audit file that cannot be written, before anything is changed.

    Raises:
        ConfigurationError: ``AUDIT_UNWRITABLE``.
    """
    if file is None:
        return
    regular = is_file(file) or not exists(file)  # a pipe would keep the run, and its lock, until it is read
    if not regular or not os.access(file if exists(file) else file.resolve().parent, os.W_OK):
        raise ConfigurationError(
            "AUDIT_UNWRITABLE",
            "the audit file cannot be written" if regular else "the audit must be a regular file",
            where=shown(str(file)),
            hint="name another file: --audit FILE",
        )
