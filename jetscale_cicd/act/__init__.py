"""Carrying out a plan: a file for each step."""
