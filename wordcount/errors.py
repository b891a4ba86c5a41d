"""What ends a command early."""


class CommandError(Exception):
    """The message says what was wrong and what to do; it is shown to the person as it is. Exit status 1."""

    exit_status = 1


class WrongInput(CommandError):
    """What the person gave cannot be used; nothing was submitted. Exit status 2, as for wrong options."""

    exit_status = 2


class NobodyAnswers(CommandError):
    """No connection to the manager, from the first request on: nothing has reached it."""


class ManagerAway(CommandError):
    """The manager answers no more, or not soon enough; the last request may have reached it."""


class Refused(CommandError):
    """The manager refused the request. `status` is the HTTP status of its answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
