"""One model, several faces."""
