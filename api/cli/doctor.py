"""`discstack doctor`: what stands between this user and the drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from discstack.cli.common import json_option
from discstack.cli.output import print_json
from discstack.cli.streams import print_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from discstack.transport.diagnosis import Check

COLOURS: Final = {"good": "green", "note": "blue", "wrong": "red", "unseen": "yellow"}


@click.command()
@click.argument("drive", required=False)
@json_option
def doctor(drive: str | None, as_json: bool) -> None:
    """Look for all that stands in the way of a drive, or of any: nodes, rights, users, limits, drivers.

    Sends no command to a drive. The exit code is 0 only if nothing is wrong.
    """
    from discstack import diagnose

    try:
        diagnosis = diagnose(drive)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json({"sound": diagnosis.sound, "machine": diagnosis.machine, "drives": diagnosis.drives})
    else:
        _say("this machine", diagnosis.machine)
        for examined in diagnosis.drives:
            entry = examined.drive
            _say(f"{entry.address}: {entry.vendor} {entry.model} {entry.revision}", examined.checks)
        print_line("nothing is wrong" if diagnosis.sound else "something is wrong: see above")
    if not diagnosis.sound:
        raise click.exceptions.Exit(1)


def _say(title: str, checks: Iterable[Check]) -> None:
    print_line(click.style(title, bold=True))
    for check in checks:
        verdict = check.verdict.value
        print_line(f"  {click.style(f'{verdict:<7}', fg=COLOURS[verdict])} {check.name}: {check.found}")
        print_line(f"          {click.style(f'why: {check.why}', dim=True)}")
        if check.advice:
            print_line(f"          do: {check.advice}")
