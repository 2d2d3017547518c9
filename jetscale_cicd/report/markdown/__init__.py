"""``--output markdown``."""
