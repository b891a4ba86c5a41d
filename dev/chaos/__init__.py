"""Shows that nothing is lost: a stack under load, faults at random moments, and a look at every job afterwards."""
