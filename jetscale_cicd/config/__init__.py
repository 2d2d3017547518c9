"""`.stage6.yaml` as frozen settings, each value with its origin."""
