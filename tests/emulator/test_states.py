"""Every disc is driven along every arrow of the table of states, and the page with the diagrams is the table's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.emulator.states import ARROWS, Arrow, diagram, moves, state_of
from discstack.mmc.cd.composing import RawSession, RawSource, SubChannelForm
from discstack.mmc.cd.program import Program, ProgramTrack, lay_out

PAGE = Path(__file__).parents[2] / "docs" / "discs.md"
UNITS = {"bd-r": 32, "bd-re": 32}
Load = Callable[..., Any]


def medium_of(host: Any) -> Any:
    return host.transport.drive.medium


def write(host: Any) -> None:
    """Write a unit: where a sequential disc goes on, at the start of another one."""
    tracks = medium_of(host).tracks()
    last = tracks[-1]
    host.write(last.next_writable_address if last.nwa_v else 0, UNITS.get(medium_of(host).kind.name, 16))


def page_05h(host: Any, write_type: int, multi_session: int) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4], page[5] = 0x60 | write_type, multi_session << 6 | 5, 8, 16
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


def let_it_be_a_test(host: Any, *, on: bool) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2] = page[2] | 0x10 if on else page[2] & ~0x10
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


def write_as_a_test(host: Any) -> None:
    let_it_be_a_test(host, on=True)
    write(host)


def write_over(host: Any) -> None:
    write(host)
    host.write(0, 32)


def set_jump(host: Any, form: int, value: int) -> None:
    host.ok(f"BF 00 00000000 00 {form:02X} 000C 00 00", bytes.fromhex("000A 0000 00000000") + value.to_bytes(4, "big"))


def set_where_to_jump(host: Any) -> None:
    set_jump(host, 0x23, host.next_writable(0xFF) + 31)


def write_with_jumps(host: Any) -> None:
    page_05h(host, 4, 3)
    write(host)


def write_up_to_the_jump(host: Any) -> None:
    page_05h(host, 4, 3)
    set_where_to_jump(host)
    host.write(host.next_writable(), 32)


def write_above(host: Any) -> None:
    page_05h(host, 4, 3)
    track = medium_of(host).track_list[-1]
    host.write(host.next_writable(), track.piece - track.back)


def close_last_of_jumps(host: Any) -> None:
    page_05h(host, 4, 0)
    host.close(2)


def close_track(host: Any) -> None:
    if all(track.blank and not track.rt for track in medium_of(host).tracks()):
        write(host)
    host.sync()
    tracks = [track for track in medium_of(host).tracks() if track.rt or not track.blank]
    host.close(1, tracks[-1].logical_track_number)


def close_last_border(host: Any) -> None:
    page_05h(host, 0, 0)
    host.close(2)


def reserve(host: Any) -> None:
    host.ok("53 00 00 00 00 00000040 00")


def reserved_of(host: Any) -> Any:
    return next(track for track in medium_of(host).tracks() if track.rt)


def write_reserved(host: Any) -> None:
    host.write(reserved_of(host).next_writable_address)


def write_reserved_and_flush(host: Any) -> None:
    write_reserved(host)
    host.sync()


def fill_and_close(host: Any) -> None:
    track = reserved_of(host)
    host.write(track.next_writable_address, track.free_blocks)
    host.sync()
    host.close(2)


def reserve_at_once(host: Any) -> None:
    page_05h(host, 2, 0)
    host.ok("53 00 00 00 00 00000030 00")
    host.write(0, 16)


def write_the_rest(host: Any) -> None:
    first = medium_of(host).tracks()[0]
    host.write(first.next_writable_address, first.free_blocks)
    host.sync()


def eject(host: Any) -> None:
    host.ok("1B 00 00 00 02 00")
    host.ok("1B 00 00 00 03 00")
    host.drain()


def write_and_close(host: Any) -> None:
    host.write(0, 16)
    host.sync()
    host.close(2)


def power_cut(host: Any) -> None:
    if not medium_of(host).tracks()[-1].rt:
        write(host)
    host.transport.drive.lose_power()
    host.drain()


def compact_page(host: Any, write_type: int, multi_session: int) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4] = 0x40 | write_type, multi_session << 6 | 4, 8
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


def close_last_session(host: Any) -> None:
    compact_page(host, 1, 0)
    host.close(2)


def announce_and_begin(host: Any, multi_session: int = 0) -> None:
    """Announce a track of 4 s, and write its pre-gap and its beginning."""
    compact_page(host, 2, multi_session)
    start, number = medium_of(host).track_list[-1].start, len(medium_of(host).track_list)
    times = [divmod(start + at, 4500) for at in (0, 150, 450)]
    pre_gap, first, end = (f"{m:02X}{rest // 75:02X}{rest % 75:02X}" for m, rest in times)
    rows = (f"41{number:02X}001000{pre_gap}", f"41{number:02X}011000{first}", f"41AA011400{end}")
    sheet = bytes.fromhex("4100001400000000" + "".join(rows))
    host.ok(f"5D 00 00 00 00 00 {len(sheet):06X} 00", sheet)
    host.write(start - 150, 200)


def write_announced(host: Any) -> None:
    track = medium_of(host).tracks()[-1]
    host.write(track.next_writable_address, track.logical_track_start_address + 300 - track.next_writable_address)
    host.sync()


def write_announced_as_not_the_last(host: Any) -> None:
    """Write all; what the drive says of its next address is that of track at once afterwards."""
    write_announced(host)
    compact_page(host, 1, 3)


def write_in_packets(host: Any) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5] = bytes((0x40, 0xC5, 8))
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    host.write(host.next_writable(), 64)
    host.sync()
    host.write(host.next_writable(), 64)


def record_raw(host: Any) -> None:
    """Write a lead-in that tells of a track of 4 s, that track, and a lead-out."""
    layout = lay_out(Program(tracks=(ProgramTrack(source=Zeros()),)))
    raw = RawSession(layout=layout, lead_in=-450)
    source = RawSource(raw, SubChannelForm.PQ)
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5] = bytes((0x43, 0x00, 1))
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    block = bytearray(source.sectors * 2368)
    filled = 0
    while filled < len(block):
        filled += source.readinto(memoryview(block)[filled:])
    for at in range(0, source.sectors, 25):
        piece = bytes(block[at * 2368 : (at + 25) * 2368])
        host.ok(host.write_cdb(raw.lead_in + at, len(piece) // 2368), piece)
    host.sync()


class Zeros:
    """Four seconds of silence."""

    sectors = 300

    def readinto(self, buffer: memoryview, /) -> int:
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def underrun(host: Any) -> None:
    """Let the buffer run empty without BURN-Free."""
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2] &= ~0x40
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    address = host.next_writable()
    host.transport.clock.sleep(60)
    host.write_refused(address, 16)


def format_in_packets(host: Any) -> None:
    host.format(int.from_bytes(host.formats()[12:16], "big"), 0x40, parameter=32)


def write_packets(host: Any) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5], page[10:14] = bytes((0x40, 0x25, 8)), (32).to_bytes(4, "big")
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    host.write(320, 64)


def blank_compact(kind: int) -> Callable[[Any], None]:
    def do(host: Any) -> None:
        compact_page(host, 1, 3)
        host.ok(f"A1 {kind:02X}" + "00" * 10)

    return do


def blank(kind: int) -> Callable[[Any], None]:
    def do(host: Any) -> None:
        host.ok(f"A1 {kind:02X}" + "00" * 10)
        page_05h(host, 0, 3)

    return do


FORMATS = {"dvd+rw": (0xFFFFFFFF, 0x98), "dvd-ram": (61424, 0x00), "bd-r": (0, 0x01), "bd-re": (0, 0x00)}


def format_disc(host: Any) -> None:
    name = medium_of(host).kind.name
    blocks, kind = FORMATS[name]
    if name == "dvd-ram":
        blocks = int.from_bytes(host.formats()[12:16], "big")
    host.format(blocks, kind)
    host.transport.clock.sleep(10)


KINDS = (0x00, 0x01, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x24, 0x26, 0x30, 0x31, 0x32)  # of FORMAT UNIT


def writing(host: Any, lba: int) -> tuple[str, bytes]:
    count = UNITS.get(medium_of(host).kind.name, 16)
    return host.write_cdb(lba, count), bytes(count * 2048)


def closing(function: int, number: int) -> Callable[[Any], None]:
    return lambda host: host.send(f"5B 00 {function:02X} 00 {number:04X} 00 00 00 00")


def formatting(blocks: int, kind: int) -> Callable[[Any], None]:
    return lambda host: host.send("04 11 00 00 00 00", host.format_list(blocks, kind))


ACTIONS: dict[str, Callable[[Any], None]] = {
    "write": write,
    "set the jump interval": lambda host: set_jump(host, 0x22, 0x1000),
    "set where to jump": set_where_to_jump,
    "write with jumps": write_with_jumps,
    "write up to the jump": write_up_to_the_jump,
    "write all that lies above": write_above,
    "close the last session of jumps": close_last_of_jumps,
    "write over": write_over,
    "write as a test": write_as_a_test,
    "end the test": lambda host: let_it_be_a_test(host, on=False),
    "flush": lambda host: host.sync(),
    "close track": close_track,
    "close session": lambda host: host.close(2),
    "finalize": lambda host: host.close(6),
    "close the last border": close_last_border,
    "reserve at once": reserve_at_once,
    "write the rest and flush": write_the_rest,
    "reserve": reserve,
    "write what is reserved": write_reserved,
    "write what is reserved and flush": write_reserved_and_flush,
    "fill it and close session": fill_and_close,
    "close the last session": close_last_session,
    "announce and begin": announce_and_begin,
    "write all that was announced": write_announced,
    "format in packets": format_in_packets,
    "write packets": write_packets,
    "format for Mount Rainier": lambda host: host.format(0xFFFFFFFF, 0x90),
    "write blocks": lambda host: host.write(5, 3),
    "write in packets": write_in_packets,
    "announce that another session may follow, and begin": lambda host: announce_and_begin(host, 3),
    "write all that was announced, with another session to follow": write_announced_as_not_the_last,
    "record raw": record_raw,
    "underrun": underrun,
    "unclose the last session": blank_compact(5),
    "erase the only session": blank_compact(6),
    "erase the last of several sessions": blank_compact(6),
    "eject": eject,
    "power cut": power_cut,
    "blank": blank(0),
    "blank minimally": blank(1),
    "format": format_disc,
    "format quickly": lambda host: host.format(0, 0x54, parameter=16),
    "format in full": lambda host: host.format(0, 0x40, parameter=16),
    "grow quickly": lambda host: host.format(0, 0x4C, parameter=16),
    "write and close": write_and_close,
    "set the layer break": lambda host: host.ok(
        "BF 00 00000000 00 20 000C 00 00", bytes.fromhex("000A 0000 00000000 00002000")
    ),
    "stop": lambda host: host.close(0),
    "restart": lambda host: host.format(0xFFFFFFFF, 0x98, parameter=1),
    "wait": lambda host: host.transport.clock.sleep(7200),
    "format for pseudo-overwrite": lambda host: host.format(0, 0x00),
    "format without spare areas": lambda host: host.format(0, 0xC4),
}


SLOW = ("record raw",)  # a way to nowhere that is not reached otherwise
SECOND_SESSION = ("write", "close session", "write", "close session")
# What an arrow needs that the names of states do not tell: the actions that lead to its start, from a new disc
WAYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("recording at once", "write all that was announced, with another session to follow"): (
        "announce that another session may follow, and begin",
    ),
    ("appendable", "erase the last of several sessions"): SECOND_SESSION,
    ("formatted", "erase the only session"): ("format in packets", "write packets"),
    ("Mount Rainier", "erase the only session"): ("format for Mount Rainier", "write blocks"),
    ("finalized", "erase the last of several sessions"): (*SECOND_SESSION[:3], "flush", "close the last session"),
}


def way_to_start(medium: str, arrow: Arrow) -> list[Arrow]:
    """Return a run of arrows from a new disc to where an arrow starts."""
    actions = WAYS.get((arrow.start, arrow.action))
    if actions is None:
        return way_to(medium, arrow.start)
    way, at = list[Arrow](), ARROWS[medium][0].start
    for action in actions:
        way.append(next(row for row in moves(medium) if (row.start, row.action) == (at, action)))
        at = way[-1].end
    return way


def way_to(medium: str, state: str) -> list[Arrow]:
    """Return the shortest run of arrows from a new disc to a state."""
    ways: dict[str, list[Arrow]] = {ARROWS[medium][0].start: []}
    while state not in ways:
        rows = [row for row in reversed(moves(medium)) if row.action not in SLOW]  # of several the first in the table
        fresh = {a.end: [*ways[a.start], a] for a in rows if a.start in ways and a.end not in ways}
        assert fresh, f"{state} of a {medium} is not reached by any arrow"
        ways.update(fresh)
    return ways[state]


@pytest.mark.parametrize(
    ("medium", "arrow"),
    [
        pytest.param(name, a, id=f"{name}: {a.start}, {a.action}".replace(" ", "-"))
        for name in ARROWS
        for a in moves(name)
    ],
)
def test_an_arrow_leads_where_the_table_says(load: Load, medium: str, arrow: Arrow) -> None:
    capacity = None if medium in ("dvd+rw", "bd-re") else 196608
    host = load(medium, capacity=capacity)
    for step in [*way_to_start(medium, arrow), arrow]:
        assert state_of(medium_of(host)) == step.start
        ACTIONS[step.action](host)
    assert state_of(medium_of(host)) == arrow.end


FORMATTING = [(blocks, kind << 2 | sub) for blocks in (0, 0xFFFFFFFF) for kind in KINDS for sub in (0, 1, 2)]
COMMANDS: dict[str, Callable[[Any], None]] = {
    "write": lambda host: host.send(*writing(host, host.next_writable() if medium_of(host).tracks()[-1].nwa_v else 0)),
    "write over": lambda host: host.send(*writing(host, 0)),
    "flush": lambda host: host.send("35 00 00000000 00 0000 00"),
    "reserve": lambda host: host.send("53 00 00 00 00 00000030 00"),
    "eject": eject,
    **{f"close {function} of {number}": closing(function, number) for function in range(7) for number in (0, 1, 0xFF)},
    **{f"blank {kind}": lambda host, kind=kind: host.send(f"A1 {kind:02X}" + "00" * 10) for kind in range(7)},
    **{f"format {kind:02X}h of {blocks:X}h": formatting(blocks, kind) for blocks, kind in FORMATTING},
}
STATES = [
    (medium, state)
    for medium in ARROWS
    for state in dict.fromkeys(name for arrow in moves(medium) for name in (arrow.start, arrow.end))
]


@pytest.mark.parametrize(("medium", "state"), STATES)
def test_no_command_leads_where_the_table_does_not_say(load: Load, medium: str, state: str) -> None:
    """What is not in the table is refused, or changes nothing of the state; formats and blanking take no time here."""
    known = {(arrow.start, arrow.end) for arrow in moves(medium)}
    for name, command in COMMANDS.items():
        host = load(medium, capacity=None if medium in ("dvd+rw", "bd-re") else 196608)
        for step in way_to(medium, state):
            ACTIONS[step.action](host)
        command(host)
        after = state_of(medium_of(host))
        assert after == state or (state, after) in known, f"{name} makes it {after}"


@pytest.mark.parametrize("medium", ARROWS)
def test_the_page_draws_the_table(medium: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    block = re.compile(rf"(## {re.escape(medium)}\n.*?```mermaid\n)(.*?)(\n```)", re.DOTALL)
    if os.environ.get("UPDATE_COOKBOOK"):
        PAGE.write_text(block.sub(lambda match: match[1] + diagram(medium) + match[3], text, count=1), encoding="utf-8")
        return
    found = block.search(text)
    assert found
    assert found[2] == diagram(medium)
