"""The JSON contract: one object; ``schema`` counts up when a field changes its meaning."""
