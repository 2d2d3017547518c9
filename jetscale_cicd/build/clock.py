"""Whether a chart may render the time."""

import io
import re
import tarfile

# The function of sprig that gives it.
_NOW = re.compile(rb"\{\{[^}]*\bnow\b")


def mentions_time(archive: bytes) -> bool:
    """Whether a template of the chart, or of a subchart in it, asks for the time.

    Args:
        archive: of the chart; an archive of a subchart in it is not opened.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if member.isfile() and "/templates/" in member.name:
                content = tar.extractfile(member)
                if content and _NOW.search(content.read()):
                    return True
    return False
