"""One file per command: arguments in, one call of stage6, exit status out."""
