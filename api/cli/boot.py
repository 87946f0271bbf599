"""The words about booting, mkisofs's where it has them; those about a boot image hold for the one that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from discstack.cli.intervals import Interval, PartOfFile, appended_partition, boot_sector
from discstack.cli.partitions import PARTITION_OPTIONS, partition

if TYPE_CHECKING:
    from discstack import BootImage, BootOptions, BootSector

F = TypeVar("F", bound=Callable[..., Any])
PLATFORMS: Final = {"x86": 0x00, "ppc": 0x01, "mac": 0x02, "efi": 0xEF}
PREFIX: Final = "boot_"
NEXT: Final = "boot_next"
PLATFORM: Final = "boot_platform"
STARTS: Final = ("boot_bios", "boot_efi", "boot_bios_file", "boot_efi_file")


class Number(click.ParamType[int]):
    """A number from 0 to `most`, decimal or with 0x."""

    name = "number"
    most = 0xFFFF  # the fields of the catalogue have 16 bits

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        try:
            number = int(value, 0) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is no number", param, ctx)
        if not 0 <= number <= self.most:
            self.fail(f"{value} is not in the range 0<=x<={self.most}", param, ctx)
        return number


class LoadSize(Number):
    """A number of blocks, or `full`, which is -1 here."""

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        return -1 if value == "full" else super().convert(value, param, ctx)


class PlatformId(Number):
    """A platform by name or number."""

    most = 0xFF

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Look the name up."""
        known = PLATFORMS.get(str(value).lower())
        return super().convert(value, param, ctx) if known is None else known


class Hex(click.ParamType[bytes]):
    """Bytes in hexadecimal."""

    name = "hex"

    def convert(self, value: str | bytes, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """Read the bytes."""
        try:
            return bytes.fromhex(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is not hexadecimal", param, ctx)


def _of_image(*words: str, **settings: Any) -> Callable[[F], F]:
    """Declare a word that can be said once for each boot image."""
    return click.option(*words, multiple=True, **settings)


def _file(*words: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*words, metavar="FILE", type=PartOfFile(), **settings)


OPTIONS: Final = (
    _of_image("-b", "-eltorito-boot", STARTS[0], metavar="PATH", help="BIOS boot image: a path in the image."),
    _of_image("-e", "--efi-boot", STARTS[1], metavar="PATH", help="EFI boot image, a FAT: a path in the image."),
    _of_image("--boot-file", STARTS[2], metavar="FILE", help="Like -b, but FILE lies hidden in the image."),
    _of_image("--efi-boot-file", STARTS[3], metavar="FILE", help="Like -e, but FILE lies hidden in the image."),
    click.option(
        "-c",
        "-eltorito-catalog",
        "boot_catalog",
        metavar="PATH",
        help="Show the boot catalogue there.",
    ),
    click.option("-boot-catalog-hide", "boot_hide_catalog", is_flag=True, help="Hide the boot catalogue all the same."),
    click.option("-eltorito-alt-boot", NEXT, is_flag=True, help="What follows is about one more boot image."),
    click.option("-no-emul-boot", "boot_no_emulation", is_flag=True, help="The boot image is a program, not a floppy."),
    click.option("-hard-disk-boot", "boot_hard_disk", is_flag=True, help="The boot image is that of a hard disk."),
    _of_image("-boot-load-size", "boot_load_size", type=LoadSize(), metavar="N", help="Blocks of 512 bytes to read."),
    _of_image("-boot-load-seg", "boot_load_segment", type=Number(), metavar="N", help="Segment to read them to."),
    click.option("-boot-info-table", "boot_info_table", is_flag=True, help="Tell the boot image where it lies."),
    click.option("--grub2-boot-info", "boot_grub2_info", is_flag=True, help="The same in GRUB's second way."),
    click.option("-no-boot", "boot_no_boot", is_flag=True, help="Mark the boot image as not bootable."),
    _of_image("-eltorito-platform", PLATFORM, type=PlatformId(), metavar="NAME", help="x86, PPC, Mac, efi."),
    _of_image("-eltorito-id", "boot_id", metavar="TEXT", help="Id string, the manufacturer."),
    _of_image(
        "-eltorito-selcrit",
        "boot_criteria",
        type=Hex(),
        metavar="HEX",
        help="Selection criteria: the type, and what follows it.",
    ),
    _file("-isohybrid-mbr", "boot_isohybrid", help="Boot sector that starts ISOLINUX from a disk; isohdpfx.bin."),
    _file("--grub2-mbr", "boot_grub2", help="Boot sector that starts GRUB 2 from a disk; boot_hybrid.img."),
    _file("-G", "-generic-boot", "boot_generic", help="Boot sector that is taken as it is."),
    click.option(
        "--partition-table",
        "boot_table",
        type=click.Choice(("mbr", "gpt")),
        help="Make EFI boot images partitions of a disk.",
    ),
    click.option("--mbr-force-bootable", "boot_force", is_flag=True, help="An active partition before a GPT too."),
    click.option("-isohybrid-gpt-basdat", "boot_basdat", is_flag=True, help="A GPT, with partitions of basic data."),
    *PARTITION_OPTIONS,
)


def _place(path: str) -> dict[str, Any]:
    """Return where a boot image is: at a path in the image, or a partition."""
    number = appended_partition(path)
    return {"path": path} if number is None else {"partition": number}


# word about a boot image: what it says of a BootImage, given its value
MEANINGS: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "boot_bios": lambda path: _place(path),
    "boot_efi": lambda path: {**_place(path), "platform": PLATFORMS["efi"]},
    "boot_bios_file": lambda path: {"content": Path(path)},
    "boot_efi_file": lambda path: {"content": Path(path), "platform": PLATFORMS["efi"]},
    "boot_no_emulation": lambda _: {"emulation": "NONE"},
    "boot_hard_disk": lambda _: {"emulation": "HARD_DISK"},
    "boot_load_size": lambda size: {"load_size": None if size < 0 else size},
    "boot_load_segment": lambda segment: {"load_segment": segment},
    "boot_info_table": lambda _: {"info_table": True},
    "boot_grub2_info": lambda _: {"grub2_info": True},
    "boot_no_boot": lambda _: {"bootable": False},
    PLATFORM: lambda platform: {"platform": platform},
    "boot_id": lambda text: {"manufacturer": text},
    "boot_criteria": lambda criteria: {"selection_criteria": criteria},
}
# words that ask for a GPT; of these, those that make partitions of EFI boot images
GPT_WORDS: Final = {
    "boot_basdat": "-isohybrid-gpt-basdat",
    "boot_efi_part": "-efi-boot-part",
    "boot_as_gpt": "-appended_part_as_gpt",
}
EFI_WORDS: Final = frozenset({GPT_WORDS["boot_basdat"], GPT_WORDS["boot_efi_part"]})
SECTORS: Final = {"boot_isohybrid": "ISOLINUX", "boot_grub2": "GRUB2", "boot_generic": "NONE"}


class BootCommand(click.Command):
    """A command with the words about booting: they become one parameter, `boot`, if any of them was said."""

    headings: tuple[str, ...] = ("Options", "Booting")  # in their order

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for option in OPTIONS:
            option(self)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Give words that belong together a heading of their own."""
        records: dict[str, list[tuple[str, str]]] = {heading: [] for heading in self.headings}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                records[self.heading(parameter.name or "")].append(record)
        for heading, rows in records.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def heading(self, name: str) -> str:
        """Return below which heading an option is shown."""
        return "Booting" if name.startswith(PREFIX) else "Options"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words in the order in which they stand."""
        *_, order = self.make_parser(ctx).parse_args(args=list(args))
        rest = super().parse_args(ctx, args)
        words = {name: ctx.params.pop(name) for name in [*ctx.params] if name.startswith(PREFIX)}
        if any(words.values()) and not ctx.resilient_parsing:
            ctx.params["boot"] = _boot_options(words, [parameter.name or "" for parameter in order])
        return rest


def _boot_options(words: Mapping[str, Any], order: Iterable[str]) -> BootOptions:
    from discstack import BootOptions, PartitionTable, PartitionType

    gpt = [word for name, word in GPT_WORDS.items() if words[name]]
    table = "gpt" if gpt else words["boot_table"]
    images = tuple(_boot_image(group) for group in _groups(words, order) if group)
    partitions = tuple(partition(*said) for said in words["boot_append"])
    if partitions and EFI_WORDS.intersection(gpt) and any(_is_other(image) for image in images):
        raise click.UsageError(
            f"beside -append_partition no other EFI boot image is a partition: leave {gpt[0]} out, or name a partition "
            "by -e --interval:appended_partition_N:all::"
        )
    sector = _boot_sector(words)
    active_anyway = table != "gpt" and bool(table or sector or partitions)  # the whole image in an MBR
    if words["boot_offset"] not in (None, "0") and not active_anyway:
        raise click.UsageError(
            "-partition_offset: partition 1 of an MBR is the image itself, and can be mounted, but no partition of a "
            "GPT is: the whole disk is mounted; leave it out"
        )
    return BootOptions(
        images=images,
        catalog=None if words["boot_hide_catalog"] else words["boot_catalog"],
        boot_sector=sector,
        partition_table=PartitionTable[table.upper()] if table else None,
        efi_partition_type=PartitionType.BASIC_DATA if words["boot_basdat"] else PartitionType.EFI_SYSTEM,
        force_bootable=words["boot_force"] and not active_anyway,
        partitions=partitions,
    )


def _is_other(image: BootImage) -> bool:
    """Tell whether an image is for EFI, and no partition that was appended."""
    return image.platform == PLATFORMS["efi"] and image.partition is None


def _groups(words: Mapping[str, Any], order: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what was said of each boot image: up to -eltorito-alt-boot, or to the name of another one.

    For mkisofs a platform that stands between two names is that of the second.
    """
    values = {name: iter(value) for name, value in words.items() if isinstance(value, tuple)}
    group, said = dict[str, Any](), [*order]
    for place, name in enumerate(said):
        begins = name in STARTS or (name == PLATFORM and _goes_on_with_a_name(said[place:]))
        if name == NEXT or (begins and not group.keys().isdisjoint(STARTS)):
            yield group
            group = {}
        if name in MEANINGS:
            group[name] = next(values[name]) if name in values else True
    yield group


def _goes_on_with_a_name(said: Iterable[str]) -> bool:
    """Tell whether the next boot image is named without -eltorito-alt-boot before it."""
    return next((name for name in said if name in STARTS or name == NEXT), NEXT) in STARTS


def _boot_image(group: Mapping[str, Any]) -> BootImage:
    from discstack import BootImage, Emulation

    if group.keys().isdisjoint(STARTS):
        raise click.UsageError("no boot image is named (-b, -e) where something is said of one")
    settings = dict[str, Any]()
    for name, value in group.items():
        settings |= MEANINGS[name](value)
    if "emulation" in settings:
        settings["emulation"] = Emulation[settings["emulation"]]
    return BootImage(**settings)


def _boot_sector(words: Mapping[str, Any]) -> BootSector | None:
    from discstack import BootAddress, BootSector

    given = [name for name in SECTORS if words[name]]
    if len(given) > 1:
        raise click.UsageError("a disk has one boot sector: -isohybrid-mbr, --grub2-mbr or -G")
    if not given:
        return None
    content, address = words[given[0]], BootAddress[SECTORS[given[0]]]
    told = address is not BootAddress.NONE
    program = boot_sector(content, told=told) if isinstance(content, Interval) else Path(content)
    return BootSector(program, address)
