"""A recipe for each medium that can be written. A new medium is a module here and a row in this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from discstack.mmc.media.bd_r import BD_R
from discstack.mmc.media.bd_re import BD_RE
from discstack.mmc.media.cd import CD_R, CD_RW
from discstack.mmc.media.dvd_minus import DVD_R, DVD_R_DL, DVD_RW
from discstack.mmc.media.dvd_plus_r import DVD_PLUS_R, DVD_PLUS_R_DL
from discstack.mmc.media.dvd_plus_rw import DVD_PLUS_RW
from discstack.mmc.media.dvd_ram import DVD_RAM
from discstack.mmc.media.dvd_rw_overwrite import DVD_RW_OVERWRITE
from discstack.mmc.recipe import Recipe
from discstack.mmc.spec.features import Configuration, FeatureCode
from discstack.mmc.spec.profiles import Profile

__all__ = ["JUMPING", "READ_ONLY", "RECIPES", "recipe_for", "run_out_of"]

RECIPES: Final[Mapping[int, Recipe]] = MappingProxyType(
    {
        Profile.CD_R: CD_R,
        Profile.CD_RW: CD_RW,
        Profile.DVD_R_SEQUENTIAL: DVD_R,
        Profile.DVD_R_DL_SEQUENTIAL: DVD_R_DL,
        Profile.DVD_RAM: DVD_RAM,
        Profile.DVD_RW_SEQUENTIAL: DVD_RW,
        Profile.DVD_RW_RESTRICTED_OVERWRITE: DVD_RW_OVERWRITE,
        Profile.DVD_PLUS_R: DVD_PLUS_R,
        Profile.DVD_PLUS_R_DL: DVD_PLUS_R_DL,
        Profile.DVD_PLUS_RW: DVD_PLUS_RW,
        Profile.BD_R_SRM: BD_R,
        Profile.BD_RE: BD_RE,
    }
)


def recipe_for(configuration: Configuration) -> Recipe | None:
    """Return the recipe for the medium in a drive with this configuration, None if it cannot be written.

    A Mount Rainier disc has the profile of a plain one, whose recipe would write over its defect tables.
    """
    if configuration.is_current(FeatureCode.MRW):
        return None
    recipe = RECIPES.get(configuration.current_profile)
    variant = recipe.variant(configuration) if recipe is not None and recipe.variant is not None else None
    return variant or recipe


# Recorded by layer jumps: what can be read of them lies in two runs.
JUMPING: Final = frozenset({Profile.DVD_R_DL_LAYER_JUMP})


@dataclass(frozen=True, slots=True)
class Pressed:
    """A medium that is only read: its 1x in kB/s of 1000 bytes, and how many blocks behind a track may be run-out."""

    nominal_speed: float
    run_out: int = 0


# Pressed discs, and finalized ones that a drive takes for such; a drive that only reads takes every CD for one.
READ_ONLY: Final[Mapping[int, Pressed]] = MappingProxyType(
    {
        Profile.CD_ROM: Pressed(176.4, CD_R.run_out),
        Profile.DVD_ROM: Pressed(1385.0),
        Profile.BD_ROM: Pressed(4495.5),
    }
)


def run_out_of(profile: int) -> int:
    """Return how many blocks behind a track's data the drive may have written by itself, which need not be readable."""
    medium = RECIPES.get(profile) or READ_ONLY.get(profile)
    return medium.run_out if medium is not None else 0
