"""What is true outside this process, asked without changing anything."""
