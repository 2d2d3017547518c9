"""One file per step of the reconcile."""
