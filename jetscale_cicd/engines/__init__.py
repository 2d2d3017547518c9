"""Who brings a target to a version."""
