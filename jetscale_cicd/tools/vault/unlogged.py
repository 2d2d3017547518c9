"""What a client library logs of what it sends and gets is kept from every handler, whatever its level.

At ``DEBUG``, botocore logs whole answers, those with credentials too, and what it signs, with the session's token. An
application that uses this package may have such a handler; a logger, a level and a filter are those of the process,
and it may use botocore itself meanwhile, so that the records of this thread alone are emptied, where they are made.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LIBRARIES = ("botocore", "urllib3", "awscrt", "s3transfer")
_EMPTIED = "not logged, as it may hold a secret"
_installing = threading.Lock()
_thread = threading.local()


class _Maker:
    """Makes the records of the process as another factory does, and empties those of a thread that asked for it."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self.make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self.make(*args, **kwargs)
        if getattr(_thread, "unlogged", 0) and record.name.partition(".")[0] in _LIBRARIES:
            record.msg, record.args = _EMPTIED, ()
            record.exc_info = record.exc_text = record.stack_info = None
            # A warning that says nothing would only puzzle its reader.
            record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        return record


@contextmanager
def unlogged() -> Iterator[None]:
    """What client libraries log in this thread says nothing until the end of the block."""
    with _installing:
        made_by = logging.getLogRecordFactory()
        if not isinstance(made_by, _Maker):
            logging.setLogRecordFactory(_Maker(made_by))
    _thread.unlogged = getattr(_thread, "unlogged", 0) + 1
    try:
        yield
    finally:
        _thread.unlogged -= 1
