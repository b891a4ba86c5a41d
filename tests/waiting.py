"""Waiting, as `dev.waiting` does it."""

from dev.waiting import eventually

__all__ = ["eventually"]
