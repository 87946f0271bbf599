"""Waiting for a busy drive: the table of answers, and an end to every wait."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from discstack.mmc import actions, polling, queries
from discstack.mmc.errors import Cancelled, CommandError, DriveTimeout, HardwareError, NotReady, UnitAttention
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Phase
from discstack.mmc.quirks import Quirk
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import Reply

GOOD = None


@pytest.mark.parametrize(
    "answer", [(2, 4, 1), (2, 4, 4), (2, 4, 7), (2, 4, 8), (6, 0x2E, 0), (6, 0x28, 0), (6, 0x29, 1)]
)
def test_these_answers_mean_wait(lab: Any, answer: tuple[int, int, int]) -> None:
    script = lab.script(answer, answer, GOOD)
    lab.run(wait_ready(60.0), script)
    assert script.lines == ["TEST UNIT READY"] * 3


@pytest.mark.parametrize("answer", [(2, 4, 2), (2, 4, 3), (2, 0x3A, 1), (3, 2, 0), (4, 0x44, 0), (5, 0x20, 0)])
def test_these_answers_end_the_wait_with_an_error(lab: Any, answer: tuple[int, int, int]) -> None:
    script = lab.script(answer)
    with pytest.raises(CommandError) as caught:
        lab.run(wait_ready(60.0), script)
    assert caught.value.sense.triple == answer
    assert len(script.seen) == 1


@pytest.mark.parametrize("answer", [(2, 4, 1), (2, 4, 4), (2, 4, 7), (2, 4, 8), (6, 0x29, 0)])
def test_a_drive_that_never_gets_done_is_given_up(lab: Any, answer: tuple[int, int, int]) -> None:
    script = lab.script(answer)
    with pytest.raises(DriveTimeout, match="100 s"):
        lab.run(wait_ready(100.0), script)
    assert script.time == pytest.approx(100.0, abs=polling.INTERVAL)


def test_an_adapter_that_is_never_ready_for_no_reason_counts_as_ready_after_five_seconds(lab: Any) -> None:
    script = lab.script((2, 4, 0))
    lab.run(wait_ready(100.0), script)
    assert script.time == pytest.approx(polling.CLUELESS)


def test_the_five_seconds_begin_anew_when_the_drive_gives_a_reason(lab: Any) -> None:
    script = lab.script(*[(2, 4, 0)] * 4, (2, 4, 7), (2, 4, 0))
    lab.run(wait_ready(100.0), script)
    assert script.time == pytest.approx(5 + polling.CLUELESS)


def test_progress_is_reported_but_proves_nothing(lab: Any) -> None:
    stuck = Reply(2, Sense(2, 4, 4, progress=0.25).build())
    diary = lab.diary()
    with pytest.raises(DriveTimeout):
        lab.run(wait_ready(50.0, phase=Phase.FORMATTING), lab.script(stuck), observer=diary)
    assert {(r.phase, r.progress) for r in diary.reports} == {(Phase.FORMATTING, 0.25)}


def test_progress_that_only_request_sense_tells_is_asked_for(lab: Any) -> None:
    diary = lab.diary()
    half = Reply(data=Sense(2, 4, 4, progress=0.5).build())
    script = lab.script((2, 4, 4), half, (2, 4, 4), (5, 0x20, 0), GOOD)
    lab.run(wait_ready(50.0, phase=Phase.FORMATTING), script, observer=diary)
    assert script.lines == [*["TEST UNIT READY", "REQUEST SENSE allocation_length=0x12"] * 2, "TEST UNIT READY"]
    assert [report.progress for report in diary.reports] == [0.5, None]


def test_a_drive_that_is_ready_too_early_meets_a_barrier(lab: Any) -> None:
    script = lab.script(GOOD, (2, 4, 7), (2, 4, 7), GOOD)
    lab.run(wait_ready(quirks={Quirk.READY_TOO_EARLY}), script)
    assert script.lines == ["TEST UNIT READY", *["START STOP UNIT immed=0x1"] * 3]
    assert script.time == pytest.approx(2 / 3)


def test_a_deferred_error_is_not_taken_for_being_busy(lab: Any) -> None:
    with pytest.raises(NotReady):
        lab.run(wait_ready(), lab.script(Reply(2, Sense(2, 4, 8, deferred=True).build())))


def test_a_command_is_repeated_while_the_drive_is_busy(lab: Any) -> None:
    script = lab.script((2, 4, 7), (2, 4, 7), GOOD)
    lab.run(persist(lambda: actions.close_track_session(2)), script)
    assert script.lines == ["CLOSE TRACK/SESSION immed=0x1 close_function=0x2"] * 3


def test_a_command_is_not_repeated_for_ever(lab: Any) -> None:
    script = lab.script((2, 4, 7))
    with pytest.raises(DriveTimeout):
        lab.run(persist(actions.synchronize_cache, limit=30.0), script)
    assert script.time <= 31.0


@pytest.mark.parametrize("wait", [lambda: wait_ready(60.0), lambda: persist(queries.inquiry, limit=60.0)])
def test_a_wait_is_told_once_with_what_the_drive_answers(lab: Any, wait: Any) -> None:
    diary = lab.diary()
    with pytest.raises(DriveTimeout):
        lab.run(wait(), lab.script((2, 4, 1)), observer=diary)
    (waiting,) = diary.waits
    assert (waiting.limit, waiting.error.sense.triple) == (60.0, (2, 4, 1))
    quiet = lab.diary()
    lab.run(wait(), lab.script(*[(2, 4, 1)] * 4, bytes(96)), observer=quiet)
    assert quiet.waits == []


def test_a_wait_in_a_phase_that_is_reported_is_no_news(lab: Any) -> None:
    """All closes, and most of what else is begun, take longer than a short wait."""
    diary = lab.diary()
    lab.run(wait_ready(60.0, phase=Phase.FINALISING), lab.script(*[(2, 4, 7), b""] * 20, GOOD), observer=diary)
    assert (diary.waits, {report.phase for report in diary.reports}) == ([], {Phase.FINALISING})


def test_a_cancel_is_heard_while_a_command_is_repeated(lab: Any) -> None:
    cancelled = Event()
    cancelled.set()
    script = lab.script((2, 4, 1))
    with pytest.raises(Cancelled):
        lab.run(persist(queries.inquiry), script, cancelled=cancelled)
    assert len(script.seen) == 1


def test_a_reset_ends_a_command_of_a_job(lab: Any) -> None:
    with pytest.raises(UnitAttention):
        lab.run(persist(actions.synchronize_cache), lab.script((6, 0x29, 0), GOOD))


def test_a_question_is_asked_again_after_a_unit_attention(lab: Any) -> None:
    script = lab.script((6, 0x28, 0), (6, 0x29, 0), GOOD)
    lab.run(persist(actions.synchronize_cache, swallow_attentions=True), script)
    assert len(script.seen) == 3


def test_other_errors_are_not_repeated(lab: Any) -> None:
    script = lab.script((4, 0x44, 0))
    with pytest.raises(HardwareError):
        lab.run(persist(actions.synchronize_cache), script)
    assert len(script.seen) == 1


def test_a_wait_is_measured_from_when_it_began(lab: Any) -> None:
    """Not from when the clock did: it is that of a machine which has been running for long."""
    for wait in (wait_ready(60.0), persist(actions.synchronize_cache, limit=60.0)):
        script = lab.script((2, 4, 1), (2, 4, 1), GOOD)
        script.clock.sleep(10_000.0)
        lab.run(wait, script)
        assert len(script.seen) == 3
