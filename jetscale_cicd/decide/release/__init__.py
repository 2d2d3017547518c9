"""The version of a release, and what is said of it."""
