"""git for one repository: byte-exact, and independent of the user's configuration."""

from jetscale_cicd.tools.git.client import Git, open_repository
from jetscale_cicd.tools.git.objects import GitObject
from jetscale_cicd.tools.git.pinned import REDIRECTING, unwanted
from jetscale_cicd.tools.git.process import GitResult

__all__ = ["REDIRECTING", "Git", "GitObject", "GitResult", "open_repository", "unwanted"]
