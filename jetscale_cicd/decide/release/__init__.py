"""The version of a release, and its notes."""
