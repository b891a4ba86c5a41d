"""The HTTP service that accepts jobs and answers questions about them."""
