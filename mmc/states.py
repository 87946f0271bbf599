"""What may be done next with a disc: a table of what each state allows, and what this disc and its recipe need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from discstack.mmc.medium import Action, DiscState

if TYPE_CHECKING:
    from discstack.mmc.recipe import Recipe

__all__ = ["CLOSING", "LEGAL", "next_actions"]

CLOSING: Final = frozenset({Action.CLOSE_TRACK, Action.CLOSE_SESSION, Action.CLOSE_DISC, Action.REPAIR})
RENEWING: Final = frozenset({Action.ERASE, Action.FORMAT})

LEGAL: Final[Mapping[DiscState, frozenset[Action]]] = MappingProxyType(
    {
        DiscState.NO_MEDIUM: frozenset(),
        DiscState.BLANK: RENEWING | {Action.WRITE},
        DiscState.APPENDABLE: RENEWING | CLOSING | {Action.APPEND},
        DiscState.DAMAGED: RENEWING | CLOSING,
        DiscState.FINALIZED: RENEWING,
        DiscState.UNFORMATTED: frozenset({Action.WRITE, Action.FORMAT}),
        DiscState.FORMATTING: frozenset(),
        DiscState.OVERWRITABLE: RENEWING | {Action.WRITE, Action.CLOSE_SESSION},  # of a format in the background
        DiscState.INTERMEDIATE: RENEWING | {Action.WRITE, Action.CLOSE_SESSION, Action.REPAIR},
        DiscState.READ_ONLY: frozenset(),
        DiscState.UNSUPPORTED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class Disc:
    """What an action depends on besides the name of the state."""

    recipe: Recipe
    state: DiscState
    erasable: bool = False
    open_session: bool = False
    open_track: bool = True


NEEDS: Final[Mapping[Action, Callable[[Disc], bool]]] = MappingProxyType(
    {
        Action.WRITE: lambda disc: True,
        Action.APPEND: lambda disc: not (disc.recipe.single_session or disc.open_session),
        Action.ERASE: lambda disc: disc.erasable,
        Action.FORMAT: lambda disc: disc.recipe.format is not None and (disc.erasable or disc.state is DiscState.BLANK),
        Action.CLOSE_TRACK: lambda disc: disc.recipe.close_track is not None and disc.open_session and disc.open_track,
        Action.CLOSE_SESSION: lambda disc: disc.recipe.close_session is not None and disc.open_session,
        Action.CLOSE_DISC: lambda disc: (  # a CD is finalized with a session
            disc.recipe.close_disc is not None and (disc.open_session or not disc.recipe.is_cd)
        ),
        Action.REPAIR: lambda disc: disc.recipe.close_session is not None and disc.open_session,
    }
)


def next_actions(
    recipe: Recipe,
    state: DiscState,
    *,
    erasable: bool = False,
    open_session: bool = False,
    open_track: bool = True,
) -> frozenset[Action]:
    """Return the legal next actions of a disc; `open_track` says whether an open session has such a track."""
    disc = Disc(recipe, state, erasable, open_session, open_track)
    return frozenset(action for action in LEGAL[state] if NEEDS[action](disc))
