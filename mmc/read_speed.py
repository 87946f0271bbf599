"""Curbing the read speed for a while (kB/s of 1000 bytes)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from discstack.mmc import actions, queries
from discstack.mmc.aftermath import attempt, drive_is_lost
from discstack.mmc.command import optional
from discstack.mmc.errors import CommandError, ResponseError
from discstack.mmc.job import check_speed
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure, Report
from discstack.mmc.spec.mode_pages import CapabilitiesPage
from discstack.mmc.spec.performance import PerformanceDescriptor
from discstack.mmc.speed import ROUNDING, SECOND

T = TypeVar("T")


class Speeds(NamedTuple):
    """What is to be set; FASTEST for no limit."""

    read: int
    write: int


Way = Callable[[Speeds], Procedure[None]]


def at_read_speed(kilobytes: int | None, body: Procedure[T], phase: Phase = Phase.VERIFYING) -> Procedure[T]:
    """Run `body` with the drive reading no faster than that, and put the speeds back as they were; None sets nothing.

    What they were is in mode page 2Ah; a drive that does not tell is set to its fastest. One that will not have its
    read speed set, or says that it reads faster, does as it likes, and the owner is told, in the phase that the body
    is.
    """
    if kilobytes is None:
        return (yield from body)
    check_speed(kilobytes)
    before = yield from _speeds()
    ways = yield from _curb(before._replace(read=min(kilobytes, actions.FASTEST)), phase)
    try:
        result = yield from body
    except GeneratorExit:
        raise
    except BaseException as error:
        if not drive_is_lost(error):
            for way in reversed(ways):
                yield from attempt(error, partial(way, before))
        raise
    for way in reversed(ways):
        try:
            yield from way(before)
        except (CommandError, ResponseError) as error:
            yield Report(phase, message=f"the drive goes on reading at {kilobytes} kB/s: {error}")
    return result


def _curb(wanted: Speeds, phase: Phase) -> Procedure[Sequence[Way]]:
    """Set the speeds in the first way that the drive heeds; return all that it took, which may show late."""
    used, problem = list[Way](), ""
    for way in (_by_cd_speed, _by_streaming):
        try:
            yield from way(wanted)
        except (CommandError, ResponseError) as error:
            problem = problem or f"the drive reads at its own speed: {error}"
            continue
        used.append(way)
        told = yield from _told()
        if told is None or told <= wanted.read + ROUNDING:
            return used
        problem = f"asked to read at no more than {wanted.read} kB/s, the drive says {told} kB/s"
    yield Report(phase, message=problem)
    return used


def _by_cd_speed(speeds: Speeds) -> Procedure[None]:
    yield from persist(lambda: actions.set_cd_speed(read=speeds.read, write=speeds.write))


def _by_streaming(speeds: Speeds) -> Procedure[None]:
    """Set them by SET STREAMING, which some drives heed where they do not heed SET CD SPEED."""
    capacity = yield from persist(queries.read_capacity)
    descriptor = PerformanceDescriptor(
        rdd=speeds == (actions.FASTEST, actions.FASTEST),
        end_lba=capacity.returned_lba,
        read_size=speeds.read,
        read_time=SECOND,
        write_size=speeds.write,
        write_time=SECOND,
    )
    yield from persist(lambda: actions.set_streaming(descriptor.build()))


def _page() -> Procedure[CapabilitiesPage | None]:
    """Ask for mode page 2Ah, None where the drive has none that makes sense."""
    try:
        return (yield from persist(lambda: optional(queries.capabilities())))
    except ResponseError:
        return None


def _told() -> Procedure[int | None]:
    """Return the read speed that the drive says is set, None where it does not tell."""
    page = yield from _page()
    return (page.obsolete_current_read_speed or None) if page is not None else None


def _speeds() -> Procedure[Speeds]:
    """Return the read and write speeds that are set, FASTEST where the drive does not tell."""
    page = yield from _page()
    if page is None:
        return Speeds(actions.FASTEST, actions.FASTEST)
    return Speeds(
        _as_set(page.obsolete_current_read_speed, page.maximum_read_speed),
        _as_set(page.current_write_speed, page.maximum_write_speed),
    )


def _as_set(current: int, maximum: int) -> int:
    """Return what to set for a speed that is current: what nothing curbs must not be curbed for the next disc."""
    return current if 0 < current < maximum else actions.FASTEST
