"""Where charts are published: a directory, or an OCI registry."""
