"""Steps that make a release: publish, sign, tag."""
