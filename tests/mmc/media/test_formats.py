"""Formats: what they promise, what becomes of the disc, and how it is written afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from threading import Event
from typing import Any

import pytest

from discstack.emulator.faults import Fault
from discstack.mmc import polling
from discstack.mmc.burn import burn
from discstack.mmc.errors import Cancelled, DiscStateError, DriveTimeout, MediumError, MediumFull, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.job import WriteCommand
from discstack.mmc.medium import Action, DiscState
from discstack.mmc.operations import close_session, erase, format_medium
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.spec.disc_information import BackgroundFormat
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import BUSY, CHECK_CONDITION, Command, Reply

FORMAT_UNIT, SYNCHRONIZE_CACHE = 0x04, 0x35


def test_formats_tell_their_capacity_and_speed(lab: Any) -> None:
    offered = lab.run(identify(), lab.drive("bd-re")).formats
    assert [str(choice) for choice in offered] == [
        "00h in full: 11826176 blocks, 393216 to replace defects with, at 50% of the speed",
        "30h with spare areas: 11826176 blocks, 393216 to replace defects with, at 50% of the speed",
        "30h with spare areas: 5796864 blocks, 6422528 to replace defects with, at 50% of the speed",
        "30h with spare areas: 12088320 blocks, 131072 to replace defects with, at 50% of the speed",
        "31h without spare areas: 12219392 blocks",
    ]


@pytest.mark.parametrize(
    ("medium", "wanted", "capacity"),
    [
        ("bd-re", FormatOptions(), 11826176),
        ("bd-re", FormatOptions(spare_blocks=0), 12219392),
        ("bd-re", FormatOptions(spare_blocks=200000), 12019392),
        ("bd-re", FormatOptions(full=True), 11826176),
        ("bd-re", FormatOptions(format_type=0x30, blocks=12088320, sub_type=3), 12088320),
        ("bd-re-dl", FormatOptions(format_type=0x31), 24438784),
        ("bd-r", FormatOptions(), 11826176),
        ("bd-r", FormatOptions(spare_blocks=131072), 12088320),
        ("bd-r", FormatOptions(format_type=0x32, sub_type=1, blocks=12000000), 12000000),
        ("bd-r", FormatOptions(pseudo_overwrite=True, spare_blocks=131072), 12088320),
        ("dvd-ram", FormatOptions(), 2236704),
        ("dvd-ram", FormatOptions(spare_blocks=0), 2295072),
        ("dvd-ram", FormatOptions(format_type=0x01), 2226976),
        ("dvd-rw", FormatOptions(), 2297888),
        ("dvd-rw", FormatOptions(format_type=0x10), 2297888),
        ("dvd+rw", FormatOptions(format_type=0x26), 2295104),
    ],
)
def test_a_format_gives_what_it_promises(lab: Any, medium: str, wanted: FormatOptions, capacity: int) -> None:
    tap = lab.drive(medium)
    assert lab.run(format_medium(wanted), tap).capacity_blocks == capacity
    assert lab.run(burn(lab.job(40)), tap).verified == 40


@pytest.mark.parametrize(("medium", "wanted"), [("bd-re", 0x26), ("dvd-ram", 0x30), ("dvd+rw", 0x00), ("bd-r", 0x31)])
def test_a_type_that_the_medium_does_not_offer_is_refused(lab: Any, medium: str, wanted: int) -> None:
    tap = lab.drive(medium)
    with pytest.raises(UnsupportedMedium, match=f"type {wanted:02X}h"):
        lab.run(format_medium(FormatOptions(format_type=wanted)), tap)
    assert 0x04 not in [cdb[0] for cdb in tap.seen]


def test_a_spare_area_names_the_sizes_that_are_possible(lab: Any) -> None:
    with pytest.raises(MediumFull, match="from 131072 to 6422528 are"):
        lab.run(format_medium(FormatOptions(spare_blocks=32)), lab.drive("bd-r"))


def test_a_bd_r_without_spare_areas_is_not_formatted(lab: Any) -> None:
    with pytest.raises(DiscStateError, match="write to it as it is"):
        lab.run(format_medium(FormatOptions(spare_blocks=0)), lab.drive("bd-r"))


def test_a_bd_r_that_can_be_written_over_pays_with_free_blocks(lab: Any) -> None:
    tap = lab.drive("bd-r", 4096, speed=4)
    lab.run(format_medium(FormatOptions(pseudo_overwrite=True)), tap)
    fresh = lab.run(identify(), tap)
    assert (fresh.state, fresh.blank, fresh.actions) == (DiscState.OVERWRITABLE, True, {Action.WRITE})
    first = lab.run(burn(lab.job(64)), tap).medium
    assert fresh.free_blocks - first.free_blocks == 64
    assert [(track.start, track.blocks) for track in first.tracks] == [(0, 64)]
    second = lab.run(burn(lab.job(64, erase=True)), tap).medium
    assert first.free_blocks - second.free_blocks == 64
    assert [status.used_blocks for status in (fresh, first, second)] == [0, 64, 128]
    assert tap.on_disc(0, 64) == lab.image(64)
    with pytest.raises(MediumFull):
        lab.run(burn(lab.job(second.free_blocks + 32, erase=True)), tap)
    assert 0x5B in [cdb[0] for cdb in tap.seen]
    assert {cdb[2] for cdb in tap.seen if cdb[0] == 0x5B} == {1}, "the track is closed, the session never"


def test_a_background_format_is_stopped_taken_up_and_awaited(lab: Any) -> None:
    tap = lab.drive("dvd+rw")
    running = lab.run(format_medium(), tap)
    assert (running.detail, Action.CLOSE_SESSION in running.actions) == ("being formatted in the background", True)
    stopped = lab.run(close_session(), tap)
    assert (stopped.detail, Action.CLOSE_SESSION in stopped.actions) == ("its background format was stopped", False)
    assert lab.run(format_medium(FormatOptions(resume=True)), tap).open_session
    with pytest.raises(DiscStateError, match="no background format was stopped"):
        lab.run(format_medium(FormatOptions(resume=True)), tap)
    assert lab.run(format_medium(FormatOptions(full=True)), tap).detail == ""
    assert tap.inner.drive.medium.status is BackgroundFormat.COMPLETE


def test_the_progress_of_a_background_format_is_told(lab: Any) -> None:
    diary = lab.diary()
    lab.run(format_medium(FormatOptions(full=True)), lab.drive("dvd+rw", 65536), observer=diary)
    seen = [report.progress for report in diary.reports if report.progress]
    background = seen[seen.index(0.875) + 1 :]  # behind the eight seconds that pass before the disc can be used
    assert background == sorted(background)
    assert len(background) > 3


@pytest.mark.parametrize("medium", ["dvd-ram", "bd-r", "bd-re"])
def test_streaming_and_verified_writes_get_there_too(lab: Any, medium: str) -> None:
    for command, opcode in ((WriteCommand.STREAMING, 0xAA), (WriteCommand.WRITE_AND_VERIFY, 0x2E)):
        tap = lab.drive(medium)
        assert lab.run(burn(lab.job(40, command=command)), tap).verified == 40
        assert {cdb[0] for cdb in tap.seen} & {0x2A, 0xAA, 0x2E} == {opcode}


def test_streaming_is_refused_where_the_medium_does_not_have_it(lab: Any) -> None:
    with pytest.raises(UnsupportedMedium, match="not written by streaming"):
        lab.run(burn(lab.job(40, command=WriteCommand.STREAMING)), lab.drive("dvd+r"))


def test_streaming_is_refused_where_the_transport_cannot_carry_a_unit(lab: Any) -> None:
    tap = lab.drive("bd-r", max_transfer=32768)
    with pytest.raises(UnsupportedMedium, match="cannot carry the 32 blocks"):
        lab.run(burn(lab.job(40, command=WriteCommand.STREAMING)), tap)


def test_spare_areas_cost_half_the_speed_as_predicted(lab: Any) -> None:
    seconds = {}
    for name, options in (("with", FormatOptions()), ("without", FormatOptions(spare_blocks=0))):
        tap = lab.drive("bd-re", buffer=65536)
        lab.run(format_medium(options), tap)
        seconds[name] = lab.run(burn(lab.job(32768)), tap).seconds
    assert seconds["with"] / seconds["without"] == pytest.approx(2, rel=0.2)


def test_what_lies_before_an_image_beyond_the_formatted_part_is_filled(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 4096)
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(48)), tap)
    result = lab.run(burn(lab.job(40, start=80, erase=True, source=lab.source(40, 2))), tap)
    assert "128 blocks formatted" in result.medium.detail
    assert tap.on_disc(0, 128) == lab.image(48) + bytes(32 * 2048) + lab.image(40, 2) + bytes(8 * 2048)


@pytest.mark.parametrize("before", [0, 48])
def test_an_image_further_out_in_an_open_session_is_refused_before_anything_is_written(lab: Any, before: int) -> None:
    tap = lab.drive("dvd-rw", 4096)
    lab.run(format_medium(), tap)
    if before:
        lab.run(burn(lab.job(before)), tap)
        tap.inner.drive.medium.face.open = True  # as a broken job leaves it
    tap.seen.clear()
    with pytest.raises(DiscStateError, match="close the session first" if before else "from address 0 on"):
        lab.run(burn(lab.job(40, start=80, erase=True)), tap)
    assert not {0x2A, 0x04, 0x5B, 0xA1} & {cdb[0] for cdb in tap.seen}


def test_a_disc_that_cannot_be_filled_up_to_the_image_can_still_be_read(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 4096)
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(48)), tap)
    bad = lab.copy_of(tap, "dvd-rw", 4096, fault="medium-error:64-79")
    with pytest.raises(MediumError) as caught:
        lab.run(burn(lab.job(40, start=80, erase=True)), bad)
    assert not caught.value.medium.open_session
    assert not bad.inner.drive.prevented
    assert bad.on_disc(0, 48) == lab.image(48)


def test_filling_up_to_the_image_can_be_cancelled_and_tells_how_far_it_is(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 4096)
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(48)), tap)
    cancelled, execute, written = Event(), tap.execute, []

    def observing(command: Command) -> Reply:
        if command.cdb[0] == 0x2A:
            written.append(command)
            if len(written) == 3:
                cancelled.set()
        return execute(command)

    tap.execute = observing
    with pytest.raises(Cancelled) as caught:
        lab.run(burn(lab.job(40, start=2048, erase=True)), tap, cancelled=cancelled)
    assert len(written) == 3
    assert not caught.value.medium.open_session
    assert "96 blocks formatted" in caught.value.medium.detail


@pytest.mark.parametrize("full", [False, True])
def test_a_dvd_rw_that_is_formatted_in_part_is_erased_beyond_that_part(lab: Any, full: bool) -> None:
    tap = lab.drive("dvd-rw", 4096)
    lab.run(format_medium(), tap)
    small = lab.run(burn(lab.job(64)), tap).medium
    assert "64 blocks formatted" in small.detail
    erased = lab.run(erase(full=full), tap)
    assert erased.blank
    assert not erased.open_session


@pytest.mark.parametrize(
    ("medium", "wanted", "what"),
    [
        ("bd-re", FormatOptions(resume=True), "resume"),
        ("bd-re", FormatOptions(pseudo_overwrite=True), "pseudo-overwrite"),
        ("bd-r", FormatOptions(full=True), "in full"),
        ("cd-rw", FormatOptions(spare_blocks=320), "spare area"),
        ("dvd-ram", FormatOptions(resume=True), "resume"),
        ("dvd-rw", FormatOptions(spare_blocks=320), "spare area"),
        ("dvd+rw", FormatOptions(pseudo_overwrite=True), "pseudo-overwrite"),
        ("dvd+rw", FormatOptions(spare_blocks=100), "no spare area"),
    ],
)
def test_a_choice_that_a_medium_does_not_know_is_refused(
    lab: Any, medium: str, wanted: FormatOptions, what: str
) -> None:
    tap = lab.drive(medium, None if medium.startswith("bd") else 4096)
    with pytest.raises(UnsupportedMedium, match=what):
        lab.run(format_medium(wanted), tap)
    assert {0x04, 0x1E}.isdisjoint(cdb[0] for cdb in tap.seen), "refused before anything was done"


@pytest.mark.parametrize("spare", [32, 99_999_999])
def test_a_bd_re_takes_only_spare_areas_that_it_offers(lab: Any, spare: int) -> None:
    tap = lab.drive("bd-re")
    with pytest.raises(MediumFull, match="from 131072 to 6422528 are"):
        lab.run(format_medium(FormatOptions(spare_blocks=spare)), tap)
    assert 0x04 not in [cdb[0] for cdb in tap.seen]


@pytest.mark.parametrize("fields", [{"spare_blocks": -1}, {"blocks": 64}, {"sub_type": 1}])
def test_choices_that_make_no_sense_are_not_taken(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"spare_blocks|format_type"):
        FormatOptions(**fields)


def test_waiting_for_a_background_format_can_be_cancelled(lab: Any) -> None:
    tap = lab.drive("dvd+rw")
    cancelled = Event()
    execute = tap.execute

    def observing(command: Any) -> Any:
        if command.cdb[0] == 0x03:  # asked for progress: the format runs in the background
            cancelled.set()
        return execute(command)

    tap.execute = observing
    with pytest.raises(Cancelled, match="formatting"):
        lab.run(format_medium(FormatOptions(full=True)), tap, cancelled=cancelled)
    assert not tap.inner.drive.prevented
    assert "formatted in the background" in lab.run(identify(), tap).detail


@pytest.mark.parametrize(
    ("medium", "header"), [("dvd-rw", 0x02), ("dvd+rw", 0x02), ("dvd-ram", 0xA2), ("bd-r", 0x82), ("bd-re", 0x82)]
)
def test_format_options_are_valid_only_where_a_medium_has_some(lab: Any, medium: str, header: int) -> None:
    tap = lab.drive(medium)
    execute, sent = tap.execute, []

    def listening(command: Command) -> Reply:
        if command.cdb[0] == 0x04:
            sent.append(bytes(command.data))
        return execute(command)

    tap.execute = listening
    lab.run(format_medium(), tap)
    assert [data[1] for data in sent] == [header]


def test_a_drive_that_knows_no_quick_growth_formats_what_is_missing(lab: Any) -> None:
    """Format 11h instead of 13h in READ FORMAT CAPACITIES."""
    tap = lab.drive("dvd-rw", 4096, faults=[Fault(opcode=0x23, alter=slow_growth, times=None)])
    lab.run(format_medium(), tap)
    small = lab.run(burn(lab.job(64)), tap).medium
    assert "64 blocks formatted, 4032 more on demand" in small.detail
    longer = lab.run(burn(lab.job(200, erase=True)), tap)
    assert longer.verified == 200
    assert "208 blocks formatted" in longer.medium.detail


def test_growth_is_no_part_of_writing(lab: Any) -> None:
    """An image that starts beyond what is formatted has empty blocks before it, which take their time."""
    tap, diary = lab.drive("dvd-rw", 4096), lab.diary()
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(64)), tap)
    execute = tap.execute

    def slow(command: Command) -> Reply:
        if command.cdb[0] == 0x2A and int.from_bytes(command.cdb[2:6], "big") < 1600:
            tap.clock.sleep(100.0)
        return execute(command)

    tap.execute = slow
    result = lab.run(burn(lab.job(64, start=1600, erase=True)), tap, observer=diary)
    assert result.seconds < 100
    phases = [phase for phase, _ in groupby(report.phase for report in diary.reports)]
    assert phases[phases.index(Phase.BUFFERING) :][:4] == [
        Phase.BUFFERING,
        Phase.FORMATTING,
        Phase.WRITING,
        Phase.FINALISING,
    ]


def test_growth_that_fails_is_ended_once(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 4096)
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(64)), tap)
    execute = tap.execute

    def failing(command: Command) -> Reply:
        if command.cdb[0] == 0x2A:
            return Reply(CHECK_CONDITION, Sense(0x3, 0x0C).build())
        return execute(command)

    tap.execute, before = failing, len(tap.lines)
    with pytest.raises(MediumError):
        lab.run(burn(lab.job(64, start=1600, erase=True)), tap)
    assert len([line for line in tap.lines[before:] if line.startswith("CLOSE TRACK/SESSION")]) == 1


def grown(lab: Any, tap: Any) -> Procedure[Any]:
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(64)), tap)
    return burn(lab.job(200, erase=True))


def taken_up(lab: Any, tap: Any) -> Procedure[Any]:
    lab.run(format_medium(), tap)
    lab.run(close_session(), tap)
    return burn(lab.job(64))


@pytest.mark.parametrize(
    "answer", [Reply(BUSY), Reply(CHECK_CONDITION, Sense(2, 4, 8).build())], ids=["08h", "2/04/08"]
)
@pytest.mark.parametrize(("medium", "prepare"), [("dvd-rw", grown), ("dvd+rw", taken_up)])
def test_a_format_that_a_burn_has_begun_is_seen_through_though_the_burn_is_cancelled(
    lab: Any, medium: str, prepare: Callable[[Any, Any], Procedure[Any]], answer: Reply
) -> None:
    tap = lab.drive(medium)
    job, execute, formatting = prepare(lab, tap), tap.execute, list[Command]()

    def busy(command: Command) -> Reply:
        if not formatting and command.cdb[0] != FORMAT_UNIT:
            return execute(command)
        formatting.append(command)
        if len(formatting) == 1:
            tap.cancelled.set()
        elif len(formatting) == 2:
            return Reply(CHECK_CONDITION, Sense(2, 4, 4).build())
        elif command.cdb[0] == SYNCHRONIZE_CACHE and formatting[-2].cdb != command.cdb:
            return answer
        return execute(command)

    tap.execute = busy
    with pytest.raises(Cancelled):
        lab.run(job, tap)
    seen = [command.cdb[0] for command in formatting]
    flush = seen.index(SYNCHRONIZE_CACHE)
    assert formatting[flush + 1].cdb == formatting[flush].cdb


def slow_growth(data: bytes) -> bytes:
    rows = [data[at : at + 8] for at in range(12, len(data), 8)]
    return data[:12] + b"".join(row[:4] + b"\x44" + row[5:] if row[4:5] == b"\x4c" else row for row in rows)


@pytest.mark.parametrize("wanted", [0x12, 0x14, 0x24])
def test_formats_whose_discs_could_not_be_written_are_refused_by_name(lab: Any, wanted: int) -> None:
    tap = lab.drive("dvd-rw", 4096)
    with pytest.raises(UnsupportedMedium, match=r"another session|Mount Rainier"):
        lab.run(format_medium(FormatOptions(format_type=wanted)), tap)
    assert 0x04 not in [cdb[0] for cdb in tap.seen]


@pytest.mark.parametrize("wanted", [0x00, 0x32])
def test_a_format_for_random_recording_is_refused_by_name(lab: Any, wanted: int) -> None:
    tap = lab.drive("bd-r", 65536 * 8)
    with pytest.raises(UnsupportedMedium, match="random recording, which this library does not write"):
        lab.run(format_medium(FormatOptions(format_type=wanted, sub_type=2)), tap)
    assert 0x04 not in [cdb[0] for cdb in tap.seen]


def test_a_background_format_that_never_ends_is_given_up(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 100.0)
    tap = lab.drive("dvd+rw")
    tap.clock.sleep(polling.FORMAT)  # the drive has been on for long
    execute, polls = tap.execute, 0

    def running(command: Any) -> Any:
        nonlocal polls
        reply = execute(command)
        if command.cdb[0] != 0x51 or len(reply.data) < 8:
            return reply
        polls += 1
        return replace(reply, data=bytes((*reply.data[:7], reply.data[7] & ~3 | 2, *reply.data[8:])))

    tap.execute = running
    with pytest.raises(DriveTimeout, match="background format is still not complete after 11000 s"):
        lab.run(format_medium(FormatOptions(full=True)), tap)
    assert polls > polling.FORMAT / 100
    assert not tap.inner.drive.prevented


def test_a_dvd_ram_takes_only_spare_areas_that_it_offers(lab: Any) -> None:
    tap = lab.drive("dvd-ram")
    with pytest.raises(DiscStateError, match="no format of this disc leaves 1000000 blocks"):
        lab.run(format_medium(FormatOptions(spare_blocks=1_000_000)), tap)
    assert 0x04 not in [cdb[0] for cdb in tap.seen]


def test_a_bd_r_tells_its_formats_while_it_is_blank_and_what_one_left(lab: Any) -> None:
    tap = lab.drive("bd-r")
    fresh = lab.run(identify(), tap)
    assert fresh.formats
    assert {choice.format_type for choice in fresh.formats} == {0x00, 0x32}
    formatted = lab.run(format_medium(), tap)
    assert (formatted.formats, formatted.used_blocks, formatted.detail) == ((), 0, "with spare areas")
