"""The whole stack as processes on one machine, without Docker: `make demo` and `make up`."""
