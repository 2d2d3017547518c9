"""Planning: observes what a decision needs, and decides."""
