"""What the cluster says."""
