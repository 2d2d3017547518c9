"""The engine that acts on a cluster with helm."""
