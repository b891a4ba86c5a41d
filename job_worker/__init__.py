"""The programs of the worker's image: worker, scheduler, viewer, their health checks, and the sending of webhooks."""
