"""What only a worker process is: its beat, its Celery request, its health; and the scheduler's loop."""
