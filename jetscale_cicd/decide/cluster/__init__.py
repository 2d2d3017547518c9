"""What a cluster shows, and what it means."""
