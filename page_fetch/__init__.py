"""One fetched resource and its visible text. Knows nothing of Celery, of jobs or of words."""
