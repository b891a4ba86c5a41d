"""What a job costs here and elsewhere: this stack and its peers in one run, `make bench-peers`."""
