"""Phrases that several results share."""

# Lines of a list that are shown; the JSON has all of them.
SHOWN = 10
# Of a release, or a revision of it, without a record of Stage 6.
UNMANAGED = "unmanaged (deployed outside Stage 6)"


def more(count: int) -> list[str]:
    """The line that stands for the rest of a list."""
    return [f"  … and {count - SHOWN:,} more (--output json has all)"] if count > SHOWN else []
