"""The stream of WRITE commands, and what to do when one of them is answered with anything but GOOD.

The feeder repeats 2/04/08 by itself and hands every other answer to this module. An answer either leads to the very
same WRITE again, within limits of count and time, or ends the stream: after an error nothing new is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from discstack.mmc import actions
from discstack.mmc.errors import (
    NOT_TAKEN,
    Cancelled,
    CommandError,
    IllegalRequest,
    RecoveredError,
    ShortTransfer,
    StatusError,
    command_error,
)
from discstack.mmc.feed import added, remainder
from discstack.mmc.polling import BUSY, persist
from discstack.mmc.procedure import Now, Pause, Phase, Procedure
from discstack.mmc.queries import drain_events
from discstack.mmc.recipe import Work
from discstack.transport.base import (
    GOOD,
    SMALL_TRANSFER,
    FeedCounters,
    FeedResult,
    Reply,
    Stream,
    TransferRefused,
)

QUICK_RETRIES: Final = 3  # so many are a second apart, the later ones SLOW_INTERVAL
QUICK_INTERVAL: Final = 1.0
SLOW_INTERVAL: Final = 5.0


class Reaction(Enum):
    """What an answer to a WRITE leads to."""

    AGAIN = auto()  # wait, then the same WRITE
    SMALLER = auto()  # half as much in one WRITE, if nothing is written yet
    FLUSH = auto()  # SYNCHRONIZE CACHE, then the same WRITE; as AGAIN where a flush would end the recording
    ADDRESS = auto()  # the same WRITE, once, if the drive confirms that this address is next
    GO_ON = auto()  # it is written
    FAIL = auto()


# (sense key, additional sense code, its qualifier; None matches all). Whatever is not here fails.
REACTIONS: Final[dict[tuple[int, int | None, int | None], Reaction]] = {
    (0x1, None, None): Reaction.GO_ON,
    (0x2, 0x04, 0x01): Reaction.AGAIN,  # becoming ready
    (0x2, 0x04, 0x04): Reaction.FLUSH,  # format in progress
    (0x2, 0x04, 0x07): Reaction.FLUSH,  # operation in progress
    (0x5, 0x21, 0x02): Reaction.ADDRESS,  # invalid address for write
    (0x5, 0x24, 0x00): Reaction.SMALLER,  # invalid field in CDB
    (0x5, 0x2C, 0x00): Reaction.FLUSH,  # command sequence error: somebody else reads
    (0x6, 0x2A, None): Reaction.AGAIN,  # parameters changed
    (0xB, 0x4B, None): Reaction.SMALLER,  # data phase error: a bridge
}


def reaction(error: CommandError) -> Reaction:
    """Look up what to do after a failed WRITE."""
    if isinstance(error, StatusError):  # there is no sense data to look at
        return Reaction.AGAIN if error.reply.status in NOT_TAKEN else Reaction.FAIL
    sense = error.sense
    key, asc, ascq = int(sense.key), sense.asc, sense.ascq
    if sense.deferred:  # it tells of an earlier command; this one was not carried out
        return Reaction.AGAIN if key == 0x1 else Reaction.FAIL
    for row in ((key, asc, ascq), (key, asc, None), (key, None, None)):
        if row in REACTIONS:
            return REACTIONS[row]
    return Reaction.FAIL


@dataclass(slots=True)
class _Trouble:
    """One WRITE that does not get through: at which address, since when, how often."""

    lba: int
    since: float
    retries: int = 0


def write_stream(
    work: Work, stream: Stream, source_check: Callable[[], None], next_writable: Callable[[], Procedure[int | None]]
) -> Procedure[FeedCounters]:
    """Write a stream to its end.

    `source_check` raises if the source has failed; `next_writable` asks the drive for its next writable address. What
    is not sent for its size goes out in smaller commands. Raises Cancelled, the source's error, TransportError,
    CommandError or ShortTransfer; the last two with the address in their notes.
    """
    trouble: _Trouble | None = None
    while True:
        try:
            result: FeedResult = yield stream
        except TransferRefused as refused:
            stream = yield from _after_refusal(work, stream, refused)
            continue
        total = added(stream.earlier, result.counters)
        if result.stopped:
            source_check()
            blocks = stream.earlier.blocks + stream.blocks
            raise Cancelled(f"cancelled while writing; the drive has taken {total.blocks} of {blocks} blocks")
        if result.status == GOOD and not result.residual:
            source_check()
            return total
        if trouble is None or result.reply_lba != trouble.lba:
            trouble = _Trouble(result.reply_lba, (yield Now()))
        error = _error(stream, result)
        what = reaction(error)
        if what is Reaction.GO_ON:
            yield from work.notice(Phase.WRITING, f"recovered while writing: {error}")
        else:
            if what is Reaction.SMALLER:
                stream = yield from _smaller(work, stream, error, total, next_writable)
            else:
                yield from _retry(work, what, error, trouble, next_writable)
            trouble.retries += 1
        left = remainder(stream, result, written=what is Reaction.GO_ON)
        total.blocks = stream.earlier.blocks + stream.blocks - left.blocks
        stream = replace(left, earlier=total)
        if not stream.blocks:
            return total


def _after_refusal(work: Work, stream: Stream, refused: TransferRefused) -> Procedure[Stream]:
    """Return the stream that goes on in smaller commands where the system did not pass one on; raise if it cannot."""
    counters = refused.counters or FeedCounters()
    smaller = yield from _halved(work, stream, refused)
    total = added(stream.earlier, counters)
    return replace(remainder(smaller, FeedResult(counters)), earlier=total)


def _smaller(
    work: Work,
    stream: Stream,
    error: CommandError,
    total: FeedCounters,
    next_writable: Callable[[], Procedure[int | None]],
) -> Procedure[Stream]:
    """Return the stream in smaller commands if the drive has taken nothing yet; raise the error if it may have."""
    if total.blocks or _fewer_blocks(work, stream) is None:
        raise error
    address = yield from next_writable()
    if address != stream.lba and (address is not None or _may_be_taken(work, error)):
        raise error
    return (yield from _halved(work, stream, error))


def _may_be_taken(work: Work, error: CommandError) -> bool:
    """Say whether data may be on the disc that would get there twice: what was refused has left nothing there."""
    return work.recipe.sequential and not isinstance(error, IllegalRequest)


def _halved(work: Work, stream: Stream, error: CommandError | TransferRefused) -> Procedure[Stream]:
    unit = _fewer_blocks(work, stream)
    if unit is None:
        raise error
    before, after = (blocks * stream.block_size >> 10 for blocks in (stream.unit, unit))
    yield from work.notice(Phase.WRITING, f"{after} instead of {before} KiB in one WRITE from here on: {error}")
    return replace(stream, unit=unit)


def _fewer_blocks(work: Work, stream: Stream) -> int | None:
    """Return the next smaller size of a command, whole write units that divide the ring; None where it is small."""
    least = work.recipe.write_unit
    if stream.unit * stream.block_size <= SMALL_TRANSFER:
        return None
    pieces = range(2, stream.unit // least + 1)
    return next((stream.unit // count for count in pieces if not stream.unit % (count * least)), None)


def _retry(
    work: Work,
    what: Reaction,
    error: CommandError,
    trouble: _Trouble,
    next_writable: Callable[[], Procedure[int | None]],
) -> Procedure[None]:
    """Do what has to come before the same WRITE is sent again; raise the error if it shall not be."""
    if what is Reaction.FAIL or (yield Now()) - trouble.since >= BUSY:
        raise error
    if what is Reaction.FLUSH and work.recipe.flush_ends_recording:
        what = Reaction.AGAIN
    if what is Reaction.ADDRESS and (trouble.retries or (yield from next_writable()) != trouble.lba):
        raise error
    yield from work.notice(Phase.WRITING, f"writing again: {error}")
    if what is Reaction.FLUSH:
        yield from persist(actions.synchronize_cache)
    elif what is Reaction.AGAIN:
        yield from drain_events()
    if trouble.retries or what is Reaction.AGAIN:
        seconds = QUICK_INTERVAL if trouble.retries < QUICK_RETRIES else SLOW_INTERVAL
        yield Pause(seconds, cancellable=True)


def _error(stream: Stream, result: FeedResult) -> CommandError:
    blocks = min(stream.unit, stream.blocks - result.counters.blocks)
    cdb = bytearray(stream.template)
    for (offset, width), value in ((stream.lba_place, result.reply_lba), (stream.length_place, blocks)):
        cdb[offset : offset + width // 8] = (value & ((1 << width) - 1)).to_bytes(width // 8, "big")
    if result.status == GOOD:
        raise ShortTransfer(bytes(cdb), result.residual)
    error = command_error(bytes(cdb), Reply(result.status, result.sense))
    if isinstance(error, RecoveredError) and result.residual and not error.sense.deferred:
        raise ShortTransfer(bytes(cdb), result.residual) from error
    where = "at or before" if error.sense.deferred else "at"
    error.add_note(f"writing failed {where} LBA {result.reply_lba}")
    return error
