"""What the state of a cluster means."""
