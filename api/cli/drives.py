"""`discstack drives` and `discstack info`: what is there, without changing anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import click

from discstack.cli.common import drive_command, json_option, open_recorder
from discstack.cli.interruption import stopping
from discstack.cli.output import (
    SECTOR,
    fields_of,
    is_structure,
    plain,
    print_fields,
    print_json,
    print_json_line,
    size,
    spell,
)
from discstack.cli.streams import print_line, say

if TYPE_CHECKING:
    from discstack.drive_watch import DriveWatch
    from discstack.events import Event
    from discstack.mmc.inspection import Inspection
    from discstack.mmc.medium import MediumStatus, Track
    from discstack.recorder import Recorder
    from discstack.transport.system import DriveEntry

WIDEST_VALUE = 100
HAPPENED = {
    "DriveAdded": "attached",
    "DriveRemoved": "gone",
    "MediumInserted": "medium inserted",
    "MediumRemoved": "medium removed",
    "EjectRequested": "eject button pressed",
}


@click.command()
@click.option("--watch", is_flag=True, help="Go on with what happens to them, until Ctrl-C; JSON a line each.")
@click.option("--interval", type=click.FloatRange(0.01), metavar="SECONDS", help="Look at everything so often.")
@json_option
def drives(watch: bool, interval: float | None, as_json: bool) -> None:
    """List the drives of this machine. The exit code is 0 even if there are none."""
    from discstack import DiscMaster

    master = DiscMaster()
    if interval and not watch:
        raise click.UsageError("--interval belongs to --watch")
    if watch:
        _watch(master.watch(interval=interval) if interval else master.watch(), as_json)
        return
    found = list(master)
    if as_json:
        print_json(found)
        return
    for drive in found:
        _say_drive(drive)
    if not found:
        say("no drives found; try one that needs no hardware: discstack info virtual:dvd+r")


def _say_drive(drive: DriveEntry) -> None:
    also = ", ".join(filter(None, [drive.generic if drive.generic != drive.address else None, *drive.names]))
    connected = ", ".join(filter(None, [drive.bus, drive.serial and f"serial number {drive.serial}"]))
    print_line(f"{drive.address:<12} {drive.vendor} {drive.model} {drive.revision} ({connected})")
    if also:
        print_line(f"{'':<12} also {also}")


def _watch(started: DriveWatch, as_json: bool) -> None:
    with started as watch, stopping(watch):
        for drive in watch.drives:
            medium = {True: "medium", False: "no medium", None: None}[watch.has_medium(drive)]
            if as_json:
                print_json_line({"event": "DrivePresent", "drive": drive, "medium": watch.has_medium(drive)})
            else:
                _say_drive(drive)
                print_line(f"{'':<12} {medium}") if medium else None
        for event in watch:
            if as_json:
                print_json_line({"event": type(event).__name__, **plain(event)})
            else:
                print_line(_spell_event(event))


def _spell_event(event: Event) -> str:
    from discstack import events

    match event:
        case events.DriveEvent(drive=drive):
            return f"{drive.address:<12} {HAPPENED[type(event).__name__]}: {drive.vendor} {drive.model}"
        case events.Notice(message=message):
            return f"note: {message}"
    return repr(event)


@click.command()
@click.argument("drive")
@click.option("--features", is_flag=True, help="All features, current or not (GET CONFIGURATION).")
@click.option("--modes", is_flag=True, help="All mode pages (MODE SENSE).")
@click.option("--disc", is_flag=True, help="All that the drive says of the disc.")
@click.option("--all", "everything", is_flag=True, help="All of these.")
@drive_command
def info(
    drive: str, features: bool, modes: bool, disc: bool, everything: bool, as_json: bool, trace: str | None
) -> None:
    """Show what a drive and its medium say of themselves. Changes nothing."""
    from discstack.mmc import inspection

    chosen = [
        ("drive", inspection.DRIVE, everything),
        ("features", inspection.FEATURES, features or everything),
        ("modes", inspection.MODES, modes or everything),
        ("disc", inspection.DISC, disc or everything),
    ]
    with open_recorder(drive, trace) as recorder:
        medium = recorder.medium()
        found = {title: recorder.inspect(questions) for title, questions, wanted in chosen if wanted}
        summary = _summary(recorder)
    if as_json:
        print_json({**summary, "medium": medium, "multi_session": medium.multi_session, **found})
        return
    print_fields(drive, summary)
    _say_medium(medium)
    for inspected in found.values():
        for question, answer in inspected.answers.items():
            _say_answer(question, answer)
    _say_unanswered(found.values())


def _say_unanswered(found: Collection[Inspection]) -> None:
    """Say why there was no answer; what drives know nothing of with such a medium is only named (--json has it all)."""
    for inspected in found:
        for question, reason in inspected.refusals.items():
            if question not in inspected.foreign:
                print_line(f"{click.style(question, bold=True)}: no answer: {reason}")
    if foreign := [question for inspected in found for question in inspected.foreign]:
        print_line(f"{click.style('not known to the drive, or not with this medium', bold=True)}: {', '.join(foreign)}")


def _summary(recorder: Recorder) -> dict[str, Any]:
    return {
        "vendor": recorder.vendor_id,
        "product": recorder.product_id,
        "revision": recorder.product_revision,
        "profiles": recorder.supported_profiles(),
    }


def _say_medium(medium: MediumStatus) -> None:
    rows: dict[str, Any] = {"state": medium.state.value, "more": medium.detail, "why": medium.reason}
    if medium.capacity_blocks:
        rows |= {
            "capacity": _blocks(medium.capacity_blocks),
            "used": _blocks(medium.used_blocks),
            "free": _blocks(medium.free_blocks),
            "next write at": medium.next_writable_address,
            "next session": "-C {},{}".format(*medium.multi_session) if medium.multi_session else "",
            "sessions": f"{medium.sessions}{', the last one not closed' if medium.open_session else ''}",
            "tracks": ", ".join(map(_track, medium.tracks)),
            "erasable": medium.erasable,
            "writing": ", ".join(mode.value for mode in medium.modes),
            "first layer": _blocks(medium.layer_break) if medium.layer_break else "",
            "formats": "; ".join(str(choice) for choice in medium.formats),
            "write speeds": ", ".join(str(speed) for speed in medium.write_speeds),
            "next steps": ", ".join(sorted(action.value for action in medium.actions)),
        }
    print_fields(medium.name or "medium", rows)


def _track(track: Track) -> str:
    state = ", damaged" if track.damaged else ", open" if track.is_open else ""
    return f"{track.number}: {track.start}-{max(track.data_end, track.start + 1) - 1}{state}"


def _blocks(count: int) -> str:
    return f"{count} sectors ({size(count * SECTOR)})"


def _say_answer(question: str, answer: Any) -> None:
    """Print an answer of any shape: a structure by its fields, a list of structures each by its own."""
    if isinstance(answer, Mapping):
        for name, item in answer.items():
            _say_answer(f"{question} {name}", item)
    elif isinstance(answer, (tuple, list)):
        for item in answer:
            _say_answer(question, item)
    elif is_structure(answer):
        _say_structure(question, answer)
    else:
        print_fields(question, {"": answer})


def _say_structure(title: str, structure: Any) -> None:
    rows, below = {}, []
    for name, value in fields_of(structure).items():
        if isinstance(value, tuple) and value and is_structure(value[0]):
            below.append((_words(name), value))
        else:
            rows[_words(name)] = _line(value) if is_structure(value) else _short(value)
    print_fields(f"{title}: {type(structure).__name__}", rows)
    for name, items in below:
        for item in items:
            print_line(f"  {name}: {_line(item)}")


def _line(structure: Any) -> str:
    """Spell a structure within another one on a line of its own: its class, then the fields that say something."""
    selector = getattr(structure, "selector", None)  # what the class says already
    fields = [(_words(name), value) for name, value in fields_of(structure).items() if name != selector]
    said = [
        name if value is True else f"{name} {_nested(value)}"
        for name, value in fields
        if value not in (False, None, ())
    ]
    return f"{click.style(type(structure).__name__, bold=True)} " + ", ".join(said)


def _nested(value: Any) -> str:
    if isinstance(value, tuple) and value and is_structure(value[0]):
        return "(" + "; ".join(_line(item) for item in value) + ")"
    return spell(_short(value))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _short(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.rstrip(b"\0").hex(" ") or f"{len(value)} zero bytes" if value else "none"
    text = str(value)
    return f"{text[:WIDEST_VALUE]}..." if isinstance(value, str) and len(text) > WIDEST_VALUE else value
