"""What the manifests of a release need of their cluster, and what of it is neither there nor made by the release."""
