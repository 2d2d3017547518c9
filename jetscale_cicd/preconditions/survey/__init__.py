"""What is observed of a target for its preconditions, and how checks read it side by side."""
