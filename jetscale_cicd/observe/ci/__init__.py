"""What the CI says about this run."""
