"""How data is written: the options of `discstack burn` about that, and the writer that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from discstack.cli.amount import Amount
from discstack.cli.common import names_of

if TYPE_CHECKING:
    from discstack import DataWriter, WriteMode
    from discstack.recorder import Recorder

MODES: Final = {
    "incremental": "incremental",
    "at-once": "disc at once",
    "packets": "fixed packets",
    "variable-packets": "variable packets",
}
LEVELS: Final = ("none", "quick", "full")


class Speed(click.ParamType[str]):
    """A write speed: 16x or 16 in multiples of the medium's 1x, 22160kB/s, min or max."""

    name = "speed"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form; the medium decides what an x is."""
        from discstack.speed import parse_speed

        try:
            parse_speed(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


FEED_OPTIONS: Final = (
    click.option(
        "--transfer", type=Amount(), metavar="BYTES", help="How much one WRITE carries, instead of what suits."
    ),
    click.option("--ring", type=Amount(), metavar="BYTES", help="Size of the buffer in front of the drive."),
)
WAY_OPTIONS: Final = (
    click.option("--erase", is_flag=True, help="Permit that the data on a rewritable disc is lost."),
    click.option("--speed", type=Speed(), metavar="X", help="Write speed: 16x, 22160kB/s, min, max (the default)."),
    click.option("--verify", type=click.Choice(LEVELS), default="full", show_default=True, help="What to read back."),
    click.option("--simulate", is_flag=True, help="Do all but write; only where the medium has that."),
    click.option("--close", is_flag=True, help="Close the disc: nothing can be added afterwards."),
    click.option(
        "--leave-open", is_flag=True, help="CD in packets: leave the track open, so that --append goes on in it."
    ),
    click.option("--overburn", is_flag=True, help="Write more than a CD says that it holds."),
    click.option("--xa", is_flag=True, help="CD: sectors of CD-ROM XA (mode 2, form 1), track at once or in packets."),
    click.option("--mode", type=click.Choice(MODES), help="How to write CD-R, CD-RW, DVD-R and DVD-RW."),
    click.option(
        "--layer-break", type=click.IntRange(1), metavar="SECTORS", help="DVD+R DL: so many on the first layer."
    ),
    click.option("--streaming", "command", flag_value="streaming", help="Full speed without defect management."),
    click.option(
        "--write-and-verify", "command", flag_value="write and verify", help="Let the drive check as it writes."
    ),
    click.option("--verify-speed", type=Speed(), metavar="X", help="Read back no faster than this."),
    *FEED_OPTIONS,
)


def ways_of(choices: dict[str, Any]) -> dict[str, Any]:
    """Take out of a command's choices what `WAY_OPTIONS` say: `writer_for` takes all of it."""
    return {name: choices.pop(name) for name in names_of(WAY_OPTIONS)}


def room_choices(way: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides how much room there is for an image."""
    return {"erase": way["erase"], "overburn": way["overburn"], "mode": _mode(way["mode"])}


def writer_for(
    recorder: Recorder,
    *,
    speed: str | None,
    verify: str,
    verify_speed: str | None,
    mode: str | None,
    command: str | None,
    transfer: int | None,
    ring: int | None,
    **choices: Any,
) -> DataWriter:
    """Return the writer that was chosen for the disc in a drive; the other `choices` have its own names."""
    from discstack import DataWriter, VerifyLevel, WriteCommand
    from discstack.speed import kilobytes, read_limit

    return DataWriter(
        recorder,
        speed=kilobytes(speed, recorder.medium()) if speed else None,
        verify=VerifyLevel(verify),
        verify_speed=read_limit(verify_speed, recorder.medium()),
        mode=_mode(mode),
        command=WriteCommand(command or "write"),
        transfer_bytes=transfer,
        ring_bytes=ring,
        **choices,
    )


def _mode(word: str | None) -> WriteMode | None:
    from discstack import WriteMode

    return WriteMode(MODES[word]) if word else None
