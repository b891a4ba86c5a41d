"""Shared by manager, workers and scheduler: the tasks, and what keeps the promises around them."""
