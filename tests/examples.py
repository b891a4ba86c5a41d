"""How many examples Hypothesis tries: USUAL in `make test`, five times as many in `make test-thorough`.

Outside CI, Hypothesis fails an example that takes over 200 ms. On a busy machine any may; speed is for benchmarks.
"""

from hypothesis import settings

USUAL = 100


def register_profiles() -> None:
    """Make the profiles that `--hypothesis-profile` names, and load the usual one."""
    for name, examples in (("usual", USUAL), ("thorough", 5 * USUAL), ("fuzz", 200 * USUAL)):
        settings.register_profile(name, max_examples=examples, deadline=None)
    settings.load_profile("usual")


def examples(usual: int) -> int:
    """As many as `usual` for a test whose examples are slow, or as trying so much harder makes of it."""
    return usual * settings.default.max_examples // USUAL


def is_thorough() -> bool:
    """Whether there is time for more than usual."""
    return settings.default.max_examples > USUAL
