"""The preconditions of a run: a file for each check, and one table."""
