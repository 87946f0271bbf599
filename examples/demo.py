"""Burn a folder on a virtual DVD+R, read the disc back and show what happened: `make demo`.

`python examples/demo.py [FOLDER [MEDIUM [WHERE]]]` takes another folder and medium; the disc stays in demo/, or WHERE.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.tree import Tree

import discstack
from discstack.cli.output import Display, duration, size

ROOT = Path(__file__).parent.parent
SECTOR = 2048
BAR = 40


class Log:
    """Counts the commands that the drive is sent, and keeps when the phases of the job began."""

    def __init__(self, display: Display) -> None:
        self.commands = 0
        self.phases: list[tuple[str, float]] = []
        self._display = display

    def command(self, _: str) -> None:
        self.commands += 1

    def event(self, event: discstack.Event) -> None:
        if isinstance(event, discstack.PhaseStarted):
            self.phases.append((event.phase.value, event.elapsed))
        self._display(event)


def show_image(console: Console, image: discstack.Image, folder: Path) -> None:
    console.print(f"\n[bold]The image[/] of {folder} was planned before its first byte: {image.sectors} sectors.")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("sectors", "", "what lies there"):
        table.add_column(heading, justify="right" if heading == "sectors" else "left")
    for region in image.regions:
        table.add_row(str(region.lba), f"[dim]+{region.sectors}[/]", region.label)
    console.print(table)


def show_burn(console: Console, log: Log, result: discstack.BurnResult) -> None:
    console.print("\n[bold]The burn[/], on the drive's own clock (a virtual one: nobody waited for it):")
    for (name, began), (_, ended) in zip(log.phases, log.phases[1:], strict=False):
        share = (ended - began) / (log.phases[-1][1] or 1)
        console.print(f"  {name:<12} {duration(ended - began):>6}  [cyan]{'━' * max(round(share * BAR), 1)}[/]")
    speed = (result.speed.measured or 0) * 1000
    console.print(f"  {log.commands} commands, {result.counters.commands} of them WRITE: ", end="")
    console.print(f"{result.blocks} sectors at {size(speed)}/s; ", end="")
    console.print(f"{result.verified} sectors read back and compared; the disc is: [green]{result.medium}[/]")


def show_disc(console: Console, disc: Path, image: discstack.Image, folder: Path) -> int:
    """Compare every file with the very sectors of the disc that hold it; return how many are right."""
    tree = Tree(f"[bold]{disc.name}[/] sector by sector against the sources (SHA-256 of each file)")
    branches = {"/": tree}
    right = 0
    with disc.open("rb") as sectors:
        for span in image.files_in(0, image.sectors):
            if not span.is_file:
                continue
            source = folder / span.label.lstrip("/")
            sectors.seek(span.lba * SECTOR)
            found = hashlib.sha256(sectors.read(source.stat().st_size)).hexdigest()
            same = found == hashlib.sha256(source.read_bytes()).hexdigest()
            right += same
            parent, _, name = span.label.rpartition("/")
            branch = branches.get(parent or "/") or branches.setdefault(parent, tree.add(f"[blue]{parent}[/]"))
            mark = "[green]✓[/]" if same else "[red]✗ differs[/]"
            branch.add(f"{mark} {name}  [dim]sector {span.lba}, {source.stat().st_size} bytes, {found[:12]}…[/]")
    console.print(tree)
    return right


def ask_others(console: Console, disc: Path) -> None:
    """Let a reader that is not ours look at the disc, if there is one."""
    if shutil.which("7z"):
        listing = subprocess.run(["7z", "l", "-tudf", str(disc)], capture_output=True, text=True, check=True).stdout
        console.print(f"\n[bold]7z[/] reads it as UDF: {listing.strip().splitlines()[-1].split(maxsplit=4)[-1]}")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs")
    medium = sys.argv[2] if len(sys.argv) > 2 else "dvd+r"
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a code page of Windows has no bars
    console = Console()
    keep = Path(sys.argv[3]) if len(sys.argv) > 3 else ROOT / "demo"
    keep.mkdir(exist_ok=True)
    disc = keep / f"{medium}.img"
    with tempfile.TemporaryDirectory(dir=keep) as scratch:
        fresh = Path(scratch, disc.name)  # a new disc each time
        address = f"virtual:{medium}?file={fresh}"
        console.print(
            Panel(f"discstack burn {folder.name} -d 'virtual:{medium}?file=demo/{disc.name}' --close", expand=False)
        )
        with Display() as display:
            log = Log(display)
            with discstack.open(address, trace=log.command) as recorder:
                composed = discstack.FileSystemImage(volume_id="DISCSTACK")
                composed.choose_defaults(recorder)
                composed.root.add_tree(folder)
                image = composed.create_result()
                result = discstack.DataWriter(recorder, close=True).write(image, on_event=log.event)
        show_image(console, image, folder)
        show_burn(console, log, result)
        console.print()
        right = show_disc(console, fresh, image, folder)
        ask_others(console, fresh)
        for made in Path(scratch).iterdir():
            made.replace(keep / made.name)
    console.print(f"\n{right} files are on the disc as they are in {folder}. Look at it:")
    console.print(f"  .venv/bin/discstack info 'virtual:{medium}?file={disc}' --all", soft_wrap=True)


if __name__ == "__main__":
    main()
