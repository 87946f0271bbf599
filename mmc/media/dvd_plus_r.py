"""DVD+R and DVD+R DL: sessions of one track, closed fragment by fragment (MMC-6 4.3.6; docs/cookbook/dvd+r.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc import layers
from discstack.mmc.job import BurnJob
from discstack.mmc.media import sequential
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import Recipe, Work
from discstack.mmc.steps import close, close_first_of, close_last_track, close_tracks

INCOMPLETE_TRACK: Final = 0xFF
CLOSE_TRACK, CLOSE_SESSION = 1, 2
FINALIZE_MINIMAL, FINALIZE = 5, 6  # MMC-6 table 251: with the smallest lead-out, or a full one


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, then the session, or instead of it the whole disc."""
    yield from close_tracks(work)
    if job.close:
        yield from _finalize(work)
    else:
        yield from close(work, CLOSE_SESSION)


def _finalize(work: Work) -> Procedure[None]:
    """Finalize the disc. With two layers some drives take the function with the smallest lead-out only."""
    functions = (FINALIZE, FINALIZE_MINIMAL) if work.recipe.split is None else (FINALIZE_MINIMAL, FINALIZE)
    yield from close_first_of(work, *functions)


def abandon(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, so that the session can be closed or continued later."""
    yield from close_last_track(work)


def close_session(work: Work) -> Procedure[None]:
    """Close the open session so that another one can follow."""
    yield from close_tracks(work)
    yield from close(work, CLOSE_SESSION)


def close_disc(work: Work) -> Procedure[None]:
    """Finalize the disc."""
    if work.status.open_session:
        yield from close_tracks(work)
    yield from _finalize(work)


DVD_PLUS_R: Final = Recipe(
    name="DVD+R",
    assess=sequential.assess,
    write_unit=16,
    nominal_speed=1385.0,
    fastest=33240,  # 24x
    sequential=True,
    session_gap=2048,
    calibrates=True,
    open_track=lambda _: INCOMPLETE_TRACK,
    finish=finish,
    abandon=abandon,
    close_track=close_tracks,
    close_session=close_session,
    close_disc=close_disc,
)
DVD_PLUS_R_DL: Final = replace(
    DVD_PLUS_R,
    name="DVD+R DL",
    fastest=22160,  # 16x
    ask_layer_break=layers.boundary,
    split=layers.halved,
    announce=layers.set_break,
)
