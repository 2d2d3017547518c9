"""What the contract of a target says, and what is missing."""
