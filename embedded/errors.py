"""What stops the embedded stack from running."""


class StackError(Exception):
    """The stack cannot run. The message says why and what to do, and is shown to the person unchanged."""


class StopRequested(Exception):
    """The person stopped the stack, by Ctrl-C or SIGTERM, while it waited for something."""
