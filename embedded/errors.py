"""What stops the embedded stack from running."""


class StackError(Exception):
    """The stack cannot run. The message says what was wrong and what to do, and is shown to the person as it is."""


class StopRequested(Exception):
    """The person asked the stack to stop, by Ctrl-C or SIGTERM, while something was being waited for."""
