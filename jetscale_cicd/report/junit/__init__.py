"""``--output junit``."""
