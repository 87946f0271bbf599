"""What is written must know what is before it: number of the first track, mode of its data, how a session is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.spec.mode_page_values import MultiSession

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus
    from discstack.mmc.recipe import Work
    from discstack.mmc.spec.track_information import DataMode


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


def check_data_mode(status: MediumStatus, mode: DataMode | None) -> None:
    """Raise UnsupportedMedium where data of another mode is in the open session: a session has data of one mode only.

    Its one type, which the table of contents tells readers (PSEC of point A0h), says how to read all of its data.
    """
    if not status.open_session or mode is None:
        return
    modes = {track.data_mode for track in status.tracks if track.session == status.sessions}
    for other in modes - {None, mode}:
        raise UnsupportedMedium(
            f"the open session has data of mode {other}, in which data of mode {mode} cannot follow; close the session "
            f"first, then another one may begin ({status}); nothing was written"
        )
