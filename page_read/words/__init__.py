"""Cutting text into words and counting them. Pure: no I/O, nothing of Celery, jobs or pages."""
