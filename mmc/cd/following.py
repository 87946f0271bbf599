"""What a session must know of those before it: the number of its first track, and how it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discstack.mmc.spec.mode_page_values import MultiSession

if TYPE_CHECKING:
    from discstack.mmc.recipe import Work


def next_track_number(work: Work) -> int:
    """Return the number of the track that is written next.

    The invisible track has it already: a drive that does not tell of all tracks shall not lead to a number twice.
    """
    if work.status.blank:
        return 1
    invisible = work.survey.disc.last_track_number_in_last_session if work.survey.disc is not None else 0
    return max(invisible, *(1 + track.number for track in work.status.tracks), 1)


def multi_session(work: Work, *, close: bool) -> MultiSession:
    """Return what the write parameters say of the sessions to come; the last of several ones says so by its pointer."""
    if not close:
        return MultiSession.NEXT_SESSION_ALLOWED
    return MultiSession.FINAL_WITH_B0_POINTER if work.status.sessions else MultiSession.FINAL
