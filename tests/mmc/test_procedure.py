"""The runner: what it sends into a procedure for each effect."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event
from typing import Any

import pytest

from discstack.mmc.command import command
from discstack.mmc.errors import Cancelled, MediumError, RecoveredError, ShortTransfer, StatusError
from discstack.mmc.procedure import (
    NOT_TAKEN_LIMIT,
    Checkpoint,
    MaxTransfer,
    Now,
    Observer,
    Pause,
    Phase,
    Prefill,
    Procedure,
    Report,
    run,
)
from discstack.mmc.spec.commands import (
    BLANK,
    CLOSE_TRACK_SESSION,
    FORMAT_UNIT,
    MODE_SELECT_10,
    READ_CAPACITY,
    TEST_UNIT_READY,
)
from discstack.mmc.spec.sense import Sense
from discstack.native import Ring
from discstack.transport.base import (
    BUSY,
    CHECK_CONDITION,
    RESERVATION_CONFLICT,
    TASK_SET_FULL,
    DeviceGone,
    FeedCounters,
    FeedResult,
    Reply,
    Stream,
)
from discstack.transport.script import ScriptTransport

TUR = command(TEST_UNIT_READY)


def once(effect: Any) -> Procedure[Any]:
    return (yield effect)


def test_a_reply_is_sent_in(lab: Any) -> None:
    reply = lab.run(once(command(READ_CAPACITY, allocation=8)), lab.script(b"\0\0\0\x0f\0\0\x08\0"))
    assert reply.data == b"\0\0\0\x0f\0\0\x08\0"


def test_check_condition_is_thrown_in_by_its_sense_key(lab: Any) -> None:
    with pytest.raises(MediumError, match="3/0C/00"):
        lab.run(once(TUR), lab.script((3, 0x0C, 0)))


def test_another_status_is_thrown_in_as_itself(lab: Any) -> None:
    script = lab.script(Reply(RESERVATION_CONFLICT))
    with pytest.raises(StatusError, match="0x18"):
        lab.run(once(TUR), script)
    assert len(script.seen) == 1


@pytest.mark.parametrize("status", [BUSY, TASK_SET_FULL])
def test_a_command_that_the_drive_did_not_take_is_sent_again(lab: Any, status: int) -> None:
    script = lab.script(Reply(status), Reply(status), None)
    lab.run(once(TUR), script)
    assert len(script.seen) == 3
    assert script.time > 0


def test_a_drive_that_takes_no_command_for_long_is_an_error(lab: Any) -> None:
    script = lab.script(Reply(BUSY))
    with pytest.raises(StatusError, match="0x08"):
        lab.run(once(TUR), script)
    assert script.time == pytest.approx(NOT_TAKEN_LIMIT)


def test_a_wait_for_a_drive_that_takes_no_command_is_told_once(lab: Any) -> None:
    diary = lab.diary()
    with pytest.raises(StatusError):
        lab.run(once(TUR), lab.script(Reply(BUSY)), observer=diary)
    assert [str(waiting) for waiting in diary.waits] == [
        "waiting for the drive, 120 s at the most: TEST UNIT READY: the drive answered with BUSY (0x08)"
    ]


def test_a_short_wait_is_not_told(lab: Any) -> None:
    diary = lab.diary()
    lab.run(once(TUR), lab.script(*[Reply(BUSY)] * 4, None), observer=diary)
    assert diary.waits == []


def several(count: int) -> Iterator[Any]:
    """Send so many commands one after the other, and return how many were given up."""
    given_up = 0
    for _ in range(count):
        try:
            yield TUR
        except StatusError:
            given_up += 1
    return given_up


def test_a_drive_that_takes_nothing_any_more_is_waited_for_once_more_not_with_each_command(lab: Any) -> None:
    script = lab.script(Reply(BUSY))
    assert lab.run(several(8), script) == 8
    assert script.time == pytest.approx(2 * NOT_TAKEN_LIMIT)


def test_a_drive_that_takes_a_command_again_is_waited_for_as_before(lab: Any) -> None:
    untaken = [Reply(BUSY)] * int(NOT_TAKEN_LIMIT)
    script = lab.script(*untaken, Reply(BUSY), None, *untaken, None)
    assert lab.run(several(3), script) == 1
    assert script.time == pytest.approx(2 * NOT_TAKEN_LIMIT)


class Cancelling:
    """A transport that answers BUSY so many times; the job is cancelled at the given command."""

    def __init__(self, script: Any, cancelled: Event, at: int) -> None:
        self.script, self.cancelled, self.at = script, cancelled, at
        self.clock, self.max_transfer, self.usual_transfer = script.clock, 1 << 16, 1 << 16

    def execute(self, command: Any) -> Reply:
        if len(self.script.seen) + 1 == self.at:
            self.cancelled.set()
        return self.script.execute(command)


def in_phases(*phases: Phase | None) -> Iterator[Any]:
    """Send one command in each phase, and return where that was cancelled."""
    failures = []
    for phase in phases:
        if phase is not None:
            yield Report(phase)
        try:
            yield TUR
        except Cancelled as error:
            failures.append((phase, str(error)))
    return failures


def test_a_cancel_is_heard_at_once_while_the_drive_takes_no_command(lab: Any) -> None:
    cancelled = Event()
    transport = Cancelling(lab.script(Reply(BUSY)), cancelled, at=3)
    failures = lab.run(in_phases(Phase.WRITING), transport, cancelled=cancelled)
    assert failures == [(Phase.WRITING, "cancelled while writing")]
    assert len(transport.script.seen) == 3
    assert transport.script.time == pytest.approx(2.0)


BEGINNINGS = {
    Phase.ERASING: command(BLANK),
    Phase.FORMATTING: command(FORMAT_UNIT, data=bytes(12)),
    Phase.FINALISING: command(CLOSE_TRACK_SESSION),
}


def test_what_cannot_be_stopped_and_the_way_out_are_seen_through(lab: Any) -> None:
    cancelled = Event()
    cancelled.set()

    def begin(phase: Phase) -> Iterator[Any]:
        yield Report(phase)
        yield BEGINNINGS[phase]
        return (yield from in_phases(phase))

    for phase in BEGINNINGS:
        script = lab.script(None, Reply(BUSY), Reply(BUSY), None)
        assert lab.run(begin(phase), script, cancelled=cancelled) == []
        assert len(script.seen) == 4
    script = lab.script(*[Reply(BUSY), Reply(BUSY), None] * 3)
    failures = lab.run(in_phases(Phase.FINALISING, Phase.VERIFYING, None), script, cancelled=cancelled)
    assert failures == [(Phase.VERIFYING, "cancelled while verifying")]
    assert len(script.seen) == 3 + 1 + 2


@pytest.mark.parametrize("phase", [Phase.ERASING, Phase.FORMATTING])
def test_what_the_drive_has_not_begun_can_be_left_undone(lab: Any, phase: Phase) -> None:
    cancelled = Event()
    cancelled.set()

    def begin() -> Iterator[Any]:
        yield Report(phase)
        yield TUR
        yield BEGINNINGS[phase]

    script = lab.script(None, Reply(BUSY))
    with pytest.raises(Cancelled, match=f"cancelled while {phase.value}"):
        lab.run(begin(), script, cancelled=cancelled)
    assert len(script.seen) == 2


def test_a_recovered_error_is_a_success_that_is_heard_of(lab: Any) -> None:
    diary = lab.diary()
    answer = Reply(CHECK_CONDITION, Sense(1, 0x17, 1).build(), b"12345678")
    reply = lab.run(once(command(READ_CAPACITY, allocation=8)), lab.script(answer), observer=diary)
    assert reply.data == b"12345678"
    assert [error.sense.triple for error in diary.recoveries] == [(1, 0x17, 1)]


def test_a_command_is_sent_again_after_a_deferred_recovered_error(lab: Any) -> None:
    diary = lab.diary()
    script = lab.script(Reply(CHECK_CONDITION, Sense(1, 0x17, 1, deferred=True).build()), None)
    lab.run(once(TUR), script, observer=diary)
    assert len(script.seen) == 2
    assert len(diary.recoveries) == 1


def test_deferred_recovered_errors_without_end_are_an_error(lab: Any) -> None:
    script = lab.script(Reply(CHECK_CONDITION, Sense(1, 0x17, 1, deferred=True).build()))
    with pytest.raises(RecoveredError):
        lab.run(once(TUR), script)
    assert len(script.seen) == 4


@pytest.mark.parametrize("reply", [Reply(residual=6), Reply(CHECK_CONDITION, Sense(1, 0x17, 1).build(), residual=6)])
def test_data_that_did_not_reach_the_drive_is_an_error(lab: Any, reply: Reply) -> None:
    with pytest.raises(ShortTransfer, match="6 bytes did not move"):
        lab.run(once(command(MODE_SELECT_10, data=bytes(10), pf=True)), lab.script(reply))


def test_a_transport_error_reaches_the_procedure(lab: Any) -> None:
    def procedure() -> Iterator[Any]:
        try:
            yield TUR
        except DeviceGone:
            return "gone"

    assert lab.run(procedure(), lab.script(DeviceGone("gone"))) == "gone"


def test_time_passes_on_the_device_s_clock(lab: Any) -> None:
    def procedure() -> Iterator[Any]:
        before = yield Now()
        yield Pause(2.5)
        return (yield Now()) - before

    assert lab.run(procedure(), lab.script(None)) == 2.5


def test_the_largest_transfer_is_the_transport_s(lab: Any) -> None:
    assert lab.run(once(MaxTransfer()), lab.script(None)) == 65536


def test_a_checkpoint_lets_a_job_pass_that_nobody_cancelled(lab: Any) -> None:
    lab.run(once(Checkpoint()), lab.script(None), cancelled=Event())


def test_a_checkpoint_ends_a_cancelled_job(lab: Any) -> None:
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        lab.run(once(Checkpoint()), lab.script(None), cancelled=cancelled)


def test_reports_reach_the_observer(lab: Any) -> None:
    diary = lab.diary()
    lab.run(once(Report(Phase.WRITING, 0.5, "half")), lab.script(None), observer=diary)
    assert diary.reports == [Report(Phase.WRITING, 0.5, "half")]


def test_a_report_tells_the_procedure_which_phase_it_leaves(lab: Any) -> None:
    def procedure() -> Iterator[Any]:
        return (yield Report(Phase.WRITING)), (yield Report(Phase.WRITING)), (yield Report(Phase.FINALISING))

    assert lab.run(procedure(), lab.script(None)) == (None, Phase.WRITING, Phase.WRITING)


def test_an_error_survives_being_sent_to_another_process(lab: Any) -> None:
    with pytest.raises(MediumError) as caught:
        lab.run(once(TUR), lab.script((3, 0x0C, 0)))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is MediumError
    assert str(again) == str(caught.value)
    assert again.sense == caught.value.sense


class Basin:
    """Stands for a pump whose ring takes so many looks to become full."""

    def __init__(self, looks: int, *, ended: bool) -> None:
        self.looks, self.ended = looks, ended

    def wait_full(self, _: float) -> bool:
        self.looks -= 1
        return self.looks < 0

    @property
    def readiness(self) -> float:
        return 1 / (self.looks + 2)


def test_rings_are_filled_one_after_the_other_until_one_has_more_to_come(lab: Any) -> None:
    diary = lab.diary()
    basins = (Basin(1, ended=True), Basin(2, ended=False), Basin(3, ended=False))
    lab.run(once(Prefill(basins)), lab.script(None), observer=diary)
    assert [basin.looks for basin in basins] == [-1, -1, 3]
    assert [(report.phase, report.progress) for report in diary.reports] == [
        (Phase.BUFFERING, progress) for progress in (1 / 2, 1 / 3, 1 / 2)
    ]


def test_who_waits_for_a_full_ring_hears_a_cancel(lab: Any) -> None:
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        lab.run(once(Prefill((Basin(1 << 30, ended=False),))), lab.script(None), cancelled=cancelled)


class LateFeeder(ScriptTransport):
    """A transport whose feeder tells of the stream before until somebody was told of this one."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Event()
        self.counters = FeedCounters(blocks=700, commands=70)

    def feed(self, stream: Stream, /) -> FeedResult:
        assert self.told.wait(200)
        self.counters = FeedCounters(blocks=stream.blocks, commands=1)
        return FeedResult(self.counters)

    def feed_counters(self) -> FeedCounters:
        return self.counters


class Listener(Observer):
    def __init__(self, told: Event) -> None:
        self.told, self.heard = told, list[FeedCounters]()

    def streaming(self, stream: Stream, counters: FeedCounters, /) -> None:
        self.heard.append(counters)
        self.told.set()


def late_stream() -> Stream:
    ring = Ring(1 << 17, 1 << 16)
    ring.reserve(1 << 16)
    ring.commit(1 << 16)
    return Stream(
        ring=ring,
        template=bytes(10),
        lba_place=(2, 32),
        length_place=(7, 16),
        lba=0,
        blocks=32,
        block_size=2048,
        unit=32,
        timeout=1.0,
        nap=0.1,
        earlier=FeedCounters(blocks=64, commands=2, ring_low=1 << 17),
    )


def test_what_is_told_of_a_stream_that_has_not_begun_is_not_that_of_the_one_before() -> None:
    transport = LateFeeder()
    listener = Listener(transport.told)
    run(once(late_stream()), transport, observer=listener)
    first, *_, last = listener.heard
    assert (first.blocks, first.commands, first.ring_fill, first.ring_low) == (64, 2, 1 << 16, 1 << 16)
    assert (last.blocks, last.commands) == (96, 3)


def test_a_stream_that_ends_just_as_somebody_looks_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = LateFeeder()
    is_done = Future.done

    def ending(future: Future[Any]) -> bool:
        transport.told.set()
        while not is_done(future):
            pass
        return True

    monkeypatch.setattr(Future, "done", ending)
    listener = Listener(transport.told)
    run(once(late_stream()), transport, observer=listener)
    assert listener.heard[-1].blocks == 96
