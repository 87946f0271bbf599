"""What is said to be legal next is done by the drive, in every state that jobs and what breaks them leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from variants import (
    AT_ONCE,
    FILLED,
    OPEN_PACKETS,
    VARIANTS,
    Bench,
    break_off,
    break_off_at_once,
    power_cut,
)

from discstack.mmc.burn import burn
from discstack.mmc.errors import DriveError
from discstack.mmc.identify import identify
from discstack.mmc.medium import Action, DiscState, MediumStatus
from discstack.mmc.operations import close_disc, close_session, close_track, erase, format_medium, repair
from discstack.transport.base import DeviceGone

Step = Callable[[Bench], None]

WRITE, FLUSH = 0x2A, 0x35
CAPACITY: Final = {"dvd-r-dl": 64, "dvd+rw": 2295104}
DO: Final[Mapping[Action, Callable[[Any, MediumStatus], Any]]] = {
    Action.WRITE: lambda lab, status: burn(lab.job(40, erase=True)),
    Action.APPEND: lambda lab, status: burn(lab.job(40, start=status.next_writable_address)),
    Action.ERASE: lambda lab, status: erase(),
    Action.FORMAT: lambda lab, status: format_medium(),
    Action.CLOSE_TRACK: lambda lab, status: close_track(),
    Action.CLOSE_SESSION: lambda lab, status: close_session(),
    Action.CLOSE_DISC: lambda lab, status: close_disc(),
    Action.REPAIR: lambda lab, status: repair(),
}


def at_once_until(opcode: int, sent: int, *, simulate: bool = False, power: bool = False) -> Step:
    """Return what breaks a recording at once off when so many of its commands were sent."""

    def step(bench: Bench) -> None:
        count = 0

        def execute(command: Any, inner: Any = bench.tap.execute) -> Any:
            nonlocal count
            if command.cdb[0] == opcode:
                count += 1
            if count > sent and command.cdb[0] != 0x1E:
                raise DeviceGone("the computer went away")
            return inner(command)

        bench.tap.execute = execute
        with pytest.raises(DeviceGone):
            bench.burn(mode=AT_ONCE, simulate=simulate)
        del bench.tap.execute
        if power:
            bench.tap.inner.drive.lose_power()

    return step


BROKEN: Final[list[tuple[Step, ...]]] = [(break_off,), (power_cut,)]
AT_ONCE_BROKEN: Final[list[tuple[Step, ...]]] = [
    (break_off_at_once,),
    *(
        (at_once_until(opcode, sent, simulate=simulate, power=power),)
        for opcode, sent in ((WRITE, 0), (WRITE, 1), (FLUSH, 0))
        for simulate in (False, True)
        for power in (False, True)
    ),
]


def ways(medium: str) -> Iterator[tuple[Step, ...]]:
    """Yield the steps to what there may be of a medium: before and after each way to write it, and what breaks off."""
    for section, variant in VARIANTS[medium].items():
        if section not in FILLED:
            yield from (variant.steps[:count] for count in range(len(variant.steps) + 1))
    yield from BROKEN
    if medium.startswith(("cd", "dvd-r")) and medium != "dvd-ram":
        yield from AT_ONCE_BROKEN


def reach(lab: Any, medium: str, steps: tuple[Step, ...]) -> tuple[Any, MediumStatus]:
    bench = Bench(lab, lab.drive(medium, CAPACITY.get(medium, 65536), speed=4))
    for step in steps:
        step(bench)
    return bench.tap, lab.run(identify(), bench.tap)


@pytest.mark.parametrize("medium", VARIANTS)
def test_every_action_that_is_said_to_be_legal_is_done(lab: Any, medium: str) -> None:
    tried = set()
    for steps in dict.fromkeys(ways(medium)):
        _, status = reach(lab, medium, steps)
        for action in status.actions:
            kind = (action, status.state, status.open_session, status.reason, status.blank, status.tracks[-1:] == ())
            if kind in tried:
                continue
            tried.add(kind)
            tap, status = reach(lab, medium, steps)
            try:
                lab.run(DO[action](lab, status), tap)
            except DriveError as error:
                pytest.fail(f"{action.value} is refused where {status}: {error}")
    assert tried


WRITTEN_ONCE: Final = ("dvd-r", "dvd-r-dl")


@pytest.mark.parametrize("medium", [*WRITTEN_ONCE, "dvd-rw"])
@pytest.mark.parametrize("power", [False, True])
def test_nothing_helps_a_dvd_whose_recording_at_once_broke_off_but_erasing(lab: Any, medium: str, power: bool) -> None:
    _, status = reach(lab, medium, (at_once_until(WRITE, 1, power=power),))
    assert (status.state, status.reason) == (DiscState.DAMAGED, "a recording at once was not completed")
    assert status.actions == (frozenset() if medium in WRITTEN_ONCE else {Action.ERASE, Action.FORMAT})


@pytest.mark.parametrize(
    ("opcode", "simulate", "after"),
    [
        (WRITE, False, DiscState.BLANK),
        (FLUSH, False, DiscState.FINALIZED),
        (FLUSH, True, DiscState.BLANK),
    ],
)
def test_a_flush_repairs_a_recording_at_once_that_is_whole_or_of_which_nothing_is_on_the_disc(
    lab: Any, opcode: int, simulate: bool, after: DiscState
) -> None:
    tap, status = reach(lab, "dvd-r", (at_once_until(opcode, 0, simulate=simulate),))
    assert status.actions == {Action.REPAIR}
    assert lab.run(repair(), tap).state is after


def test_nothing_is_appended_to_an_open_session_but_to_its_track_of_packets(lab: Any) -> None:
    for medium in ("cd-r", "dvd-r", "dvd+r", "bd-r"):
        _, status = reach(lab, medium, (break_off,))
        assert status.open_session
        assert Action.APPEND not in status.actions
    _, status = reach(lab, "cd-r", (OPEN_PACKETS,))
    assert status.open_session
    assert Action.APPEND in status.actions
