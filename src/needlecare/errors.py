"""The expected ways to fail, each with the exit code that the command line ends with."""

from typing import ClassVar


class NeedlecareError(Exception):
    """Base of every error that a person can mend; its text is one or more plain lines."""

    exit_code: ClassVar[int] = 1


class InputError(NeedlecareError):
    """Something typed or given by a person can't be used as it stands."""

    exit_code = 2


class RuleSetError(NeedlecareError):
    """A rule set is wrong; the text holds every problem found, a line each, as `file:line:column: …`."""

    exit_code = 3

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class OutputError(NeedlecareError):
    """Something can't be written: no room, no permission, no such place."""

    exit_code = 2
