"""Whether a chart may render the time."""

import re

from jetscale_cicd.decide.chart.packed import read_archive

# The function of sprig that gives it.
_NOW = re.compile(rb"\{\{[^{}]*\bnow\b")


def mentions_time(archive: bytes) -> bool:
    """Whether a template of the chart, or of a subchart in it, asks for the time.

    Args:
        archive: of the chart; an archive of a subchart in it is not opened.

    Raises:
        CannotTellError: ``ARCHIVE_UNREADABLE``.
    """
    return any("/templates/" in name and _NOW.search(content) for name, content in read_archive(archive))
