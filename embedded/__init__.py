"""The whole stack as processes on one machine, for where no Docker is: `make demo` and `make up`."""
