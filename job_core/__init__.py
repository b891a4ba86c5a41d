"""Durable jobs on Celery, Redis and PostgreSQL."""
