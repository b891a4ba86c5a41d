"""Chaos runs: a stack under load, faults at random moments, and a check of every job afterwards."""
