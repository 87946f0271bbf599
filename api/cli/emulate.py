"""`discstack emulate`: virtual drives for other programs."""

from __future__ import annotations

import signal
from contextlib import ExitStack

import click

from discstack.cli.common import json_option, recorded, trace_option
from discstack.cli.interruption import wanted_signals
from discstack.cli.output import print_fields, print_json
from discstack.cli.streams import naming, print_line

VIRTUAL = "virtual:"


@click.command(
    epilog="Example: discstack emulate 'dvd+r?file=disc.img' bd-re --attach, and elsewhere: growisofs -Z /dev/sr0 ..."
)
@click.argument("media", nargs=-1, required=True, metavar="MEDIUM...")
@click.option("--attach", "attached", is_flag=True, help="Make each a /dev/srN and /dev/sgN of this Linux machine.")
@click.option("--describe", is_flag=True, help="Say what the disc in each FILE is; the operands are files then.")
@click.option("--copy", is_flag=True, help="Copy the disc in FILE to NEW, which the two operands are then.")
@trace_option
@json_option
def emulate(
    media: tuple[str, ...], attached: bool, describe: bool, copy: bool, trace: str | None, as_json: bool
) -> None:
    """Make virtual drives with a disc in them; MEDIUM is as in a virtual drive's address, with its options.

    With --attach any program finds them under the names that are printed, until this command is ended (Ctrl-C,
    SIGTERM). It needs root and the kernel's target subsystem, and says what is missing. Without it the discs are made,
    if they are kept in files and not there yet, and the addresses are printed by which discstack's commands find them.
    Discs in files can be described and copied without a drive.
    """
    if attached + describe + copy > 1:
        raise click.UsageError("--attach, --describe and --copy are different things to do")
    if describe or copy:
        _files(media, copy=copy, traced=trace is not None, as_json=as_json)
        return
    addresses = [medium if medium.startswith(VIRTUAL) else VIRTUAL + medium for medium in media]
    if trace and (not attached or len(media) > 1):
        raise click.UsageError("--trace records the commands of one drive, with --attach")
    if attached:
        _attach(addresses, trace, as_json)
        return
    from discstack import open as open_recorder

    for address in addresses:
        try:
            with open_recorder(address):
                pass
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        print_json([{"address": address} for address in addresses])
    else:
        print_line("\n".join(addresses))


def _files(paths: tuple[str, ...], *, copy: bool, traced: bool, as_json: bool) -> None:
    """Describe discs in files, or copy one."""
    from discstack import describe_disc, duplicate_disc

    if traced:
        raise click.UsageError("--trace records the commands of a drive")
    if copy and len(paths) != 2:
        raise click.UsageError("--copy takes the FILE of a disc and the name of a NEW one")
    with naming(paths[-1]):
        discs = [duplicate_disc(*paths)] if copy else [describe_disc(path) for path in paths]
    if as_json:
        print_json(discs)
        return
    for disc in discs:
        rows = {"medium": disc.medium, "state": disc.state, "capacity": f"{disc.capacity_blocks} sectors"}
        rows |= {"stored": f"{disc.stored_blocks} sectors", "sub-channels": "yes" if disc.sub_channels else "no"}
        rows |= {"serial number": disc.serial}
        print_fields(str(disc.path), rows)


def _attach(addresses: list[str], trace: str | None, as_json: bool) -> None:
    from discstack import attach
    from discstack.attached_control import Control

    ends = wanted_signals()
    if hasattr(signal, "pthread_sigmask"):  # without it there is nothing to attach to, which `attach` says
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # they wait for `sigwait`: nothing is left half attached
    with recorded(trace) as record, ExitStack() as stack:
        drives = [stack.enter_context(attach(address, record=record)) for address in addresses]
        for drive in drives:
            stack.enter_context(Control(drive))
        if as_json:
            rows = zip(addresses, drives, strict=True)
            print_json([{"address": a, "block": d.block, "generic": d.generic, "target": d.target} for a, d in rows])
        else:
            for address, drive in zip(addresses, drives, strict=True):
                print_line(f"{drive.block} {drive.generic} {address}")
        signal.sigwait(ends)


@click.command(epilog="Example: discstack change /dev/sr0 'cd-rw?file=second.img'")
@click.argument("drive")
@click.argument("medium", required=False)
@json_option
def change(drive: str, medium: str | None, as_json: bool) -> None:
    """Put another disc into a drive that `discstack emulate --attach` has made, or only take the disc out.

    It is as if a hand pressed the button: the tray opens, the disc in it is put away, MEDIUM is put in, and the tray is
    closed. Programs hear of it from the kernel. A drive whose tray a program or a mount has locked is left alone. What
    is on a disc without `file=` is lost when it is taken out.
    """
    from discstack import DiscMaster
    from discstack.attached_control import change_disc

    found = DiscMaster().find(drive)
    try:
        change_disc((found.block if found else None) or drive, medium)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json({"drive": drive, "medium": medium})
    else:
        print_line(f"{drive}: {medium or 'no disc'} is in it now")
