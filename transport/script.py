"""A transport that plays prepared answers: for tests of what talks to a drive, without a drive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from discstack.transport.base import LARGE_TRANSFER, Command, DeviceGone, Reply, TransportError

Answer = Reply | TransportError | Callable[[Command], Reply]


class ScriptClock:
    """A clock that moves only when somebody sleeps, or by `sleep` from a test."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Let that many seconds pass at once."""
        self._now += seconds


class ScriptTransport:
    """Answers each command with the next of `answers`: a reply, an error to raise, or a function of the command.

    Behind the last one everything is answered by `otherwise`; without that, the device is gone. `commands` remembers
    what was asked, with its data as it was then.
    """

    def __init__(
        self, answers: Iterable[Answer] = (), *, otherwise: Answer | None = None, max_transfer: int = 64 << 10
    ) -> None:
        self._answers = iter(tuple(answers))
        self._otherwise: Final[Answer] = DeviceGone("the script is over") if otherwise is None else otherwise
        self.max_transfer: Final = max_transfer
        self.usual_transfer: Final = min(max_transfer, LARGE_TRANSFER)
        self.clock: Final = ScriptClock()
        self.commands: Final[list[Command]] = []
        self.closed = False

    def execute(self, command: Command, /) -> Reply:
        """Remember the command and play the next answer."""
        if self.closed:
            raise DeviceGone("the transport was closed")
        data = None if command.data is None else bytes(command.data)
        self.commands.append(Command(command.cdb, command.direction, data, command.allocation, command.timeout))
        answer = next(self._answers, self._otherwise)
        if isinstance(answer, TransportError):
            raise answer
        return answer if isinstance(answer, Reply) else answer(command)

    def close(self) -> None:
        """Answer nothing more."""
        self.closed = True
