"""The words of Stage 6 (DESIGN §2), frozen: one file per word."""
