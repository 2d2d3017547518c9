"""git, helm and kubectl as typed calls."""
