"""The terms of docs/glossary.md as frozen types; a file for each."""
