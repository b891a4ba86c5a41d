"""What keeps a chaos run from telling anything."""


class ChaosError(Exception):
    """The run could not be carried out. The message is shown to the person as it is."""
