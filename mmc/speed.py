"""Write speeds: which there are, setting one, and what the drive made of it (kB/s of 1000 bytes throughout)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from discstack.mmc import actions, performance, queries
from discstack.mmc.command import optional
from discstack.mmc.errors import (
    AbortedCommand,
    CommandError,
    HardwareError,
    IllegalRequest,
    ResponseError,
    VendorSpecific,
)
from discstack.mmc.job import SpeedReport
from discstack.mmc.medium import WriteSpeed
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.quirks import Quirk
from discstack.mmc.recipe import Recipe, Work
from discstack.mmc.spec.performance import PerformanceDescriptor, WriteSpeedDescriptor

SECOND: Final = 1000  # milliseconds; the time that the sizes of a performance descriptor refer to
ROUNDING: Final = 3  # drives round speeds down: what is asked for is so many kB/s above the nominal value
REFUSALS: Final = (IllegalRequest, HardwareError, AbortedCommand, VendorSpecific)  # of a speed, and of nothing else
BARELY: Final = 0.9  # a speed below this part of 1x is not of this medium


def write_speeds(recipe: Recipe) -> Procedure[tuple[WriteSpeed, ...]]:
    """Return the speeds that the drive offers for the present medium, fastest first; none if it does not say."""
    if recipe.is_cd:
        speeds = yield from _speeds_of_page()
    else:
        descriptors = yield from _descriptors()
        speeds = [descriptor.write_speed for descriptor in descriptors] or (yield from _speeds_of_page())
    plausible = sorted({speed for speed in speeds if speed >= BARELY * recipe.nominal_speed}, reverse=True)
    return tuple(WriteSpeed(kilobytes=speed, x=round(speed / recipe.nominal_speed, 1)) for speed in plausible)


def _descriptors() -> Procedure[Sequence[WriteSpeedDescriptor]]:
    try:
        return (yield from persist(lambda: optional(performance.write_speeds()))) or ()
    except ResponseError:
        return ()


def _speeds_of_page() -> Procedure[list[int]]:
    try:
        page = yield from persist(lambda: optional(queries.capabilities()))
    except ResponseError:
        return []
    return [row.write_speed_supported for row in page.write_speeds] if page is not None else []


def set_write_speed(work: Work, asked: int | None, read: int | None = None) -> Procedure[SpeedReport]:
    """Set the write speed, or the fastest; a drive that will not have it told is left to itself, with a notice.

    So is one that fails to do it: a speed is a wish, and if more is wrong with the drive, writing shows it. What tells
    of more than this command (another disc, an earlier command) is raised.

    `read` curbs the read speed along with it, for drives that read back what they write.
    """
    try:
        if work.recipe.is_cd:
            yield from _set_by_cd_speed(asked, read)
        else:
            yield from _set_by_streaming(work, asked, read)
        accepted = yield from _accepted(work)
    except (*REFUSALS, ResponseError) as error:
        if isinstance(error, CommandError) and error.sense.deferred:
            raise
        yield from work.notice(Phase.WRITING, f"the drive chooses the speed itself: {error}")
        accepted = None
    if asked is not None and accepted is not None and accepted > asked + ROUNDING:
        yield from work.notice(Phase.WRITING, f"asked for {asked} kB/s, the drive says {accepted} kB/s")
    return SpeedReport(asked=asked, accepted=accepted)


def _set_by_cd_speed(asked: int | None, read: int | None) -> Procedure[None]:
    speed = actions.FASTEST if asked is None else min(asked + ROUNDING, actions.FASTEST)
    curb = actions.FASTEST if read is None else min(read, actions.FASTEST)
    yield from persist(lambda: actions.set_cd_speed(read=curb, write=speed))


def _set_by_streaming(work: Work, asked: int | None, read: int | None) -> Procedure[None]:
    """Send the descriptor of the fastest offered speed that is not above `asked`; else use SET CD SPEED."""
    descriptors = sorted((yield from _descriptors()), key=lambda row: row.write_speed, reverse=True)
    chosen = next((row for row in descriptors if asked is None or row.write_speed <= asked + ROUNDING), None)
    chosen = chosen or (descriptors[-1] if descriptors else None)
    if chosen is None:
        return (yield from _set_by_cd_speed(asked, read))
    data = PerformanceDescriptor(
        wrc=chosen.wrc,
        exact=False,
        start_lba=0,
        end_lba=chosen.end_lba or max(work.status.capacity_blocks - 1, 0),
        read_size=chosen.read_speed if read is None else min(read, chosen.read_speed),
        read_time=SECOND,
        write_size=chosen.write_speed,
        write_time=SECOND,
    ).build()
    try:
        return (yield from persist(lambda: actions.set_streaming(data)))
    except IllegalRequest:
        return (yield from _set_by_cd_speed(asked, read))


def _accepted(work: Work) -> Procedure[int | None]:
    """Ask the drive what speed is set now, in the way that is most likely true for it."""
    if not work.recipe.is_cd and Quirk.SPEED_REPORTED_WRONG not in work.quirks:
        rows = yield from persist(lambda: optional(performance.writing()))
        if rows:
            return max(row.end_performance for row in rows)
    page = yield from persist(lambda: optional(queries.capabilities()))
    return (page.current_write_speed or None) if page is not None else None
