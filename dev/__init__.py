"""What only developers run: chaos and benchmarks."""
