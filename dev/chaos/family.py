"""What the family of jobs of a chaos run is like: how many children, and which of them fail."""

CHILDREN = 200
FAILING = 20  # every so many children one fails
FAILED = "piece-failed"
