"""Each medium, each way to write it, each way to go on: what is done, and what the disc must be afterwards.

The rows are sections of the cookbook's pages. A step runs a job on a bench, which keeps account of what must be on the
disc; only the commands of a row's last step are the section's transcript.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.identify import identify
from discstack.mmc.job import WriteCommand
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import close_disc, close_session, close_track, erase, format_medium, repair
from discstack.mmc.recipe import FormatOptions
from discstack.transport.base import DeviceGone

BLOCKS = 40
INCREMENTAL, AT_ONCE = WriteMode.INCREMENTAL, WriteMode.DISC_AT_ONCE
FIXED_PACKETS, VARIABLE_PACKETS = WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS
STREAMING, VERIFYING = WriteCommand.STREAMING, WriteCommand.WRITE_AND_VERIFY
BLANK, APPENDABLE, FINALIZED = DiscState.BLANK, DiscState.APPENDABLE, DiscState.FINALIZED
OVERWRITABLE, INTERMEDIATE = DiscState.OVERWRITABLE, DiscState.INTERMEDIATE


@dataclass
class Bench:
    """A drive that is worked with, and what must be on its disc: images by seed and blocks, by address."""

    lab: Any
    tap: Any
    images: dict[int, tuple[int, int]] = field(default_factory=dict)
    burns: int = 0

    def run(self, procedure: Any) -> Any:
        self.tap.seen.clear()
        return self.lab.run(procedure, self.tap)

    def burn(self, blocks: int = BLOCKS, start: int = 0, **options: Any) -> None:
        self.burns += 1
        self.run(burn(self.lab.job(source=self.lab.source(blocks, self.burns), start=start, **options)))
        if not options.get("simulate"):
            self.images[start] = (self.burns, blocks)

    def next_writable_address(self) -> int | None:
        """Look at the disc, which no fault is meant for."""
        with self.tap.spared():
            address: int | None = self.lab.run(identify(), self.tap).next_writable_address
        return address

    def check(self) -> None:
        for start, (seed, blocks) in self.images.items():
            assert self.tap.on_disc(start, blocks) == self.lab.image(blocks, seed), f"blocks from {start} on"


Step = Callable[[Bench], None]


@dataclass(frozen=True)
class Variant:
    """Steps, the state and the number of sessions that they lead to, and whether the last one is then open."""

    steps: tuple[Step, ...]
    state: DiscState
    sessions: int
    open: bool = False


def burning(**options: Any) -> Step:
    return lambda bench: bench.burn(**options)


def appending(**options: Any) -> Step:
    def step(bench: Bench) -> None:
        bench.burn(start=bench.next_writable_address(), **options)

    return step


def doing(job: Callable[..., Any], *arguments: Any, loses: bool = False, **options: Any) -> Step:
    def step(bench: Bench) -> None:
        bench.run(job(*arguments, **options))
        if loses:
            bench.images.clear()

    return step


def formatting(**options: Any) -> Step:
    return doing(format_medium, FormatOptions(**options), loses=True)


def break_off(bench: Bench, **options: Any) -> None:
    """Leave behind what a burn leaves whose computer went away: nothing is flushed or closed."""
    writes = [0x2A]

    def execute(command: Any, inner: Any = bench.tap.execute) -> Any:
        if not writes and command.cdb[0] != 0x1E:
            raise DeviceGone("the computer went away")
        if command.cdb[0] in writes:
            writes.clear()
        return inner(command)

    bench.tap.execute = execute
    with pytest.raises(DeviceGone):
        bench.burn(**options)
    del bench.tap.execute
    bench.images.clear()


def power_cut(bench: Bench) -> None:
    """Leave a track without an end."""
    break_off(bench)
    bench.tap.inner.drive.lose_power()


def break_off_packets(bench: Bench) -> None:
    """Leave a track of packets open."""
    break_off(bench, mode=FIXED_PACKETS)


def break_off_at_once(bench: Bench) -> None:
    """Leave a recording at once behind that will never have an end."""
    break_off(bench, mode=AT_ONCE)
    bench.tap.inner.drive.medium.put_away()


def take_back(bench: Bench) -> None:
    """Erase the session that was written last."""
    bench.run(blank_part(BlankType.ERASE_LAST_SESSION))
    bench.images.popitem()


def overburn(bench: Bench) -> None:
    """Write four blocks more than the disc says that it holds."""
    bench.burn(blocks=bench.tap.inner.drive.medium.capacity + 4, overburn=True, close=True)


FIRST, LAST, OVER = burning(), appending(close=True), burning(erase=True)
ERASE, ERASE_IN_FULL = doing(erase, loses=True), doing(erase, full=True, loses=True)
FORMAT, FORMAT_IN_FULL = formatting(), formatting(full=True)
CLOSE_TRACK, CLOSE_SESSION, CLOSE_DISC = doing(close_track), doing(close_session), doing(close_disc)
REPAIR = doing(repair)
AT_ONCE_FIRST = burning(mode=AT_ONCE)
UNCLOSE = doing(blank_part, BlankType.UNCLOSE_LAST_SESSION)
Rows = dict[str, Variant]

# What media have that are written once, or like such, in sessions.
SESSIONS: Rows = {
    "Burn": Variant((FIRST,), APPENDABLE, 1),
    "Append": Variant((FIRST, appending()), APPENDABLE, 2),
    "Append and finalize": Variant((FIRST, LAST), FINALIZED, 2),
    "Finalize at once": Variant((burning(close=True),), FINALIZED, 1),
    "Close the disc": Variant((FIRST, CLOSE_DISC), FINALIZED, 1),
    "Close the track": Variant((break_off, CLOSE_TRACK), APPENDABLE, 1, open=True),
    "Close the session": Variant((break_off, CLOSE_SESSION), APPENDABLE, 1),
    "Repair": Variant((power_cut, REPAIR), APPENDABLE, 1),
    "Append after a repair": Variant((break_off, REPAIR, appending()), APPENDABLE, 2),
}
DVD_MINUS: Rows = {
    **SESSIONS,
    "At once": Variant((burning(mode=AT_ONCE),), FINALIZED, 1),
    "Test": Variant((burning(simulate=True),), BLANK, 0),
    "Test at once": Variant((burning(mode=AT_ONCE, simulate=True),), BLANK, 0),
}
OPEN_PACKETS = burning(mode=FIXED_PACKETS, leave_open=True)
OPEN_VARIABLE = burning(mode=VARIABLE_PACKETS, leave_open=True)
# A CD's track ends with the flush, and a disc without an open session cannot be closed any further.
COMPACT: Rows = {
    **{name: SESSIONS[name] for name in ("Burn", "Append", "Append and finalize", "Finalize at once")},
    "At once": Variant((AT_ONCE_FIRST,), APPENDABLE, 1),
    "At once, finalized": Variant((burning(mode=AT_ONCE, close=True),), FINALIZED, 1),
    "Append at once": Variant((FIRST, appending(mode=AT_ONCE)), APPENDABLE, 2),
    "Append at once and finalize": Variant((AT_ONCE_FIRST, appending(mode=AT_ONCE, close=True)), FINALIZED, 2),
    "Overburn": Variant((overburn,), FINALIZED, 1),
    "In packets": Variant((burning(mode=FIXED_PACKETS),), APPENDABLE, 1),
    "In packets that vary": Variant((burning(mode=VARIABLE_PACKETS),), APPENDABLE, 1),
    "Append in packets and finalize": Variant((FIRST, appending(mode=FIXED_PACKETS, close=True)), FINALIZED, 2),
    "Append in packets that vary": Variant((FIRST, appending(mode=VARIABLE_PACKETS)), APPENDABLE, 2),
    "Leave a track of packets open": Variant((OPEN_PACKETS,), APPENDABLE, 1, open=True),
    "Go on in a track of packets": Variant((OPEN_PACKETS, appending()), APPENDABLE, 1),
    "Go on in a track of packets and finalize": Variant((OPEN_PACKETS, LAST), FINALIZED, 1),
    "Go on in a track of packets that vary": Variant((OPEN_VARIABLE, appending()), APPENDABLE, 1),
    "Go on, and leave the track open again": Variant(
        (OPEN_VARIABLE, appending(leave_open=True), appending(leave_open=True)), APPENDABLE, 1, open=True
    ),
    "Go on after a broken burn": Variant((break_off_packets, appending()), APPENDABLE, 1),
    "Test": Variant((burning(simulate=True),), BLANK, 0),
    "Test at once": Variant((burning(mode=AT_ONCE, simulate=True),), BLANK, 0),
    "Test in packets": Variant((burning(mode=FIXED_PACKETS, simulate=True),), BLANK, 0),
    "Close the track": Variant((break_off, CLOSE_TRACK), APPENDABLE, 1, open=True),
    "Close a track of packets": Variant((OPEN_PACKETS, CLOSE_TRACK), APPENDABLE, 1, open=True),
    "Add a track to the open session": Variant((OPEN_PACKETS, CLOSE_TRACK, appending()), APPENDABLE, 1),
    "Close the session": Variant((break_off, CLOSE_SESSION), APPENDABLE, 1),
    "Close a session of packets": Variant((break_off_packets, CLOSE_SESSION), APPENDABLE, 1),
    "Close the disc": Variant((break_off, CLOSE_DISC), FINALIZED, 1),
    "Repair": Variant((power_cut, REPAIR), APPENDABLE, 1),
    "Repair a session at once": Variant((break_off_at_once, REPAIR), APPENDABLE, 1),
    "Append after a repair": Variant((power_cut, REPAIR, appending()), APPENDABLE, 2),
}
OVERWRITTEN: Rows = {
    "Burn": Variant((FIRST,), OVERWRITABLE, 1),
    "Burn over": Variant((FIRST, OVER), OVERWRITABLE, 1),
    "Erase": Variant((FIRST, ERASE), OVERWRITABLE, 0),
    "Format": Variant((FORMAT,), OVERWRITABLE, 0),
}
PSEUDO_OVERWRITE = formatting(pseudo_overwrite=True)
VARIANTS: dict[str, Rows] = {
    "cd-r": COMPACT,
    "cd-rw": {
        **COMPACT,
        "Burn over": Variant((FIRST, OVER), APPENDABLE, 1),
        "Burn over at once and finalize": Variant((FIRST, burning(erase=True, mode=AT_ONCE, close=True)), FINALIZED, 1),
        "Erase": Variant((FIRST, ERASE), BLANK, 0),
        "Erase in full": Variant((FIRST, ERASE_IN_FULL), BLANK, 0),
        "Erase the last session": Variant((FIRST, LAST, take_back), APPENDABLE, 1),
        "Erase the end of the last session": Variant((FIRST, LAST, UNCLOSE), APPENDABLE, 2, open=True),
        "Format": Variant((FORMAT,), OVERWRITABLE, 0),
        "Burn formatted": Variant((FORMAT, FIRST), OVERWRITABLE, 1),
        "Burn over what is formatted": Variant((FORMAT, FIRST, OVER), OVERWRITABLE, 1),
        "Erase what is formatted": Variant((FORMAT, FIRST, ERASE), OVERWRITABLE, 0),
        "Erase the session of what is formatted": Variant((FORMAT, FIRST, take_back), BLANK, 0),
        "Back to sequential recording": Variant((FORMAT, FIRST, ERASE_IN_FULL), BLANK, 0),
    },
    "dvd+r": SESSIONS,
    "dvd+r-dl": {
        **SESSIONS,
        "Set the layer break": Variant((burning(layer_break=8192),), APPENDABLE, 1),
    },
    "dvd-r": DVD_MINUS,
    "dvd-r-dl": {
        "Burn": Variant((FIRST,), FINALIZED, 1),
        "At once": Variant((burning(mode=AT_ONCE),), FINALIZED, 1),
        "Test": Variant((burning(simulate=True),), BLANK, 0),
        "Test at once": Variant((burning(mode=AT_ONCE, simulate=True),), BLANK, 0),
        "Close the track": Variant((break_off, CLOSE_TRACK), APPENDABLE, 1, open=True),
        "Close the session": Variant((break_off, CLOSE_SESSION), FINALIZED, 1),
        "Close the disc": Variant((break_off, CLOSE_DISC), FINALIZED, 1),
        "Repair": Variant((power_cut, REPAIR), FINALIZED, 1),
    },
    "dvd-rw": {
        **DVD_MINUS,
        "Burn over": Variant((FIRST, OVER), APPENDABLE, 1),
        "Burn over and finalize": Variant((FIRST, burning(erase=True, close=True)), FINALIZED, 1),
        "Erase": Variant((FIRST, ERASE), BLANK, 0),
        "Erase in full": Variant((FIRST, ERASE_IN_FULL), BLANK, 0),
        "Erase a broken recording at once": Variant((break_off_at_once, ERASE), BLANK, 0),
        "Burn after a quick erase": Variant((FIRST, ERASE, FIRST), FINALIZED, 1),
        "Format": Variant((FORMAT,), INTERMEDIATE, 0, open=True),
        "Format in full": Variant((FORMAT_IN_FULL,), OVERWRITABLE, 0),
        "Burn formatted": Variant((FORMAT, FIRST), OVERWRITABLE, 1),
        "Burn formatted in full": Variant((FORMAT_IN_FULL, FIRST), OVERWRITABLE, 1),
        "Burn over what is formatted": Variant((FORMAT, FIRST, OVER), OVERWRITABLE, 1),
        "Burn beyond what is formatted": Variant(
            (FORMAT, FIRST, burning(blocks=2 * BLOCKS, erase=True)), OVERWRITABLE, 1
        ),
        "Erase what is formatted": Variant((FORMAT, FIRST, ERASE), OVERWRITABLE, 0),
        "Repair what is formatted": Variant((FORMAT, break_off, REPAIR), OVERWRITABLE, 1),
        "Back to sequential recording": Variant((FORMAT, FIRST, ERASE_IN_FULL), BLANK, 0),
    },
    "dvd+rw": {
        **OVERWRITTEN,
        "Format": Variant((FORMAT,), OVERWRITABLE, 0, open=True),
        "Format and wait": Variant((FORMAT_IN_FULL,), OVERWRITABLE, 0),
        "Stop the background format": Variant((FORMAT, CLOSE_SESSION), OVERWRITABLE, 0),
        "Take the background format up again": Variant(
            (FORMAT, CLOSE_SESSION, formatting(resume=True)), OVERWRITABLE, 0, open=True
        ),
        "Burn after the format was stopped": Variant((FORMAT, CLOSE_SESSION, FIRST), OVERWRITABLE, 1),
    },
    "dvd-ram": {
        **OVERWRITTEN,
        "Burn by streaming": Variant((burning(command=STREAMING),), OVERWRITABLE, 1),
        "Burn and verify each piece": Variant((burning(command=VERIFYING),), OVERWRITABLE, 1),
        "Format in full": Variant((FORMAT_IN_FULL,), OVERWRITABLE, 0),
        "Format without supplementary spare area": Variant((formatting(spare_blocks=0),), OVERWRITABLE, 0),
        "Enlarge the spare area": Variant(
            (formatting(spare_blocks=0), FIRST, doing(format_medium, FormatOptions(format_type=1))), OVERWRITABLE, 1
        ),
    },
    "bd-r": {
        **SESSIONS,
        "Burn by streaming": Variant((burning(command=STREAMING),), APPENDABLE, 1),
        "Burn and verify each piece": Variant((burning(command=VERIFYING),), APPENDABLE, 1),
        "Format": Variant((FORMAT,), BLANK, 0),
        "Burn with spare areas": Variant((FORMAT, FIRST), APPENDABLE, 1),
        "Append and finalize with spare areas": Variant((FORMAT, FIRST, LAST), FINALIZED, 2),
        "Format for pseudo-overwrite": Variant((PSEUDO_OVERWRITE,), OVERWRITABLE, 0),
        "Burn with pseudo-overwrite": Variant((PSEUDO_OVERWRITE, FIRST), OVERWRITABLE, 1),
        "Burn over": Variant((PSEUDO_OVERWRITE, FIRST, OVER), OVERWRITABLE, 1),
    },
    "bd-re": {
        **OVERWRITTEN,
        "Format with certification": Variant((FORMAT_IN_FULL,), OVERWRITABLE, 0),
        "Format without spare areas": Variant((formatting(spare_blocks=0),), OVERWRITABLE, 0),
        "Burn without spare areas": Variant((formatting(spare_blocks=0), FIRST), OVERWRITABLE, 1),
        "Burn by streaming": Variant((FORMAT, burning(command=STREAMING)), OVERWRITABLE, 1),
        "Burn and verify each piece": Variant((FORMAT, burning(command=VERIFYING)), OVERWRITABLE, 1),
    },
}
FILLED = {"Overburn": 400}  # what fills a disc has a small one, in blocks
# Discs with more layers are held to the pages of those with one.
MORE_LAYERS = {"bd-r-dl": "bd-r", "bd-r-tl": "bd-r", "bd-r-ql": "bd-r", "bd-re-dl": "bd-re", "bd-re-tl": "bd-re"}
