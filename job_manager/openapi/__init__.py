"""The description that the manager gives of itself: `/openapi.json` for machines, `/docs` for people."""
