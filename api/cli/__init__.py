"""The command line. It holds no logic of its own: it turns words into calls of the API, and what comes back into words.

Exit codes: 0 all is well; 1 it failed; 2 the command line makes no sense; 3 the drive cannot be reached; 4 the drive
refused or failed; 5 the disc does not suit; 6 what was read back is not what was written; 7 the source files or the
image cannot be used; 130 ended by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP, 149 by Windows's Ctrl-Break.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Final

import click
from click.exceptions import NoSuchCommand

from discstack.cli.failure import run_and_exit

# command: (module of discstack.cli, short help)
COMMANDS: Final = {
    "drives": ("drives", "List the drives of this machine."),
    "doctor": ("doctor", "Look for what stands between this user and the drives."),
    "info": ("drives", "Show what a drive and its medium say of themselves."),
    "image": ("image", "Build an image from files and folders."),
    "burn": ("burn", "Burn files, folders or an image to a disc."),
    "audio": ("audio", "Record audio tracks, or what a cue sheet describes."),
    "erase": ("media", "Erase a rewritable disc."),
    "format": ("media", "Format a disc."),
    "close": ("media", "Close a track, a session or a disc."),
    "repair": ("media", "Close what a broken burn left open."),
    "read": ("read", "Read a disc into a file."),
    "verify": ("read", "Check that a disc can be read and holds an image."),
    "ls": ("volumes", "List the files on a disc or in an image."),
    "extract": ("volumes", "Copy files off a disc or out of an image."),
    "bench": ("bench", "Measure how fast a drive reads or writes, and how well it is fed."),
    "graph": ("curve", "Draw saved curves of burns and benchmarks."),
    "raw": ("raw", "Send one command to a drive."),
    "emulate": ("emulate", "Make virtual drives, on request real /dev/srN of this machine."),
    "change": ("emulate", "Put another disc into an attached virtual drive."),
    "decode": ("raw", "Spell a CDB or sense data given in hexadecimal."),
}


# Seconds that a thread which comes back from C waits for one that computes: by default ten times as long, in which what
# reads folders and files stands still
SWITCH: Final = 0.0005
COMPLETION: Final = "_DISCSTACK_COMPLETE"  # by which a shell asks what a word could become
FUNCTIONS: Final = {"format": "format_disc"}  # commands that are called like a builtin of Python


class LazyGroup(click.Group):
    """Imports the module of a command only when it is used, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(
            import_module(f"discstack.cli.{COMMANDS[cmd_name][0]}"), FUNCTIONS.get(cmd_name, cmd_name)
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words begin with; what looks like one that there is not is told."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "DRIVE is /dev/sr0, /dev/sg1, D:, or virtual:MEDIUM?file=PATH for a virtual drive (try virtual:dvd+r). "
        'Shell completion: eval "$(_DISCSTACK_COMPLETE=bash_source discstack)" (also zsh_source, fish_source).'
    ),
)
@click.version_option(package_name="discstack", message="discstack %(version)s")
def cli() -> None:
    """Burn, read and examine optical discs, down to the command bytes."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and exit."""
    if COMPLETION in os.environ:
        import_module("discstack.cli.completion").register()
    sys.setswitchinterval(SWITCH)
    run_and_exit(cli, arguments)
