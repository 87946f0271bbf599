"""One image of data as a session at once, by the burn that all media share."""

from __future__ import annotations

import time
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.errors import MediumError, MediumFull, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.job import Calibration, VerifyLevel
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import repair
from discstack.transport.base import TransferRefused, TransportError

AT_ONCE = WriteMode.DISC_AT_ONCE
SIZE = 60000


@pytest.mark.parametrize("medium", ["cd-r", "cd-rw"])
def test_an_image_at_once_has_no_run_out(studio: Any, medium: str) -> None:
    lab = studio.lab
    tap = lab.drive(medium, SIZE)
    result = lab.run(burn(lab.job(320, mode=AT_ONCE)), tap)
    assert (result.mode, result.verified, result.medium.state) == (AT_ONCE, 320, DiscState.APPENDABLE)
    (track,) = result.medium.tracks
    assert (track.start, track.end) == (0, 320 + result.padding)
    assert studio.sectors(tap, 320, result.padding, 0x10, 2048) == bytes(result.padding * 2048)


def test_it_may_follow_a_session(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    start = lab.run(burn(lab.job(320)), tap).medium.next_writable_address
    result = lab.run(burn(lab.job(320, start=start, mode=AT_ONCE, close=True, source=lab.source(320, 5))), tap)
    assert (result.start, result.medium.sessions, result.medium.state) == (start, 2, DiscState.FINALIZED)
    assert tap.on_disc(start, 320) == lab.image(320, 5)
    # the last of several sessions points nowhere
    assert bytes.fromhex("54 00 B0 FFFFFF") in studio.answer(tap, "43 00 02 00 00 00 00 0800 00")


def test_sessions_at_once_follow_each_other(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    start = 0
    for seed in (1, 2, 3):
        result = lab.run(burn(lab.job(source=lab.source(320, seed), start=start, mode=AT_ONCE)), tap)
        assert (result.medium.state, result.medium.sessions) == (DiscState.APPENDABLE, seed)
        assert tap.on_disc(start, 320) == lab.image(320, seed)
        start = result.medium.next_writable_address


def test_an_image_may_be_longer_than_the_disc_says(studio: Any, tmp_path: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", 600, file=tmp_path / "disc")
    with pytest.raises(MediumFull, match="may be overburnt") as caught:
        lab.run(burn(lab.job(700)), tap)
    assert caught.value.excess == 102  # with the two run-out blocks
    assert lab.run(burn(lab.job(600, mode=AT_ONCE, simulate=True)), tap).notices == ()
    with pytest.raises(MediumFull, match="at once"):
        lab.run(burn(lab.job(700, overburn=True, mode=WriteMode.INCREMENTAL)), tap)
    assert lab.run(identify(), tap).blank
    result = lab.run(burn(lab.job(700, overburn=True, close=True)), tap)
    assert (result.mode, result.padding, result.verified) == (AT_ONCE, 0, 700)
    assert any("100 blocks more than the disc says that it holds" in notice for notice in result.notices)
    tap.close()
    again = lab.drive("cd-r", 600, file=tmp_path / "disc")
    assert again.on_disc(0, 700) == lab.image(700)
    assert lab.run(identify(), again).state is DiscState.FINALIZED


def test_what_fits_is_not_overburnt(studio: Any) -> None:
    lab = studio.lab
    result = lab.run(burn(lab.job(320, overburn=True)), lab.drive("cd-r", SIZE))
    assert (result.mode, result.notices) == (WriteMode.INCREMENTAL, ())


def test_only_cds_are_overburnt(studio: Any) -> None:
    lab = studio.lab
    with pytest.raises(MediumFull) as caught:
        lab.run(burn(lab.job(8193, overburn=True)), lab.drive("dvd+r", 8192))
    assert "overburnt" not in str(caught.value)


def test_a_test_leaves_nothing(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    assert lab.run(burn(lab.job(320, mode=AT_ONCE, simulate=True)), tap).simulated
    assert lab.run(identify(), tap).blank


def test_an_open_session_does_not_take_it(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    medium = tap.inner.drive.medium
    medium.write(0, 300, memoryview(bytes(300 * 2048)))
    medium.flush()
    start = lab.run(identify(), tap).next_writable_address
    with pytest.raises(UnsupportedMedium, match="nothing was written"):
        lab.run(burn(lab.job(320, start=start, mode=AT_ONCE)), tap)


def interrupted(tap: Any, command: Any) -> Any:
    raise KeyboardInterrupt


def unsent(tap: Any, command: Any) -> Any:
    raise TransferRefused("no memory for a transfer")


@pytest.mark.parametrize("opcode", [0x5D, 0x2A], ids=["cue sheet", "pre-gap"])
@pytest.mark.parametrize(
    ("strike", "error"),
    [(None, MediumError), (interrupted, KeyboardInterrupt), (unsent, TransferRefused)],
    ids=["refused", "interrupted", "unsent"],
)
def test_what_fails_before_the_image_ends_the_burn_and_tells_the_drive(
    studio: Any, opcode: int, strike: Any, error: type[BaseException]
) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    lab.run(burn(lab.job(320, mode=AT_ONCE)), tap)
    number = next(at for at, cdb in enumerate(tap.seen, 1) if cdb[0] == opcode) + (2 if opcode == 0x2A else 0)
    again = lab.drive("cd-r", SIZE)
    again.strikes = {number: strike or lab.refuse(0x3, 0x0C)}
    with pytest.raises(error):
        lab.run(burn(lab.job(320, mode=AT_ONCE)), again)
    after = [cdb[0] for cdb in again.seen[number:]]
    assert 0x2A not in after
    assert 0x35 in after
    assert not again.inner.drive.prevented
    state = lab.run(identify(), again)
    assert state.state is (DiscState.BLANK if opcode == 0x5D else DiscState.DAMAGED)


def left_at(lab: Any, medium: str, opcode: int, later: int, **options: Any) -> Any:
    """Return a drive whose host went away so many commands after the first one of that code."""
    tap, again = (lab.drive(medium, SIZE) for _ in range(2))
    lab.run(burn(lab.job(320, mode=AT_ONCE, **options)), tap)
    again.kill_from(next(at for at, cdb in enumerate(tap.seen, 1) if cdb[0] == opcode) + later)
    with pytest.raises(TransportError):
        lab.run(burn(lab.job(320, mode=AT_ONCE, **options)), again)
    again.spare()
    return again


def test_a_session_that_lacks_nothing_but_its_flush_is_repaired_by_it(lab: Any) -> None:
    """The drive closes it by itself then, and refuses to close it again."""
    tap = left_at(lab, "cd-r", 0x35, 0)
    assert lab.run(repair(), tap).state is DiscState.APPENDABLE
    assert tap.on_disc(0, 320) == lab.image(320)


@pytest.mark.parametrize("medium", ["cd-r", "dvd-r", "dvd-rw"])
def test_a_disc_that_only_a_test_was_broken_off_on_is_blank_once_it_is_repaired(lab: Any, medium: str) -> None:
    tap = left_at(lab, medium, 0x2A, 2, simulate=True)
    assert lab.run(repair(), tap).state is DiscState.BLANK


@pytest.mark.parametrize("medium", ["dvd-r", "dvd-rw"])
def test_a_disc_that_was_reserved_and_not_written_to_is_blank_once_it_is_repaired(lab: Any, medium: str) -> None:
    tap = left_at(lab, medium, 0x53, 1)
    assert lab.run(repair(), tap).state is DiscState.BLANK


def test_a_slow_source_costs_no_disc_without_underrun_protection(studio: Any) -> None:
    lab = studio.lab

    def slow(at: int) -> None:
        if at == 0:
            time.sleep(0.2)  # in which a drive would hear what comes
            tap.clock.sleep(1.2)  # in which it would write all of the pre-gap

    tap = lab.drive("cd-r", SIZE, speed=4)
    choices = {"underrun_protection": False, "calibration": Calibration.NEVER, "verify": VerifyLevel.NONE}
    result = lab.run(burn(lab.job(source=lab.source(320, hook=slow), mode=AT_ONCE, **choices)), tap)
    assert (result.medium.state, tap.inner.drive.buffer.underruns) == (DiscState.APPENDABLE, 0)


def test_a_source_that_fails_at_once_leaves_the_disc_blank(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    with pytest.raises(OSError, match="the file went bad"):
        lab.run(burn(lab.job(source=lab.source(320, fail_at=0), mode=AT_ONCE)), tap)
    assert lab.run(identify(), tap).blank
