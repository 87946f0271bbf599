"""`discstack raw` and `discstack decode`: single commands and their bytes."""

from __future__ import annotations

from functools import partial
from typing import IO, Final

import click

from discstack.cli.common import drive_command, json_option, open_recorder
from discstack.cli.output import output_file, print_fields, print_json
from discstack.cli.paths import FilePath, OpenedFile
from discstack.cli.streams import print_line, say

LEAST_SENSE: Final = 8  # bytes, SPC-4 4.5: up to the additional sense length


class Hex(click.ParamType[bytes]):
    """Bytes in hexadecimal; spaces, colons and 0x are welcome."""

    name = "hex"

    def convert(self, value: str | bytes, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """Read the bytes."""
        if isinstance(value, bytes):
            return value
        try:
            data = bytes.fromhex(value.replace("0x", " ").replace(":", " ").replace(",", " "))
        except ValueError:
            self.fail(f"{value!r} is not hexadecimal", param, ctx)
        if not data:
            self.fail("there are no bytes", param, ctx)
        return data


@click.command(epilog="Example: discstack raw /dev/sr0 '12 00 00 00 24 00' --in 36 (INQUIRY).")
@click.argument("drive")
@click.argument("cdb", type=Hex(), metavar="CDB-HEX")
@click.option("--in", "allocation", type=click.IntRange(1), metavar="N", help="Expect up to N bytes of data.")
@click.option("--out", "source", type=OpenedFile("rb"), metavar="FILE", help="Send the contents of FILE.")
@click.option(
    "--save", type=FilePath(dir_okay=False, writable=True), metavar="FILE", help="Write the data received to FILE."
)
@click.option("--write", is_flag=True, help="Open the drive exclusively and for writing (--out does so too).")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="How long to wait; by default the command's own.",
)
@drive_command
def raw(
    drive: str,
    cdb: bytes,
    allocation: int | None,
    source: IO[bytes] | None,
    save: str | None,
    write: bool,
    timeout: float | None,
    as_json: bool,
    trace: str | None,
) -> None:
    """Send one command to a drive and show its answer.

    A unit attention keeps a drive from carrying a command out: it is told, and the command is sent once more. The exit
    code is 4 when the drive answers with anything but GOOD.
    """
    from discstack.mmc.spec.cdb import describe
    from discstack.mmc.spec.sense import Sense, SenseKey
    from discstack.transport.base import CDB_LENGTHS

    if len(cdb) not in CDB_LENGTHS:
        raise click.UsageError(f"a CDB has 6, 10, 12 or 16 bytes, not {len(cdb)}")
    if allocation and source:
        raise click.UsageError("--in and --out exclude each other: data goes one way")
    with open_recorder(drive, trace) as recorder:
        send = partial(
            recorder.execute,
            cdb,
            allocation=allocation or 0,
            data=source.read(recorder.transport.max_transfer + 1) if source else None,  # more is refused anyway
            timeout=timeout,
            write=write or bool(source),
        )
        reply = send()
        if (sense := Sense.parse(reply.sense)).key == SenseKey.UNIT_ATTENTION and not sense.deferred:
            say(f"note: {sense}; sent again")
            reply = send()
    data = bytes(reply.data)
    words = str(Sense.parse(reply.sense)) if reply.sense else None
    if as_json:
        answer = {"status": reply.status, "residual": reply.residual, "data": data, "sense": reply.sense}
        print_json({"command": describe(cdb), **answer, "sense_text": words})
    else:
        rows = {"status": f"{reply.status:#04x}", "sense": words, "received": f"{len(data)} bytes"}
        print_fields(describe(cdb), rows)
        if data and not save:
            print_line(dump(data))
    if save:
        with output_file(save, keep=False) as file:
            file.write(data)
    if reply.status:
        raise click.exceptions.Exit(4)


def dump(data: bytes) -> str:
    """Return a hexadecimal dump: offset, 16 bytes, and what of them is ASCII."""
    lines = []
    for offset in range(0, len(data), 16):
        row = data[offset : offset + 16]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{offset:06x}  {row.hex(' '):<47}  {shown}")
    return "\n".join(lines)


@click.group()
def decode() -> None:
    """Spell a CDB or sense data given in hexadecimal; needs no drive."""


@decode.command("cdb")
@click.argument("words", type=Hex(), nargs=-1, required=True, metavar="HEX...")
@json_option
def decode_cdb(words: tuple[bytes, ...], as_json: bool) -> None:
    """Spell a command descriptor block."""
    import discstack.mmc.spec.commands  # noqa: F401 - declares the commands that `lookup` knows
    from discstack.mmc.spec.cdb import describe, lookup

    data = b"".join(words)
    known = lookup(data)
    if known is None or len(data) < known.length:
        why = "no such command is known" if known is None else f"{known.name} takes {known.length} bytes"
        raise click.UsageError(f"{describe(data)}: {why}")
    fields = known.parse(data)
    if as_json:
        print_json({"name": known.name, "clause": known.clause, "fields": fields, "text": known.describe(data)})
        return
    rows = {name: f"{int(value):#x} ({int(value)})" for name, value in fields.items()}
    print_fields(f"{known.name} ({known.clause})", rows)


@decode.command("sense")
@click.argument("words", type=Hex(), nargs=-1, required=True, metavar="HEX...")
@json_option
def decode_sense(words: tuple[bytes, ...], as_json: bool) -> None:
    """Spell sense data, in fixed or descriptor form."""
    from discstack.mmc.spec.sense import Sense

    data = b"".join(words)
    if len(data) < LEAST_SENSE:
        say(f"note: sense data has {LEAST_SENSE} bytes at least, and here are {len(data)}: what is missing counts as 0")
    sense = Sense.parse(data)
    if as_json:
        print_json({"text": str(sense), "sense": sense, "advice": sense.advice})
        return
    rows = {
        "deferred": sense.deferred or None,
        "information": sense.information,
        "progress": None if sense.progress is None else f"{sense.progress:.0%}",
        "advice": sense.advice,
    }
    print_fields(str(sense), rows)
