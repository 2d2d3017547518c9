"""The ledger of a release's objects: what each of them has to be, one module for each kind."""
