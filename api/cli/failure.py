"""How a failure becomes words on the terminal (or JSON) and an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NoReturn

import click

from discstack.cli.interruption import interruptible
from discstack.cli.streams import give_up_output, prepare_streams, print_line, say
from discstack.fs.errors import printable

OK: Final = 0
FAILED: Final = 1
CANCELLED: Final = 130
# The first class that fits decides; named as "module:class", so that a `--help` imports none of them.
EXIT_CODES: Final = (
    ("discstack.mmc.errors:Cancelled", CANCELLED),
    ("discstack.mmc.errors:VerificationError", 6),
    ("discstack.mmc.errors:MediaError", 5),
    ("discstack.mmc.errors:DriveError", 4),
    ("discstack.transport.base:TransportError", 3),
    ("discstack.fs.errors:LayoutError", 7),
    ("discstack.fs.errors:SourceError", 7),
    ("discstack.fs.errors:VolumeError", 7),
)


def _exit_code(error: BaseException) -> int | None:
    """Return the code of one of our errors, looking only at modules that are loaded; None for any other."""
    for name, code in EXIT_CODES:
        module, _, attribute = name.partition(":")
        if module in sys.modules and isinstance(error, getattr(sys.modules[module], attribute)):
            return code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return CANCELLED
    return FAILED if isinstance(error, (OSError, ValueError, EOFError)) else None


def _coloured() -> bool | None:
    """Return False where nobody wants colours or bold letters (no-color.org), else None: a terminal has them."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _say(error: BaseException, as_json: bool) -> None:
    notes = getattr(error, "__notes__", [])
    message = _message(error)
    if as_json:
        _print_document(type(error).__name__, message, notes)
    say(f"discstack: {message}")
    for note in notes:
        say(f"  {note}")


def _print_document(kind: str, message: str, notes: Sequence[str] = ()) -> None:
    with suppress(OSError):  # perhaps it is this that failed
        print_line(json.dumps({"error": {"type": kind, "message": message, "notes": notes}}))


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:  # without the number that str() puts in front
        return f"{printable(str(error.filename))}: {error.strerror}" if error.filename is not None else error.strerror
    return str(error) or "interrupted"


def run_and_exit(command: click.Command, arguments: list[str] | None) -> NoReturn:
    """Run a click command; turn every foreseen error into its words and its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    prepare_streams()
    try:
        with interruptible():
            # where a command raised click's Exit, this returns its code
            ended = command.main(words, prog_name="discstack", standalone_mode=False, color=_coloured())
    except click.ClickException as error:
        if "--json" in words:
            _print_document("UsageError", error.format_message())
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        give_up_output()  # as with `| head`
        sys.exit(FAILED)
    except (Exception, KeyboardInterrupt) as raised:
        # click makes an Abort out of a KeyboardInterrupt and of an EOFError
        reason = raised.__cause__ or raised if isinstance(raised, click.Abort) else raised
        code = _exit_code(reason)
        if code is None:
            raise
        _say(reason, "--json" in words)
        sys.exit(getattr(reason, "exit_code", code))
    sys.exit(ended or OK)
