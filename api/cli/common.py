"""Options and steps that several commands share."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from discstack.cli.last_commands import is_failure, save_last_commands
from discstack.cli.streams import STANDARD_OUTPUT, naming, say
from discstack.fs.system_paths import path_of

if TYPE_CHECKING:
    from discstack.recorder import Recorder
    from discstack.transport.observe import ExchangeObserver

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
trace_option = click.option(
    "--trace",
    metavar="FILE",
    help="Record every command in FILE: as text (- for standard output), or for Wireshark if it ends in .pcapng.",
)

TRAY_OPTIONS: Final = (
    click.option("--reload", is_flag=True, help="Open and close the tray in the end: the system looks at the disc."),
    click.option("--eject", is_flag=True, help="Open the tray when all is done."),
)
unmount_option = click.option("--unmount", is_flag=True, help="Unmount the disc first, if it is mounted.")


def options(choices: Iterable[Callable[[F], F]]) -> Callable[[F], F]:
    """Return what gives a command some options, in their order."""

    def give(function: F) -> F:
        for option in reversed(list(choices)):
            function = option(function)
        return function

    return give


def names_of(choices: Iterable[Callable[..., Any]]) -> list[str]:
    """Return the names by which a command gets what some options say, each once."""
    named = click.Command("named")
    for option in choices:
        option(named)
    return list(dict.fromkeys(param.name for param in named.params if param.name))


def drive_command(function: F) -> F:
    """Give a command the options of all commands that talk to a drive."""
    return trace_option(json_option(function))


def changing_command(function: F) -> F:
    """Give a command the options of all commands that change what is on a disc."""
    return drive_command(unmount_option(function))


def check_standard_output(**words: str | bool | None) -> None:
    """Refuse that more than one thing goes to standard output: `words` are what its options were given."""
    taken = [f"--{name}" for name, word in words.items() if word in (True, "-")]
    if len(taken) > 1:
        raise click.UsageError(f"{' and '.join(taken)} cannot all go to standard output")


@contextmanager
def open_recorder(address: str, trace: str | None, *, unmount: bool | None = None) -> Iterator[Recorder]:
    """Open a drive; an address that makes no sense is a usage error.

    A command that changes the disc says whether it may `unmount` it: a drive that is not to be had for oneself is then
    refused at once. When the drive fails and nothing is recorded anyway, its last commands are saved.
    """
    from discstack.address import parse_address
    from discstack.recorder import Recorder
    from discstack.transport.base import TransportError

    with recorded(trace) as record:
        try:
            recorder = Recorder(parse_address(address), record=record, unmount=bool(unmount), on_wait=_say_note)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except TransportError as error:
            if parse_address(address).shared:
                error.add_note(f"discstack doctor {address} looks for what stands in the way")
            raise
        with recorder:
            try:
                if unmount is not None:
                    recorder.check_available()
                yield recorder
            except Exception as error:
                if record is None and is_failure(error):
                    save_last_commands(recorder, error)
                raise


def _say_note(words: str) -> None:
    say(f"note: {words}")


def leave(recorder: Recorder, *, reload: bool = False, eject: bool = False) -> None:
    """Move the tray as was asked; say so where the system still takes the disc for what it was when it came.

    To be called last, so that a tray which does not move hides nothing of what was done.
    """
    if reload:
        recorder.reload()
    if eject:
        recorder.eject()
    elif (sectors := recorder.stale_sectors()) is not None:
        told = f"note: the system still sees the first {sectors} of the disc's sectors, and mounts no more; "
        say(f"{told}eject it and load it again (burn --reload does)")


@contextmanager
def recorded(path: str | None) -> Iterator[ExchangeObserver | None]:
    """Give what records commands in a file, None where nobody asked for it."""
    if path is None:
        yield None
    elif path == "-":
        check_standard_output(trace=path, json=click.get_current_context().params.get("as_json"))
        from discstack.transport.record.observers import FileRecorder
        from discstack.transport.record.text import TextWriter

        recorder = FileRecorder(TextWriter(sys.stdout))
        try:
            yield recorder
        except BaseException as error:
            if recorder.failure:
                error.add_note(f"{STANDARD_OUTPUT}: {recorder.failure.strerror}: not all commands are recorded")
            raise
        if recorder.failure:
            with naming(STANDARD_OUTPUT):
                raise recorder.failure
    else:
        from discstack.recording import recording_to

        with recording_to(path) as record:
            yield record


def check_records(sources: Iterable[str], *names: str | None) -> None:
    """Refuse files for traces and curves that would take the place of sources, or of what lies in one, with data."""
    given = ((name, path_of(name)) for name in names if name is not None and name != "-")
    full = [(name, place) for name, place in given if place.is_file() and place.stat().st_size]
    for (name, place), source in product(full, map(path_of, sources)):
        if source.exists() and (place.samefile(source) or place.resolve().is_relative_to(source.resolve())):
            raise click.UsageError(f"{name} is one of the sources, or lies in one; what is recorded needs another file")


@contextmanager
def uncollected() -> Iterator[None]:
    """Let a large tree be made without the search for garbage among it: there is none, and the search takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
