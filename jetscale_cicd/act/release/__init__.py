"""The steps of a release: publish, sign, tag."""
