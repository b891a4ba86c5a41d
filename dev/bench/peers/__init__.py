"""Measures what a job costs on this stack and on its peers, in one run: `make bench-peers`."""
