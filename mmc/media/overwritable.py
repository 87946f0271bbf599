"""What all media that can be written anywhere, again and again, have in common."""

from __future__ import annotations

from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.recipe import Recipe, Survey
from discstack.mmc.states import next_actions


def assess(recipe: Recipe, survey: Survey, *, formatted: bool, capacity: int) -> MediumStatus:
    """Derive the status of a medium that is formatted to `capacity` blocks, or can be."""
    state = DiscState.OVERWRITABLE if formatted else DiscState.UNFORMATTED
    return MediumStatus(
        profile=survey.profile,
        name=recipe.name,
        state=state,
        capacity_blocks=capacity,
        free_blocks=capacity,
        used_blocks=0 if not formatted or survey.starts_empty else capacity,
        next_writable_address=0 if formatted else None,
        sessions=0 if not formatted or survey.starts_empty else 1,
        tracks=survey.tracks if formatted else (),
        blank=not formatted or survey.starts_empty,
        erasable=True,
        actions=next_actions(recipe, state, erasable=True),
        write_speeds=survey.write_speeds,
    )
