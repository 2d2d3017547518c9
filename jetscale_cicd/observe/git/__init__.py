"""What the repository and its remote say."""
