"""The state of a cluster."""
