"""Steps that many recipes share: long operations started with Immed, and the wait for their end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from discstack.mmc import actions, polling, queries
from discstack.mmc.command import UNSUPPORTED, optional
from discstack.mmc.errors import IllegalRequest
from discstack.mmc.medium import WriteMode
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import Work

CLOSE_TRACK: Final = 1  # close function, MMC-6 table 251
BLANK_DISC, BLANK_MINIMAL = 0, 1  # blanking types, MMC-6 table 243


def long_operation(
    work: Work, start: Callable[[bool], Procedure[None]], limit: float, phase: Phase | None
) -> Procedure[None]:
    """Start an operation, waiting while the drive is busy with an earlier one, and see it through.

    `start` is given the Immed bit; a drive that does not know the bit is asked again without.
    """
    try:
        yield from persist(lambda: start(True), limit=limit)
    except IllegalRequest as error:
        if error.sense.asc not in UNSUPPORTED:
            raise
        yield from persist(lambda: start(False), limit=limit)
    yield from wait_ready(limit, phase=phase, quirks=work.quirks)
    # drives were seen to say that they are ready long before they answer anything else
    yield from persist(lambda: optional(queries.disc_information()), limit=limit)


def flush(work: Work) -> Procedure[None]:
    """Write what the drive buffers: with Immed, so that the wait can be watched, and once more without.

    The plain one is what some drives need before they take another command (growisofs's experience with Pioneer). After
    disc-at-once it is left out: the first one has written the lead-out, and there is nothing left to flush.
    """
    yield from long_operation(
        work, lambda immed: actions.synchronize_cache(immed=immed), polling.SYNC, Phase.FINALISING
    )
    if work.mode is not WriteMode.DISC_AT_ONCE:
        yield from persist(actions.synchronize_cache, limit=polling.SYNC)


def blank(work: Work, full: bool) -> Procedure[None]:
    """Blank a rewritable disc: only what makes it look written, or all of it.

    A DVD-RW that was not blanked in full can be written at once only.
    """
    kind = BLANK_DISC if full else BLANK_MINIMAL
    yield from long_operation(work, lambda immed: actions.blank(kind, immed=immed), polling.BLANK, Phase.ERASING)


def close(work: Work, function: int, track: int = 0) -> Procedure[None]:
    """Carry out one function of CLOSE TRACK/SESSION."""
    yield from long_operation(
        work,
        lambda immed: actions.close_track_session(function, track, immed=immed),
        polling.CLOSE,
        Phase.FINALISING,
    )


def close_first_of(work: Work, *functions: int) -> Procedure[None]:
    """Carry out the first of several close functions that the drive knows."""
    *others, last = functions
    for function in others:
        try:
            return (yield from close(work, function))
        except IllegalRequest as error:
            if error.sense.asc not in UNSUPPORTED:
                raise
    return (yield from close(work, last))


def close_tracks(work: Work) -> Procedure[None]:
    """Close the tracks of the last session that have no end yet, by their numbers: the last one if anything is in it.

    Of the others those that were reserved and are not full: the drive pads them.
    """
    disc = yield from persist(queries.disc_information)
    last = disc.last_track_number_in_last_session
    members = range(disc.first_track_number_in_last_session, last)
    for reserved in work.survey.tracks:
        if reserved.next_writable_address is None or reserved.number not in members:
            continue
        track = yield from persist(partial(queries.track_information, reserved.number))
        if track.nwa_v:
            yield from close(work, CLOSE_TRACK, track.logical_track_number)
    yield from _close_if_written(work, last)


def close_last_track(work: Work) -> Procedure[None]:
    """Close the last track of the last session, by its number, and leave those before it that others reserved."""
    disc = yield from persist(queries.disc_information)
    yield from _close_if_written(work, disc.last_track_number_in_last_session)


def _close_if_written(work: Work, number: int) -> Procedure[None]:
    track = yield from persist(partial(queries.track_information, number))
    if not track.blank:
        yield from close(work, CLOSE_TRACK, track.logical_track_number)


def close_damaged(work: Work) -> Procedure[None]:
    """Close the tracks whose recording broke off."""
    for track in work.status.tracks:
        if track.damaged:
            yield from close(work, CLOSE_TRACK, track.number)
