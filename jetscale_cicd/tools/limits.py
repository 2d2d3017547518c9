"""How much memory a program that is started may take, and how much of its output is kept.

What it is given comes from a change, a registry or a remote, and a few kilobytes of that may ask for gigabytes: a pack
of git, the schema of a chart's values, a template that repeats itself.
"""

import os
import re
import resource
from collections.abc import Callable, Mapping
from contextlib import suppress

MEMORY_VARIABLE = "STAGE6_CHILD_MEMORY_MIB"
# helm takes 150 MiB for a chart of 2,000 objects, git 60 MiB for a history of 20,000 commits (measured).
_MEMORY_MIB = 2048
_LEAST_MIB = 256
# A release has to fit into a Secret of 1 MiB, compressed.
MAX_OUTPUT_BYTES = 256 << 20
# The last words of programs that got none: Go's runtime, git, glibc. A job of a chart may say the like in helm's words.
_WITHOUT_MEMORY = re.compile(
    r"^(?:fatal error: (?:runtime: )?(?:cannot allocate|out of) memory|runtime: (?:cannot allocate|out of) memory"
    r"|runtime: failed to create new OS thread|fatal: [Oo]ut of memory|fatal: unable to create thread)",
    re.MULTILINE,
)


def memory_mib(env: Mapping[str, str]) -> int:
    """MiB that a program may take; what is no number of them counts as unset."""
    given = env.get(MEMORY_VARIABLE, "")
    return max(int(given), _LEAST_MIB) if given.isascii() and given.isdecimal() and len(given) < 8 else _MEMORY_MIB


def limit_memory(pid: int) -> None:
    """Limit the data of a program that runs, and of what it starts from now on; Linux alone can do that (prlimit(2)).

    Data, and not addresses: Go reserves far more of these than it uses.
    """
    if hasattr(resource, "prlimit"):
        most = memory_mib(os.environ) << 20
        with suppress(OSError, ValueError):  # it has ended, or has a lower limit
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def ran_out_of_memory(stderr: str) -> bool:
    """Whether a program that failed says that it got no more memory."""
    return _WITHOUT_MEMORY.search(stderr) is not None


class Kept:
    """The output of a program as it comes; past the limit the rest is dropped, and the program is ended.

    Args:
        end: ends it.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self.content = bytearray()
        self.overflowed = False
        self._end = end

    def write(self, chunk: bytes) -> None:
        """Keep a part of it."""
        if len(self.content) + len(chunk) <= MAX_OUTPUT_BYTES:
            self.content += chunk
        else:
            self.overflowed = True
            self._end()


def leave_no_core() -> None:
    """Let this process, and every program that it starts, leave no core when it crashes: it would hold secrets."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
