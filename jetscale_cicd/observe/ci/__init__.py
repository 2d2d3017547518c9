"""Why CI started this run: which CI it is, and the event that it gives."""
