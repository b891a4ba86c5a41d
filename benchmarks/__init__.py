"""Measurements that the documents cite, each run by a target of the Makefile."""
