"""The job store: one row for each accepted job, and every step it takes. Knows nothing of Celery."""
