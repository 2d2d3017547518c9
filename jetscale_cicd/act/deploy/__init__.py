"""Steps that change a target."""
