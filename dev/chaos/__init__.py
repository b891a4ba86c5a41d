"""Shows that nothing is lost: a stack under load, faults at random moments, and a look at every job afterwards.

A developers' tool, no part of the product. `python -m chaos processes` runs it on the embedded stack, `python -m chaos
containers` on Docker.
"""
