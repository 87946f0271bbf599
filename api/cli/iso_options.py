"""The options of ISO 9660, Rock Ridge and Joliet, in mkisofs's words where it has them."""

from __future__ import annotations

from typing import Any, Final

import click

ISO_OPTIONS: Final = (
    click.option(
        "-R",
        "-rock",
        "--rock-ridge",
        "rock_ridge",
        is_flag=True,
        help="Beside ISO 9660 only Rock Ridge, or what else is named; owners and permissions as they are.",
    ),
    click.option(
        *("-r", "-rational-rock", "--rational-rock", "rationalize"),
        is_flag=True,
        help="Like -R, but everything is root's, readable by all and writable by none.",
    ),
    click.option(
        "-rrip110", "--rrip110", is_flag=True, help="Rock Ridge 1.10 instead of 1.12: without serials for hard links."
    ),
    click.option(
        *("-iso-level", "--iso-level", "iso_level"),
        type=click.IntRange(1, 3),
        default=3,
        show_default=True,
        help="Level of ISO 9660: 1 has names of 8+3 characters, 2 has 30, 3 also files of 4 GiB and more.",
    ),
)


def with_views(
    *, joliet: bool, udf: bool, udf_only: bool, rock_ridge: bool, rrip110: bool, **choices: Any
) -> dict[str, Any]:
    """Return the choices that `ImageOptions` knows: naming one of the views and Rock Ridge leaves the others out."""
    from discstack import RockRidge, View

    rock_ridge = rock_ridge or choices["rationalize"]
    named = {View.JOLIET: joliet, View.UDF: udf}
    if udf_only:
        if joliet or rock_ridge:
            raise click.UsageError("--udf-only leaves no ISO 9660 for Joliet or Rock Ridge")
        choices["views"] = frozenset({View.UDF})
        return choices
    if rock_ridge or any(named.values()):
        choices["views"] = frozenset({View.ISO9660, *(view for view, chosen in named.items() if chosen)})
        choices["rock_ridge"] = RockRidge() if rock_ridge else None
    if rrip110 and choices.get("rock_ridge", True):
        choices["rock_ridge"] = RockRidge(version="1.10")
    return choices
