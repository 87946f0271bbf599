"""Burns on virtual drives: what is refused, what is kept when something goes wrong, and what the result says."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from discstack.emulator.faults import Fault
from discstack.mmc import stream
from discstack.mmc.burn import burn
from discstack.mmc.drive import Drive
from discstack.mmc.errors import (
    Cancelled,
    CommandError,
    DiscStateError,
    DriveTimeout,
    MediumError,
    MediumFull,
    MediumNotBlank,
    ShortTransfer,
    StatusError,
    UnitAttention,
    UnsupportedMedium,
    VerificationError,
)
from discstack.mmc.identify import identify
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import Action, DiscState, MediumStatus, WriteMode
from discstack.mmc.operations import close_disc, close_session
from discstack.mmc.procedure import NOT_TAKEN_LIMIT, Phase
from discstack.mmc.spec.sense import Sense
from discstack.mmc.verify import verify
from discstack.transport.base import BUSY, CHECK_CONDITION, TASK_SET_FULL, Command, DeviceGone, Reply

WRITE, FLUSH, CLOSE = 0x2A, 0x35, 0x5B
BLOCK = 2048
UNITS = {"cd-r": 1, "dvd+r": 16, "dvd+rw": 16, "bd-r": 32, "bd-re": 32}


def writes(tap: Any) -> list[bytes]:
    return [cdb for cdb in tap.seen if cdb[0] == WRITE]


@pytest.mark.parametrize("blocks", [1, 15, 16, 17, 31, 32, 33, 64])
@pytest.mark.parametrize("medium", UNITS)
def test_an_image_of_any_length_comes_back_and_is_padded_with_zeros(lab: Any, medium: str, blocks: int) -> None:
    tap = lab.drive(medium, 32768, speed=4)
    result = lab.run(burn(lab.job(blocks)), tap)
    assert (result.start, result.blocks, result.verified) == (0, blocks, blocks)
    assert tap.on_disc(0, blocks + result.padding) == lab.image(blocks) + bytes(result.padding * BLOCK)
    assert (blocks + result.padding) % UNITS[medium] == 0


def test_a_result_tells_speed_and_time(lab: Any) -> None:
    result = lab.run(burn(lab.job(64, speed=5540)), lab.drive("dvd+r", 32768))
    assert (result.speed.asked, result.speed.accepted) == (5540, 5540)
    assert result.speed.measured is not None
    assert result.seconds > 0
    assert result.medium.state is DiscState.APPENDABLE
    assert result.notices == ()


@pytest.mark.parametrize(("medium", "opcode"), [("bd-r", 0xB6), ("cd-r", 0xBB)])
@pytest.mark.parametrize("sense", [Sense(0x4, 0x44), Sense(0x9, 0x80, 1), Sense(0xB, 0x08)], ids=str)
def test_a_speed_that_cannot_be_set_is_told_and_ends_no_burn(lab: Any, medium: str, opcode: int, sense: Sense) -> None:
    tap = lab.drive(medium, 32768)
    tap.inner.faults.add(Fault(opcode=opcode, sense=sense, times=None))
    result = lab.run(burn(lab.job(40, speed=17982)), tap)
    assert result.verified == 40
    assert result.speed.accepted is None
    assert "the drive chooses the speed itself" in result.notices[0]


@pytest.mark.parametrize(
    "sense", [Sense(0x6, 0x28), Sense(0x2, 0x3A), Sense(0x7, 0x27), Sense(0x4, 0x44, deferred=True)], ids=str
)
def test_what_tells_of_more_than_the_speed_ends_a_burn_before_it_begins(lab: Any, sense: Sense) -> None:
    tap = lab.drive("bd-r", 32768)
    tap.inner.faults.add(Fault(opcode=0xB6, sense=sense))
    with pytest.raises(CommandError):
        lab.run(burn(lab.job(40)), tap)
    assert not writes(tap)


def test_phases_come_in_order(lab: Any) -> None:
    diary = lab.diary()
    lab.run(burn(lab.job(40)), lab.drive("bd-re", 4096), observer=diary)
    phases = list(dict.fromkeys(report.phase for report in diary.reports))
    assert phases == [
        *(Phase.VALIDATING, Phase.FORMATTING, Phase.BUFFERING, Phase.WRITING, Phase.FINALISING),
        *(Phase.VERIFYING, Phase.DONE),
    ]


def test_too_large_an_image_is_refused_with_the_excess_before_anything_is_written(lab: Any) -> None:
    tap = lab.drive("dvd+r", 64)
    with pytest.raises(MediumFull, match="16 more") as caught:
        lab.run(burn(lab.job(65)), tap)
    assert caught.value.excess == 16
    assert not tap.inner.drive.prevented
    assert not writes(tap)


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r"])
def test_the_whole_of_a_disc_can_be_used(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 640, speed=4)
    room = lab.run(identify(), tap).free_blocks
    result = lab.run(burn(lab.job(room, close=True)), tap)
    assert (result.blocks, result.padding) == (room, 0)
    assert result.medium.state is DiscState.FINALIZED


@pytest.mark.parametrize("medium", UNITS)
def test_data_is_not_written_over_without_permission(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 32768, speed=4)
    lab.run(burn(lab.job(40)), tap)
    tap.seen.clear()
    with pytest.raises(MediumNotBlank):
        lab.run(burn(lab.job(40, source=lab.source(40, 2))), tap)
    assert not writes(tap)
    assert tap.on_disc(0, 40) == lab.image(40)


def test_a_disc_that_is_finalized_is_refused(lab: Any) -> None:
    tap = lab.drive("dvd+r", 32768)
    lab.run(burn(lab.job(40, close=True)), tap)
    with pytest.raises(MediumNotBlank, match="finalized"):
        lab.run(burn(lab.job(40, start=4096)), tap)


def test_an_image_planned_for_another_address_is_refused(lab: Any) -> None:
    tap = lab.drive("dvd+r", 32768)
    lab.run(burn(lab.job(40)), tap)
    with pytest.raises(DiscStateError, match="planned for address 4096, the medium goes on at 2096"):
        lab.run(burn(lab.job(40, start=4096)), tap)


def test_an_empty_drive_is_refused(lab: Any) -> None:
    tap = lab.drive("dvd+r", 32768)
    disc = tap.inner.drive.remove()
    assert lab.run(identify(), tap).state is DiscState.NO_MEDIUM
    with pytest.raises(DiscStateError, match="no medium"):
        lab.run(burn(lab.job(40)), tap)
    disc.store.close()


def test_a_test_burn_leaves_the_disc_as_it_was(lab: Any) -> None:
    tap = lab.drive("cd-r", 32768)
    result = lab.run(burn(lab.job(40, simulate=True)), tap)
    assert result.simulated
    assert result.verified == 0
    assert lab.run(identify(), tap).state is DiscState.BLANK


def test_a_medium_without_test_writing_refuses_a_test(lab: Any) -> None:
    tap = lab.drive("dvd+r", 32768)
    with pytest.raises(UnsupportedMedium, match="no test writing"):
        lab.run(burn(lab.job(40, simulate=True)), tap)
    assert not writes(tap)


@pytest.mark.parametrize("medium", UNITS)
def test_a_cancelled_burn_leaves_a_known_disc_and_says_which(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 65536, speed=4, buffer=1 << 17)
    cancelled = Event()
    source = lab.source(2000, hook=lambda at: cancelled.set() if at >= 512 * BLOCK else None)
    with pytest.raises(Cancelled) as caught:
        lab.run(burn(lab.job(source=source)), tap, cancelled=cancelled)
    status = caught.value.medium
    assert status is not None
    assert status.state in (DiscState.APPENDABLE, DiscState.OVERWRITABLE)
    assert status == lab.run(identify(), tap)
    assert any(note.startswith("the disc is now") for note in caught.value.__notes__)
    assert not tap.inner.drive.prevented
    assert len(writes(tap)) < 125


@pytest.mark.parametrize("medium", ["dvd+rw", "bd-re"])
def test_closing_what_stays_overwritable_is_told_to_mean_nothing(lab: Any, medium: str) -> None:
    result = lab.run(burn(lab.job(40, close=True)), lab.drive(medium, 4096))
    assert [notice for notice in result.notices if "nothing to close" in notice]


def test_a_cancelled_disc_can_be_closed_and_then_finalized(lab: Any) -> None:
    tap = lab.drive("dvd+r", 65536, speed=4, buffer=1 << 17)
    cancelled = Event()
    source = lab.source(2000, hook=lambda at: cancelled.set() if at >= 512 * BLOCK else None)
    with pytest.raises(Cancelled) as caught:
        lab.run(burn(lab.job(source=source)), tap, cancelled=cancelled)
    assert caught.value.medium.open_session
    assert Action.CLOSE_SESSION in caught.value.medium.actions
    status = lab.run(close_session(), tap)
    assert (status.state, status.open_session, status.sessions) == (DiscState.APPENDABLE, False, 1)
    assert lab.run(close_disc(), tap).state is DiscState.FINALIZED


@pytest.mark.parametrize(("opcode", "number"), [(0x54, 1), (0x55, 1), (0x2A, 1), (0x2A, 5), (0x28, 2)])
@pytest.mark.parametrize("medium", ["cd-r", "dvd-r"])
def test_a_cancel_is_heard_while_the_drive_takes_no_command(lab: Any, medium: str, opcode: int, number: int) -> None:
    tap = lab.drive(medium, 32768)
    cancelled, execute, refused = Event(), tap.execute, list[float]()

    def not_taking(command: Any) -> Reply:
        nonlocal number
        number -= command.cdb[0] == opcode
        if number > 0 or (cancelled.is_set() and command.cdb[0] != opcode):
            return execute(command)
        refused.append(tap.clock.now())
        if len(refused) == 6:
            cancelled.set()
        return Reply(BUSY)

    tap.execute = not_taking
    with pytest.raises(Cancelled) as caught:
        lab.run(burn(lab.job(2000)), tap, cancelled=cancelled)
    assert len(refused) == 6
    assert any(note.startswith("the disc is now") for note in caught.value.__notes__)
    assert not tap.inner.drive.prevented


def test_cancelling_before_anything_was_done_writes_nothing(lab: Any) -> None:
    tap = lab.drive("dvd+r", 32768)
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        lab.run(burn(lab.job(40)), tap, cancelled=cancelled)
    assert not writes(tap)
    assert lab.run(identify(), tap).blank


def test_a_burn_whose_source_is_dead_can_be_cancelled(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LEAVE", 0.05)
    tap, cancelled, revived = lab.drive("dvd+r", 32768), Event(), Event()

    def wait(at: int) -> None:
        cancelled.set()
        revived.wait()

    with pytest.raises(Cancelled) as caught:
        lab.run(burn(lab.job(source=lab.source(2000, hook=wait))), tap, cancelled=cancelled)
    assert any("has not come back" in note for note in caught.value.__notes__)
    assert not tap.inner.drive.prevented
    revived.set()


def test_waiting_for_a_drive_that_is_not_ready_can_be_cancelled(lab: Any) -> None:
    cancelled = Event()
    cancelled.set()
    for procedure in (burn(lab.job(40)), identify()):
        script = lab.script((2, 4, 1))
        with pytest.raises(Cancelled):
            lab.run(procedure, script, cancelled=cancelled)
        assert set(script.lines) == {"TEST UNIT READY"}


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_flush_that_fails_does_not_keep_the_track_open(lab: Any, medium: str) -> None:
    """On the way out of a failed WRITE, and where it is the flush itself that fails."""
    flush = Fault(opcode=0x35, sense=Sense(3, 0x0C, 0), times=None)
    for faults in ([flush], [flush, Fault(opcode=WRITE, lba=range(64, 65), sense=Sense(3, 0x0C, 0))]):
        tap = lab.drive(medium, 65536, faults=faults)
        with pytest.raises(MediumError) as caught:
            lab.run(burn(lab.job(200)), tap)
        assert any(note.startswith("afterwards also: SYNCHRONIZE CACHE") for note in caught.value.__notes__)
        assert [cdb[2] for cdb in tap.seen if cdb[0] == CLOSE] == [1]
        tap.inner.faults.armed.clear()
        assert lab.run(close_session(), tap).state is DiscState.APPENDABLE


def test_a_source_that_fails_ends_the_burn_with_its_own_error(lab: Any) -> None:
    tap = lab.drive("dvd+r", 65536, speed=4)
    with pytest.raises(OSError, match="the file went bad") as caught:
        lab.run(burn(lab.job(source=lab.source(2000, fail_at=600 * BLOCK))), tap)
    assert any("DVD+R, " in note for note in caught.value.__notes__)
    assert not tap.inner.drive.prevented
    assert tap.lines[-20:].count("CLOSE TRACK/SESSION immed=0x1 close_function=0x1 logical_track_number=0x1") <= 1


def test_a_source_that_ends_early_is_an_error(lab: Any) -> None:
    with pytest.raises(EOFError):
        lab.run(burn(lab.job(source=lab.source(200, end_at=100 * BLOCK))), lab.drive("dvd+rw", 4096))


def test_a_deferred_error_says_at_or_before_which_address(lab: Any) -> None:
    fault = Fault(opcode=WRITE, after=2, sense=Sense(3, 0x0C, 0), deferred=True)
    with pytest.raises(MediumError, match="deferred") as caught:
        lab.run(burn(lab.job(200)), lab.drive("dvd+r", 4096, faults=[fault]))
    assert "writing failed at or before LBA 64" in caught.value.__notes__


def test_a_recovered_write_goes_on_and_is_counted(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096)
    number = lab_number_of_write(lab, 2)
    tap.strikes = {number: lab.refuse(1, 0x0C, 1)}
    result = lab.run(burn(lab.job(200)), tap)
    assert result.verified == 200
    assert [notice for notice in result.notices if "recovered" in notice]


def test_a_recovered_write_that_was_cut_short_is_an_error(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096)
    cut = Reply(0x02, Sense(1, 0x0C, 1).build(), residual=BLOCK)
    tap.strikes = {lab_number_of_write(lab, 2): lambda command, execute: cut}
    with pytest.raises(ShortTransfer, match="2048 bytes did not move"):
        lab.run(burn(lab.job(200)), tap)
    assert len(writes(tap)) == 2


def lab_number_of_write(lab: Any, nth: int) -> int:
    """Return the number of the nth WRITE of a burn of 200 blocks on DVD+R."""
    tap = lab.drive("dvd+r", 4096)
    lab.run(burn(lab.job(200)), tap)
    return [number for number, cdb in enumerate(tap.seen, 1) if cdb[0] == WRITE][nth - 1]


@pytest.mark.parametrize(
    "sense", [(2, 4, 1), (2, 4, 4), (2, 4, 7), (2, 4, 8), (5, 0x2C, 0), (6, 0x2A, 1), (5, 0x21, 2)]
)
def test_the_same_write_is_sent_again_after_what_will_pass(lab: Any, sense: tuple[int, int, int]) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=WRITE, lba=range(64, 65), sense=Sense(*sense))])
    result = lab.run(burn(lab.job(200)), tap)
    assert result.verified == 200
    addresses = [int.from_bytes(cdb[2:6], "big") for cdb in writes(tap)]
    assert addresses == [0, 32, 64, 64, 96, 128, 160, 192]


@pytest.mark.parametrize("sense", [(3, 0x0C, 0), (4, 0x44, 0), (5, 0x24, 0), (5, 0x21, 0), (7, 0x27, 0), (6, 0x29, 0)])
def test_nothing_is_written_after_what_will_not_pass(lab: Any, sense: tuple[int, int, int]) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=WRITE, lba=range(64, 65), sense=Sense(*sense))])
    with pytest.raises(Exception, match="WRITE") as caught:
        lab.run(burn(lab.job(200)), tap)
    assert [int.from_bytes(cdb[2:6], "big") for cdb in writes(tap)] == [0, 32, 64]
    assert caught.value.medium.state is DiscState.APPENDABLE


@pytest.mark.parametrize("sense", [(2, 4, 1), (2, 4, 7), (2, 4, 8), (5, 0x2C, 0), (6, 0x2A, 1)])
def test_a_write_that_never_passes_is_given_up(lab: Any, sense: tuple[int, int, int]) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=WRITE, lba=range(64, 65), sense=Sense(*sense), times=None)])
    with pytest.raises(Exception, match="WRITE"):
        lab.run(burn(lab.job(200)), tap)
    assert tap.clock.now() < 1000


def test_a_changed_medium_is_left_alone(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=WRITE, lba=range(64, 65), sense=Sense(6, 0x28, 0))])
    with pytest.raises(UnitAttention):
        lab.run(burn(lab.job(200)), tap)
    last = max(number for number, cdb in enumerate(tap.seen) if cdb[0] == WRITE)
    assert {cdb[0] for cdb in tap.seen[last + 1 :]}.isdisjoint({0x35, 0x5B})


def test_nothing_but_unlocking_is_tried_after_the_device_is_gone(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=WRITE, lba=range(64, 65), error=DeviceGone, times=None)])
    with pytest.raises(DeviceGone):
        lab.run(burn(lab.job(200)), tap)
    last = max(number for number, cdb in enumerate(tap.seen) if cdb[0] == WRITE)
    assert tap.lines[last + 1 :] == ["PREVENT ALLOW MEDIUM REMOVAL"]


def test_data_that_went_bad_on_the_disc_is_found_and_located(lab: Any) -> None:
    tap = lab.drive("dvd+rw", 8192)
    result = lab.run(burn(lab.job(1500, verify=VerifyLevel.NONE)), tap)
    tap.inner.drive.medium.store.write(700, b"X" * BLOCK)
    with pytest.raises(VerificationError, match="512-1023") as caught:
        lab.run(verify(result.digests), tap)
    assert caught.value.bad == (range(512, 1024),)


@pytest.mark.parametrize("unreadable", [False, True])
@pytest.mark.parametrize(
    ("struck", "bad"),
    [
        ((0,), [range(512)]),
        ((511, 512), [range(1024)]),
        ((3, 1024, 2559), [range(512), range(1024, 1536), range(2048, 2560)]),
        ((2599,), [range(2560, 2600)]),
        ((512, 1023, 1024, 2560), [range(512, 1536), range(2560, 2600)]),
    ],
)
def test_the_ranges_told_are_exactly_the_digests_pieces_that_hold_what_was_struck(
    lab: Any, struck: tuple[int, ...], bad: list[range], unreadable: bool
) -> None:
    tap = lab.drive("dvd+rw", 8192)
    result = lab.run(burn(lab.job(2600, verify=VerifyLevel.NONE)), tap)
    for lba in struck:
        if unreadable:
            fault = Fault(opcode=0x28, lba=range(lba, lba + 1), sense=Sense(3, 0x11, 0), times=None)
            tap.inner.faults.add(fault)
        else:
            tap.inner.drive.medium.store.write(lba, b"X" * BLOCK)
    with pytest.raises(VerificationError) as caught:
        lab.run(verify(result.digests), tap)
    assert list(caught.value.bad) == bad


def test_a_burn_that_cannot_be_read_back_is_no_success(lab: Any) -> None:
    fault = Fault(opcode=0x28, lba=range(10, 11), sense=Sense(3, 0x11, 0), times=None)
    with pytest.raises(VerificationError) as caught:
        lab.run(burn(lab.job(40)), lab.drive("dvd+r", 4096, faults=[fault]))
    assert caught.value.bad == (range(40),)
    assert caught.value.medium.state is DiscState.APPENDABLE


def test_a_quick_look_reads_less(lab: Any) -> None:
    tap = lab.drive("dvd+rw", 16384)
    result = lab.run(burn(lab.job(512 * 12, verify=VerifyLevel.QUICK)), tap)
    assert result.verified == 512 * 8


def test_a_drive_that_is_busy_for_ever_after_the_flush_is_given_up(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096)
    busy = lab.refuse(2, 4, 7)
    rehearsal = lab.drive("dvd+r", 4096)
    lab.run(burn(lab.job(40)), rehearsal)
    flush = next(number for number, cdb in enumerate(rehearsal.seen, 1) if cdb[0] == 0x35)
    tap.strikes = dict.fromkeys(range(flush + 1, flush + 100000), busy)
    with pytest.raises(DriveTimeout):
        lab.run(burn(lab.job(40)), tap)


def test_a_drive_that_only_pretends_to_write_is_found_out(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096)
    execute = tap.execute

    def pretend(command: Any) -> Any:
        if command.cdb[0] in (WRITE, 0x35, 0x5B):
            tap.seen.append(command.cdb)
            return Reply()
        return execute(command)

    tap.execute = pretend
    with pytest.raises(DiscStateError, match="still blank"):
        lab.run(burn(lab.job(40)), tap)


def test_nothing_is_erased_for_an_image_that_does_not_fit_or_belongs_elsewhere(lab: Any) -> None:
    tap = lab.drive("cd-rw", 32768, speed=4)
    lab.run(burn(lab.job(40, close=True)), tap)
    with pytest.raises(MediumFull):
        lab.run(burn(lab.job(40_000, erase=True)), tap)
    with pytest.raises(DiscStateError, match="planned for address 100"):
        lab.run(burn(lab.job(40, erase=True, start=100)), tap)
    assert tap.on_disc(0, 40) == lab.image(40)
    assert lab.run(identify(), tap).state is DiscState.FINALIZED


def test_a_drive_object_runs_the_same_procedures(lab: Any) -> None:
    with Drive(lab.drive("bd-re", 4096)) as drive:
        assert drive.inquiry().product_identification == "VIRTUAL BURNER"
        assert drive.identify().state is DiscState.UNFORMATTED
        assert drive.format().state is DiscState.OVERWRITABLE
        result = drive.burn(lab.job(40))
        assert drive.verify(result.digests) == 40
        assert drive.erase().blank


def test_a_drive_object_can_be_cancelled_from_another_thread(lab: Any) -> None:
    drive = Drive(lab.drive("dvd+r", 65536, speed=4, buffer=1 << 17))
    source = lab.source(2000, hook=lambda at: drive.cancel() if at >= 512 * BLOCK else None)
    with pytest.raises(Cancelled):
        drive.burn(lab.job(source=source))
    assert drive.identify().open_session


@pytest.mark.parametrize("sense", [(0x2, 0x04, 0x07), (0x2, 0x04, 0x04), (0x5, 0x2C, 0x00)])
@pytest.mark.parametrize(
    ("medium", "capacity", "mode"),
    [
        ("cd-r", 40000, WriteMode.INCREMENTAL),
        ("cd-r", 40000, WriteMode.DISC_AT_ONCE),
        ("dvd-r", 65536, WriteMode.INCREMENTAL),
        ("dvd-r", 65536, WriteMode.DISC_AT_ONCE),
    ],
)
def test_a_drive_that_is_busy_is_not_made_to_end_the_recording(
    lab: Any, medium: str, capacity: int, mode: WriteMode, sense: tuple[int, int, int]
) -> None:
    job = {"mode": mode, "close": True}
    rehearsal = lab.drive(medium, capacity)
    lab.run(burn(lab.job(200, **job)), rehearsal)
    middle = [number for number, cdb in enumerate(rehearsal.seen, 1) if cdb[0] == 0x2A][-3]
    tap = lab.drive(medium, capacity)
    tap.strikes = {middle: lab.refuse(*sense)}
    result = lab.run(burn(lab.job(200, **job)), tap)
    assert result.verified == 200
    assert tap.lines[middle] != "SYNCHRONIZE CACHE (10)"
    assert any("writing again" in notice for notice in result.notices)


def test_a_test_that_ends_while_its_session_is_closed_leaves_the_disc_as_it_was(lab: Any) -> None:
    job = {"simulate": True, "mode": WriteMode.FIXED_PACKETS}
    rehearsal = lab.drive("cd-rw", 30000)
    lab.run(burn(lab.job(40, **job)), rehearsal)
    closing = max(number for number, cdb in enumerate(rehearsal.seen, 1) if cdb[0] == CLOSE)
    tap = lab.drive("cd-rw", 30000)
    tap.strikes = {closing + 1: lab.refuse(0x5, 0x30, 0)}
    lab.run(burn(lab.job(40, **job)), tap)
    assert lab.run(identify(), tap).state is DiscState.BLANK


@pytest.mark.parametrize("fields", [{}, {"allocation_length": 8}, {"allocation_length": 200}])
def test_a_dvd_is_not_taken_for_a_cd_where_the_drive_does_not_say_what_it_is(lab: Any, fields: dict[str, int]) -> None:
    tap = lab.drive("dvd-r", 65536)
    tap.inner.faults.add(Fault(opcode=0x46, fields=fields, sense=Sense(0x5, 0x20)))
    with pytest.raises(UnsupportedMedium, match="cannot tell what medium it holds"):
        lab.run(burn(lab.job(40)), tap)
    assert not writes(tap)


@pytest.mark.parametrize("status", [BUSY, TASK_SET_FULL])
@pytest.mark.parametrize("medium", ["cd-r", "dvd-r", "dvd+r", "bd-r"])
def test_a_write_that_the_drive_cannot_take_now_is_sent_again(lab: Any, medium: str, status: int) -> None:
    tap = lab.drive(medium, 65536)
    tap.inner.faults.add(Fault(opcode=WRITE, status=status, times=2))
    result = lab.run(burn(lab.job(200)), tap)
    assert result.verified == 200
    assert any("writing again" in notice for notice in result.notices)


def test_a_write_that_the_drive_never_takes_ends_the_burn(lab: Any) -> None:
    tap = lab.drive("dvd+r", 65536)
    tap.inner.faults.add(Fault(opcode=WRITE, status=BUSY, times=None))
    with pytest.raises(StatusError, match="0x08"):
        lab.run(burn(lab.job(200)), tap)
    assert len(set(writes(tap))) == 1
    assert not tap.inner.drive.prevented


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "dvd+rw", "bd-r", "bd-re"])
def test_a_drive_that_takes_nothing_any_more_does_not_hold_the_way_out_up(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 65536)
    tap.inner.faults.add(Fault(opcode=WRITE, every=3, status=BUSY, lasting=True))
    with pytest.raises(StatusError, match="0x08"):
        lab.run(burn(lab.job(200)), tap)
    assert tap.clock.now() < 3 * NOT_TAKEN_LIMIT  # of which one is that of the WRITE


@pytest.mark.parametrize(
    "answer", [Reply(CHECK_CONDITION, Sense(2, 4, 8).build()), Reply(BUSY)], ids=["2/04/08", "08h"]
)
@pytest.mark.parametrize("operation", [FLUSH, CLOSE], ids=["flush", "close"])
@pytest.mark.parametrize("medium", ["cd-r", "dvd-r", "dvd+r", "bd-r"])
def test_who_interrupts_the_wait_for_a_drive_that_is_busy_waits_no_more(
    lab: Any, medium: str, operation: int, answer: Reply
) -> None:
    tap = lab.drive(medium, 4096)
    execute, since, interrupted = tap.execute, list[float](), list[float]()

    def busy(command: Any) -> Reply:
        if not since:
            reply = execute(command)
            since.extend([tap.clock.now()] * (command.cdb[0] == operation))
            return reply
        if not interrupted and tap.clock.now() - since[0] > 10.0:
            interrupted.append(tap.clock.now())
            raise KeyboardInterrupt
        return answer

    tap.execute = busy
    with pytest.raises(KeyboardInterrupt) as caught:
        lab.run(burn(lab.job(close=True)), tap)
    assert tap.clock.now() - interrupted[0] < 10.0
    *flushed, locked, unknown = caught.value.__notes__
    assert len(flushed) == (operation == FLUSH)
    assert all("still busy, and left to itself" in note for note in flushed)
    assert "PREVENT ALLOW MEDIUM REMOVAL" in locked
    assert ("still busy after 5 s" in locked) == (answer.status == CHECK_CONDITION)
    assert unknown.startswith("the disc is not done yet, and what it will be is not known")


@pytest.mark.parametrize("medium", ["cd-r", "dvd-r", "dvd+r", "bd-r"])
def test_who_interrupts_the_writing_leaves_what_a_drive_that_still_writes_its_buffer_would_have_left_at_once(
    lab: Any, medium: str
) -> None:
    def interrupted(busy: float) -> tuple[MediumStatus, set[int], list[str]]:
        tap = lab.drive(medium, 65536)
        execute, since, done = tap.execute, list[float](), list[Command]()

        def writing_its_buffer(command: Command) -> Reply:
            if not since and len(writes(tap)) == 2:
                since.append(tap.clock.now())
                raise KeyboardInterrupt
            if since and tap.clock.now() - since[0] < busy:
                return lab.refuse(2, 4, 8)(command, Reply)
            done.extend([command] * len(since))
            return execute(command)

        tap.execute = writing_its_buffer
        with pytest.raises(KeyboardInterrupt) as caught:
            lab.run(burn(lab.job(2000)), tap)
        assert not tap.inner.drive.prevented
        return lab.run(identify(), tap), {command.cdb[0] for command in done}, caught.value.__notes__

    left = interrupted(busy=0.0)
    assert FLUSH in left[1]
    assert interrupted(busy=30.0) == left


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_drive_that_takes_commands_again_on_the_way_out_gets_its_track_closed(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 65536)
    execute, refused = tap.execute, list[float]()

    def not_taking(command: Any) -> Reply:
        if not (refused or (command.cdb[0] == WRITE and len(writes(tap)) == 3)):
            return execute(command)
        refused.append(tap.clock.now())
        return execute(command) if refused[-1] - refused[0] > 1.5 * NOT_TAKEN_LIMIT else Reply(BUSY)

    tap.execute = not_taking
    with pytest.raises(StatusError) as caught:
        lab.run(burn(lab.job(200)), tap)
    assert caught.value.medium is not None
    assert not any(track.next_writable_address is not None for track in caught.value.medium.tracks)
    assert not tap.inner.drive.prevented


@pytest.mark.parametrize(
    ("sense", "blank"), [((0x5, 0x6F, 0x03), False), ((0x5, 0x21, 0x00), True), ((0x5, 0x64, 0x00), True)]
)
def test_what_the_drive_may_not_read_is_not_taken_for_empty(lab: Any, sense: tuple[int, int, int], blank: bool) -> None:
    tap = lab.drive("dvd-ram", 4096)
    execute = tap.execute

    def protected(command: Any) -> Any:
        return lab.refuse(*sense)(command, lambda: None) if command.cdb[0] == 0x28 else execute(command)

    tap.execute = protected
    assert lab.run(identify(), tap).blank is blank
