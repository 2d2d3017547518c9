"""The engine that deploys through Argo CD."""
