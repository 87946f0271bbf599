"""Curbing the read speed for a while (kB/s of 1000 bytes)."""

from __future__ import annotations

from typing import TypeVar

from discstack.mmc import actions, queries
from discstack.mmc.command import optional
from discstack.mmc.errors import CommandError, ResponseError
from discstack.mmc.guard import attempt
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure, Report

T = TypeVar("T")


def at_read_speed(kilobytes: int, body: Procedure[T], phase: Phase = Phase.VERIFYING) -> Procedure[T]:
    """Run `body` with the drive reading no faster than that, and put the speeds back as they were.

    What they were is in mode page 2Ah; a drive that does not tell is set to its fastest. One that will not have its
    read speed set reads at its own, and the owner is told, in the phase that the body is.
    """
    before = yield from _speeds()
    try:
        yield from _set(min(kilobytes, actions.FASTEST), before[1])
    except CommandError as error:
        yield Report(phase, message=f"the drive reads at its own speed: {error}")
        return (yield from body)
    try:
        result = yield from body
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from attempt(error, lambda: _set(*before))
        raise
    try:
        yield from _set(*before)
    except CommandError as error:
        yield Report(phase, message=f"the drive goes on reading at {kilobytes} kB/s: {error}")
    return result


def _set(read: int, write: int) -> Procedure[None]:
    yield from persist(lambda: actions.set_cd_speed(read=read, write=write))


def _speeds() -> Procedure[tuple[int, int]]:
    """Return the read and write speeds that are set, FASTEST where the drive does not tell."""
    try:
        page = yield from persist(lambda: optional(queries.capabilities()))
    except ResponseError:
        page = None
    if page is None:
        return actions.FASTEST, actions.FASTEST
    return (
        _as_set(page.obsolete_current_read_speed, page.maximum_read_speed),
        _as_set(page.current_write_speed, page.maximum_write_speed),
    )


def _as_set(current: int, maximum: int) -> int:
    """Return what to set for a speed that is current: what nothing curbs must not be curbed for the next disc."""
    return current if 0 < current < maximum else actions.FASTEST
