"""A commit to a package; it changes nothing but scratch space."""
