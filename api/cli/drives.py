"""`discstack drives` and `discstack info`: what is there, without changing anything."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click

from discstack.cli.common import drive_command, json_option, open_recorder
from discstack.cli.output import print_fields, print_json, size, spell

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus
    from discstack.recorder import Recorder

SECTOR = 2048


@click.command()
@json_option
def drives(as_json: bool) -> None:
    """List the drives of this machine. The exit code is 0 even if there are none."""
    from discstack import DiscMaster

    found = list(DiscMaster())
    if as_json:
        print_json(found)
        return
    for drive in found:
        also = f" (also {drive.generic})" if drive.generic and drive.generic != drive.address else ""
        click.echo(f"{drive.address:<12} {drive.vendor} {drive.model} {drive.revision}{also}")
    if not found:
        click.echo("no drives found; try one that needs no hardware: discstack info virtual:dvd+r", err=True)
