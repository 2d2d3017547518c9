"""The engine that hands a version to Argo CD."""
