"""Options and steps that several commands share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from discstack.job import Job
    from discstack.recorder import Recorder

F = TypeVar("F", bound=Callable[..., Any])
SIGNAL_EXIT: Final = 128  # a shell's exit code for a signal is this plus its number

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
trace_option = click.option(
    "--trace",
    type=click.File("w", lazy=False),
    metavar="FILE",
    help="Log every command to FILE (- for standard output).",
)


def drive_command(function: F) -> F:
    """Give a command the options of all commands that talk to a drive."""
    return trace_option(json_option(function))


def open_recorder(address: str, trace: IO[str] | None) -> Recorder:
    """Open a drive; an address that makes no sense is a usage error."""
    from discstack.address import parse_address
    from discstack.recorder import Recorder

    try:
        return Recorder(parse_address(address), trace=trace_to(trace))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def trace_to(file: IO[str] | None) -> Callable[[str], None] | None:
    """Return what writes lines of a trace to a file."""
    if file is None:
        return None

    def write(line: str) -> None:
        file.write(line + "\n")
        file.flush()

    return write


@contextmanager
def uncollected() -> Iterator[None]:
    """Let a large tree be made without the search for garbage among it: there is none, and the search takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def cancelling(job: Job) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM cancel a job cleanly; the second one interrupts whatever is being done then."""
    received: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt
        click.echo("cancelling: the drive finishes what it has begun (once more to leave the rest undone)", err=True)
        job.cancel()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except BaseException as error:
        if received:
            error.exit_code = SIGNAL_EXIT + received[0]  # type: ignore[attr-defined]
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
