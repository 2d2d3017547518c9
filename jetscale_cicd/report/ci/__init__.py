"""What the CI takes of a run beside its log: outputs for later steps, a summary, annotations."""
