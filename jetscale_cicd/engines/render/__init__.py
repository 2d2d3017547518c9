"""The engine that writes manifests to a directory."""
