"""The steps that change a target."""
