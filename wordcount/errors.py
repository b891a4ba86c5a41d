"""What ends a command early. The message says what was wrong and what to do; it is shown to the user as it is."""


class CommandError(Exception):
    """Root of the tree. Exit status 1."""

    exit_status = 1


class InvalidInput(CommandError):
    """The user's input is invalid; nothing was submitted. Exit status 2, as for invalid options."""

    exit_status = 2


class ManagerUnavailable(CommandError):
    """The manager did not answer, or not now; the request may have reached it."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RequestRefused(CommandError):
    """The manager refused the request. `status` is the HTTP status of its answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
