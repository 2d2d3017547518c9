"""What a check finds."""

from typing import NamedTuple

from jetscale_cicd.errors import Stage6Error


class NotChecked(NamedTuple):
    """The result of a check that cannot be made here, and why; it does not stop a run."""

    why: str


Found = NotChecked | tuple[Stage6Error, ...]
"""What a check of a survey found: everything that does not hold, or cannot be told; () where all of it holds."""
