"""What starts a machine from an earlier session goes on doing so: in the next session, and in the grown image.

xorriso reads the boot catalogues and checks the boot info tables; images of others are taken over too.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack import BootImage, BootOptions, BootPlatform, Emulation, FileSystemImage, View

SECTOR = 2048
NEXT = 4096  # where the next session starts
FLOPPY = 1474560
PATHS = ("isolinux/isolinux.bin", "boot/efi.img")

Made = Callable[[Path, Path], None]


def fat(sectors: int) -> bytes:
    start = bytearray(sectors * 512)
    start[11:13] = (512).to_bytes(2, "little")
    start[19:21] = sectors.to_bytes(2, "little")
    start[510:512] = b"\x55\xaa"
    return bytes(start)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "tree"
    contents = {PATHS[0]: bytes(range(256)) * 100 + b"odd", PATHS[1]: fat(128), "data": b"data" * 3000}
    for name, data in contents.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(data)
    return top


WORDS = (
    *("-b", PATHS[0], "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"),
    *("-eltorito-alt-boot", "-e", PATHS[1], "-no-emul-boot"),
)


def by_another(*program: str) -> Made:
    def make(tree: Path, image: Path) -> None:
        if shutil.which(program[0]) is None:
            pytest.skip(f"{program[0]} is not installed")
        subprocess.run([*program, "-quiet", "-o", image, "-J", "-R", *WORDS, tree], check=True, capture_output=True)

    return make


def by_us(**choices: Any) -> Made:
    def make(tree: Path, image: Path) -> None:
        bios = BootImage(PATHS[0], load_size=4, info_table=True, emulation=Emulation.NONE)
        efi = BootImage(PATHS[1], platform=BootPlatform.EFI)
        composed = FileSystemImage(boot=BootOptions(images=(bios, efi), **choices))
        composed.root.add_tree(tree)
        composed.create_result().write_to(image)

    return make


MAKERS = {
    "xorriso": by_another("xorriso", "-as", "mkisofs"),
    "genisoimage": by_another("genisoimage"),
    "genisoimage with UDF": by_another("genisoimage", "-udf"),
    "ours": by_us(catalog="isolinux/boot.cat"),
    "ours, catalogue hidden": by_us(),
}


def reported(image: Path, start: int = 0) -> dict[str, str]:
    """What xorriso says of El Torito, without addresses, which it followed to find the paths."""
    load = ("-load", "lba", str(start)) if start else ()
    command = ["xorriso", *load, "-indev", f"stdio:{image}", "-report_el_torito", "plain"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = list[str]()
    for line in done.stdout.splitlines():
        name, _, value = map(str.strip, line.partition(":"))
        if not name.startswith("El Torito"):
            continue
        if name == "El Torito boot img":
            value = value.rsplit(maxsplit=1)[0]  # without the address
        if name not in ("El Torito catalog", "El Torito images", "El Torito img blks"):
            found.append(f"{name}: {value}")
    return {str(number): line for number, line in enumerate(found)}


def grow(image: Path, change: Callable[[FileSystemImage], object]) -> int:
    composed = FileSystemImage()
    composed.import_file_system(image)
    change(composed)
    composed.create_result().write_parts(image)
    return 0


def append(image: Path, change: Callable[[FileSystemImage], object]) -> int:
    composed = FileSystemImage()
    composed.import_file_system(image, next_session=NEXT)
    change(composed)
    planned = composed.create_result()
    with image.open("r+b") as file:
        file.seek(NEXT * SECTOR)
        planned.write_to(file, part=planned.parts[0])
    return NEXT


def add(composed: FileSystemImage) -> None:
    composed.root.create_file("new", b"new" * 1000)


WAYS = {"grown": grow, "next session": append}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("maker", MAKERS)
def test_catalogue_images_and_table_are_as_before(maker: str, way: str, tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    MAKERS[maker](tree, image)
    before = reported(image)
    assert any("boot-info-table" in line for line in before.values())
    start = WAYS[way](image, add)
    assert reported(image, start) == before
    volume = discstack.read_volume(image)
    assert volume.start == start
    assert volume.notes == ()
    shown = "isolinux/boot.cat" in volume.root
    assert shown == (maker != "ours, catalogue hidden")
    for name in ("data", PATHS[1]):
        node = volume.root[name]
        assert isinstance(node, discstack.File)
        assert node.open().read() == (tree / name).read_bytes()
    again = reported(image, WAYS[way](image, lambda _: None)) if way == "grown" else before
    assert again == before


def lba_of(image: Path, path: str) -> int:
    node = discstack.read_volume(image).root[path]
    assert isinstance(node, discstack.File)
    return node.source.extents[0].lba  # type: ignore[attr-defined,no-any-return]


# written by hand from figures 4 to 6: of the first sector of a hidden catalogue, with the addresses of ours
SECTION_OF_THEIRS = (
    "91 ef 02 00" + " 54 48 45 4d" + " 00" * 24,
    "88 60 00 00 00 00 01 00 {efi} 01" + " 45 4e" + " 00" * 16 + " 31",  # extended; an ATAPI driver; type 1
    "44 20" + " 41" * 29 + " 00",
    "44 00" + " 42" * 28 + " 00 00",
    "88 00 00 00 00 00 01 00 {efi} 02" + " 00" * 19,
)


@pytest.mark.parametrize("way", WAYS)
def test_selection_criteria_are_taken_over_with_their_extensions(way: str, tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_us()(tree, image)
    efi = lba_of(image, PATHS[1]).to_bytes(4, "little").hex()
    theirs = b"".join(bytes.fromhex(line.format(efi=efi)) for line in SECTION_OF_THEIRS)
    data = bytearray(image.read_bytes())
    at = int.from_bytes(data[17 * SECTOR + 71 :][:4], "little") * SECTOR + 64
    data[at : at + len(theirs)] = theirs
    image.write_bytes(data)
    assert discstack.read_volume(image).notes == ()
    start = WAYS[way](image, add)
    data = bytearray(image.read_bytes())
    at = int.from_bytes(data[(start + 17) * SECTOR + 71 :][:4], "little") * SECTOR + 64
    assert data[at : at + len(theirs)] == theirs  # the EFI image stays where it lies
    assert not any(data[at + len(theirs) : at + SECTOR - 64])
    assert discstack.read_volume(image, start=start).notes == ()


def test_what_is_right_where_it_lies_stays_there(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_us()(tree, image)
    before = {path: lba_of(image, path) for path in PATHS}
    grow(image, add)
    assert {path: lba_of(image, path) for path in PATHS} == before
    append(image, lambda _: None)
    after = {path: lba_of(image, path) for path in PATHS}
    assert after[PATHS[1]] == before[PATHS[1]]
    assert after[PATHS[0]] >= NEXT  # its table tells the descriptors of this session
    table = int.from_bytes(image.read_bytes()[after[PATHS[0]] * SECTOR + 8 :][:4], "little")
    assert table == NEXT + 16


def test_a_boot_image_is_followed_to_its_new_name_and_kept_without_one(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_us(catalog="isolinux/boot.cat")(tree, image)

    def change(composed: FileSystemImage) -> None:
        composed.root.rename("isolinux", "loader")
        composed.root.remove("boot")

    grow(image, change)
    found = list(reported(image).values())
    assert "El Torito img path: 1  /loader/isolinux.bin" in found
    assert not any("img path: 2" in line for line in found)
    assert not any("cat path" in line for line in found)  # its directory has another name
    catalog = discstack.read_volume(image).boot
    assert catalog is not None
    data = image.read_bytes()
    assert data[catalog.images[1].entry.lba * SECTOR :].startswith(fat(128))


def test_a_file_that_takes_a_boot_images_place_is_what_starts(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_us()(tree, image)
    composed = FileSystemImage()
    composed.root.create_directory("boot").create_file("efi.img", fat(256))
    composed.import_file_system(image)
    composed.create_result().write_parts(image)
    found = list(reported(image).values())
    assert "El Torito img path: 2  /boot/efi.img" in found
    assert any(line.split()[-6:] == ["UEFI", "y", "none", "0x0000", "0x00", "256"] for line in found)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["program", "floppy", "hard disk", "EFI"])
def test_an_image_without_a_name_is_kept_whole(way: str, kind: str, tmp_path: Path) -> None:
    record = bytearray(512)
    record[446:462] = bytes.fromhex("80 01 01 00 83 0f 20 03  20 00 00 00  40 00 00 00")
    record[510:512] = b"\x55\xaa"
    contents = {
        "program": BootImage(content=bytes(range(256)) * 90, load_size=4, info_table=True),
        "floppy": BootImage(content=b"F" * FLOPPY),
        "hard disk": BootImage(content=bytes(record) + b"d" * 95 * 512, emulation=Emulation.HARD_DISK),
        "EFI": BootImage(content=fat(300), platform=BootPlatform.EFI),
    }
    choice = contents[kind]
    image = tmp_path / "image.iso"
    composed = FileSystemImage(boot=BootOptions(images=(choice,)))
    composed.create_result().write_to(image)
    before = reported(image)
    start = WAYS[way](image, add)
    assert reported(image, start) == before
    catalog = discstack.read_volume(image, start=start).boot
    assert catalog is not None
    content = choice.content
    assert isinstance(content, bytes)
    lba = catalog.images[0].entry.lba
    data = image.read_bytes()[lba * SECTOR :][: len(content)]
    assert data[64:] == content[64:]
    if kind == "program":
        assert data[8:20] == b"".join(n.to_bytes(4, "little") for n in (start + 16, lba, len(content)))


def test_what_lies_where_udf_must_is_copied_and_tells_its_new_place(tree: Path, tmp_path: Path) -> None:
    """Images without UDF have file data in sectors that UDF takes."""
    image = tmp_path / "image.iso"
    MAKERS["xorriso"](tree, image)
    efi = lba_of(image, PATHS[1])
    assert efi < 257
    before = reported(image)
    grow(image, add)
    assert lba_of(image, PATHS[1]) > 257
    assert lba_of(image, PATHS[0]) > 257
    assert reported(image) == before


def test_own_boot_images_win_and_views_without_a_boot_record_say_what_is_lost(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_us()(tree, image)
    own = FileSystemImage(boot=BootOptions(images=(BootImage(content=b"own" * 999),)))
    assert own.import_file_system(image).notes == ()
    own.create_result().write_parts(image)
    assert len(reported(image)) == 1
    plain = FileSystemImage(views=frozenset({View.UDF}))
    (note,) = plain.import_file_system(image, next_session=NEXT).notes
    assert "does not boot" in str(note)
    plain.create_result()


DAMAGE: dict[str, tuple[int, bytes, str]] = {
    "no validation entry": (0, b"\0", "no validation entry"),
    "checksum": (5, b"x", "wrong checksum"),
    "media type": (33, b"\x0f", "boot media type 0Fh"),
    "address": (40, b"\xff\xff\xff\x7f", "outside of the medium"),
    "sections without an end": (66, b"\xff\xff", "left out"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_catalogue_is_told_and_nothing_breaks(damage: str, tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_us()(tree, image)
    data = bytearray(image.read_bytes())
    catalog = int.from_bytes(data[17 * SECTOR + 71 :][:4], "little") * SECTOR
    at, wrong, words = DAMAGE[damage]
    data[catalog + at : catalog + at + len(wrong)] = wrong
    image.write_bytes(data)
    volume = discstack.read_volume(image)
    assert any(words in str(note) for note in volume.notes)
    composed = FileSystemImage()
    composed.import_file_system(image)
    composed.create_result().write_parts(image)
