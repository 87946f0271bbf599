"""Taking back parts of a CD-RW, and repairing what a broken recording left."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.errors import DiscStateError, IllegalRequest, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState
from discstack.mmc.operations import repair
from discstack.transport.base import Reply

SIZE = 60000


def two_sessions(studio: Any) -> Any:
    tap = studio.lab.drive("cd-rw", SIZE)
    for seed, close in ((1, False), (2, True)):
        studio.lab.run(burn_program(studio.job(studio.track(300, seed, TrackForm.MODE_1), close=close)), tap)
    return tap


def test_the_last_session_goes_and_the_first_stays(studio: Any) -> None:
    tap = two_sessions(studio)
    status = studio.lab.run(blank_part(BlankType.ERASE_LAST_SESSION), tap)
    assert (status.state, status.sessions, status.next_writable_address) == (DiscState.APPENDABLE, 1, 300 + 11400)
    assert tap.on_disc(0, 300) == studio.samples(300, 1, 2048)


def test_the_last_session_is_opened_again(studio: Any) -> None:
    tap = two_sessions(studio)
    status = studio.lab.run(blank_part(BlankType.UNCLOSE_LAST_SESSION), tap)
    assert (status.state, status.open_session) == (DiscState.APPENDABLE, True)


@pytest.mark.parametrize("kind", [BlankType.DISC, BlankType.MINIMAL])
def test_the_whole_disc(studio: Any, kind: BlankType) -> None:
    assert studio.lab.run(blank_part(kind), two_sessions(studio)).blank


def test_a_track_of_the_open_session_and_its_tail(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    medium = tap.inner.drive.medium
    medium.write(0, 400, memoryview(bytes(400 * 2048)))
    status = studio.lab.run(blank_part(BlankType.TRACK_TAIL, 350), tap)
    assert status.next_writable_address == 350
    assert studio.lab.run(blank_part(BlankType.TRACK, 1), tap).blank


def test_what_there_is_nothing_of_is_refused(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    for kind in (BlankType.ERASE_LAST_SESSION, BlankType.UNCLOSE_LAST_SESSION):
        with pytest.raises(DiscStateError, match="there is no session on this disc"):
            studio.lab.run(blank_part(kind), tap)
    with pytest.raises(IllegalRequest):
        studio.lab.run(blank_part(BlankType.UNRESERVE_TRACK, 1), tap)
    with pytest.raises(ValueError, match="takes no address"):
        studio.lab.run(blank_part(BlankType.MINIMAL, 5), tap)
    with pytest.raises(UnsupportedMedium, match="cannot be blanked"):
        studio.lab.run(blank_part(BlankType.MINIMAL), studio.lab.drive("cd-r", SIZE))


def test_a_session_that_broke_off_is_repaired(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    bad = studio.lab.blocks(400, fail_at=300 * 2352)
    with pytest.raises(OSError, match="the file went bad"):
        studio.lab.run(burn_program(studio.job(studio.track(source=bad))), tap)
    assert studio.lab.run(identify(), tap).state is DiscState.DAMAGED
    status = studio.lab.run(repair(), tap)
    assert (status.state, status.open_session) == (DiscState.APPENDABLE, False)
    assert studio.sectors(tap, 0, 100) == studio.samples(100)


@pytest.mark.parametrize("kind", [BlankType.DISC, BlankType.MINIMAL, BlankType.UNCLOSE_LAST_SESSION])
def test_a_drive_that_only_says_that_it_blanked_is_not_believed(studio: Any, kind: BlankType) -> None:
    tap = two_sessions(studio)
    execute = tap.execute
    tap.execute = lambda command: Reply() if command.cdb[0] == 0xA1 else execute(command)
    with pytest.raises(DiscStateError, match="reported success"):
        studio.lab.run(blank_part(kind), tap)


def test_a_session_that_was_not_erased_is_missed(studio: Any) -> None:
    tap = two_sessions(studio)
    execute = tap.execute
    tap.execute = lambda command: Reply() if command.cdb[0] == 0xA1 else execute(command)
    with pytest.raises(DiscStateError, match="reported success"):
        studio.lab.run(blank_part(BlankType.ERASE_LAST_SESSION), tap)
