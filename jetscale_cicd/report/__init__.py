"""How results are shown: one result, several faces, and what a CI takes of it."""
