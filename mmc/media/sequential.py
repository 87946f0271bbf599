"""Reading the state of media that are written from front to back, until they are blanked where they can be."""

from __future__ import annotations

from typing import Final

from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.recipe import Recipe, Survey
from discstack.mmc.spec.disc_information import DiscStatus, LastSessionState
from discstack.mmc.states import next_actions

STATES: Final[dict[int, DiscState]] = {
    DiscStatus.EMPTY: DiscState.BLANK,
    DiscStatus.INCOMPLETE: DiscState.APPENDABLE,
    DiscStatus.FINALIZED: DiscState.FINALIZED,
}
UNCLOSED: Final = {LastSessionState.INCOMPLETE, LastSessionState.RESERVED_DAMAGED}


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Derive the status from disc information, tracks and the open track."""
    disc = survey.disc
    if disc is None or disc.disc_status not in STATES:
        return MediumStatus(
            profile=survey.profile,
            name=recipe.name,
            state=DiscState.UNSUPPORTED,
            reason="the drive does not tell what state the disc is in",
        )
    state = STATES[disc.disc_status]
    last = disc.state_of_last_session
    recorded = tuple(track for track in survey.tracks if track.damaged or not track.blank)
    address, free = writable(survey, blank=state is DiscState.BLANK) if state in _OPEN else (None, 0)
    reason = ""
    if state in _OPEN and (
        address is None or (state is DiscState.APPENDABLE and last == LastSessionState.RESERVED_DAMAGED)
    ):
        state, reason = DiscState.DAMAGED, "the drive does not know where to write next"
    open_session = state in (DiscState.APPENDABLE, DiscState.DAMAGED) and last in UNCLOSED
    erasable = bool(disc.erasable)
    used = max((track.end for track in recorded), default=survey.read_capacity)
    if address is not None:
        used = address
    return MediumStatus(
        profile=survey.profile,
        name=recipe.name,
        state=state,
        capacity_blocks=max(used + free, survey.read_capacity, survey.groove_capacity),
        free_blocks=free,
        used_blocks=used,
        next_writable_address=address,
        sessions=disc.number_of_sessions - (state is not DiscState.FINALIZED and last == LastSessionState.EMPTY),
        open_session=open_session,
        tracks=recorded,
        blank=state is DiscState.BLANK,
        erasable=erasable,
        actions=next_actions(
            recipe,
            state,
            erasable=erasable,
            open_session=open_session,
            open_track=any(track.is_open for track in recorded),
        ),
        layer_break=survey.layer_break,
        write_speeds=survey.write_speeds,
        reason=reason,
    )


_OPEN: Final = {DiscState.BLANK, DiscState.APPENDABLE}


def writable(survey: Survey, *, blank: bool) -> tuple[int | None, int]:
    """Return the next writable address and the blocks free from there on.

    Some drives answer -150 for a blank CD, or no valid address at all: a blank disc is written from its start.
    """
    track = survey.open_track
    if track is None:
        return None, 0
    address = track.next_writable_address
    if blank and (address is None or address < 0):
        address = max(track.start, 0)
    return address, track.free
