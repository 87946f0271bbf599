"""CDG tracks of cue sheets: samples and sub-channels in one file, in the orders that programs keep them in."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack import AudioFormatError, AudioWriter, CdReader, CueSheet
from discstack import open as open_drive
from discstack.mmc.spec.cd import packs, sub_channel

SECTOR = 2352
LENGTHS = (310, 320)


def samples(track: int) -> bytes:
    return random.Random(track).randbytes(LENGTHS[track] * SECTOR)


def picture(blocks: int, seed: int) -> bytes:
    source = random.Random(seed)
    tiles = (bytes((9, 6, 0, 0, *(source.randrange(64) for _ in range(16)), 0, 0, 0, 0)) for _ in range(4 * blocks))
    return b"".join(tiles)


PICTURE = picture(sum(LENGTHS), 9)


def blocks_of(run: bytes) -> list[bytes]:
    return [run[at : at + 96] for at in range(0, len(run), 96)]


def lying(run: bytes) -> list[bytes]:
    interleaver = packs.Interleaver()
    return [bytes(byte | 0x40 for byte in interleaver.push(block)) for block in blocks_of(packs.all_protected(run))]


ORDERS: dict[str, Callable[[bytes], list[bytes]]] = {
    "packs": lambda run: blocks_of(packs.all_protected(run)),
    "packs without parity": blocks_of,
    "raw": lying,
    "channels": lambda run: [sub_channel.deinterleave(block) for block in lying(run)],
}


def sheet(tmp_path: Path, sub: list[bytes]) -> CueSheet:
    main = samples(0) + samples(1)
    pairs = (main[at * SECTOR : (at + 1) * SECTOR] + block for at, block in enumerate(sub))
    (tmp_path / "karaoke.bin").write_bytes(b"".join(pairs))
    (tmp_path / "karaoke.cue").write_text(
        'FILE "karaoke.bin" BINARY\nTRACK 01 CDG\nINDEX 01 00:00:00\nTRACK 02 CDG\nINDEX 01 00:04:10\n'
    )
    return CueSheet.load(tmp_path / "karaoke.cue")


@pytest.mark.parametrize("order", ORDERS)
def test_the_packs_of_a_cdg_track_are_found_whatever_their_order(tmp_path: Path, order: str) -> None:
    with open_drive("virtual:cd-r?capacity=20000") as recorder:
        program = AudioWriter(recorder).program(sheet(tmp_path, ORDERS[order](PICTURE)))
    found = b""
    for number, track in enumerate(program.tracks):
        assert track.packs is not None
        buffer = bytearray(LENGTHS[number] * SECTOR)
        assert read(track.source, buffer) == samples(number)
        found += packs.all_protected(read(track.packs, bytearray(LENGTHS[number] * 96)))
    whole = len(PICTURE) if order.startswith("packs") else len(PICTURE) - 7 * 24  # which end behind the file
    assert found[:whole] == packs.all_protected(PICTURE)[:whole]
    assert order.startswith("packs") or not any(found[whole:])


def read(source: Any, buffer: bytearray) -> bytes:
    filled = 0
    while filled < len(buffer):
        count = source.readinto(memoryview(buffer)[filled : filled + 100])
        assert count
        filled += count
    return bytes(buffer)


def test_bin_and_sub_files_of_a_disc_make_the_same_disc_again(discstack: Callable[..., Any], tmp_path: Path) -> None:
    sheet(tmp_path, lying(PICTURE))
    for source, disc, name in (("karaoke", "one", "read"), ("read", "two", "again")):
        drive = f"virtual:cd-r?file={disc}&capacity=20000"
        done = discstack("audio", f"{source}.cue", "-d", drive, *(("--graphics",) if source == "read" else ()))
        assert done.code == 0, done.err
        assert discstack("read", drive, "-o", f"{name}.cue", "--sub-channels").code == 0
    one, two = ((tmp_path / f"{name}.sub").read_bytes() for name in ("read", "again"))
    assert len(one) == sum(LENGTHS) * 96
    assert two[: -2 * 96] == one[: -2 * 96]
    assert discstack("read", "virtual:cd-r?file=one", "-o", "w.cue", "--wav", "--graphics").code == 0
    kept = b"".join((tmp_path / f"w {number:02}.cdg").read_bytes() for number in (1, 2))
    assert kept[: -2 * 96] == packs.all_protected(PICTURE)[: -2 * 96]
    (tmp_path / "read.sub").unlink()
    assert "no graphics in CDG or SUB" in discstack("audio", "read.cue", "-d", drive, "--graphics").err


def test_sub_channels_without_graphics_are_none_and_what_no_order_explains_is_refused(tmp_path: Path) -> None:
    noise = random.Random(1)
    with open_drive("virtual:cd-r?capacity=20000") as recorder:
        writer = AudioWriter(recorder)
        assert writer.program(sheet(tmp_path, [b"\xc0" * 96] * sum(LENGTHS))).has_packs is False
        with pytest.raises(AudioFormatError, match=r"karaoke\.cue: .* are no packs"):
            writer.program(sheet(tmp_path, [noise.randbytes(96) for _ in range(sum(LENGTHS))]))
        assert recorder.medium().blank


@pytest.mark.parametrize(
    ("mode", "size", "kind", "marked"),
    [
        ("MODE2/2048", 2048, "MODE_2_FORM_1", 0x20),
        ("MODE2/2324", 2324, "MODE_2_FORM_2", 0x20),
        ("CDI/2336", 2336, "MODE_2_FORM_1", 0x10),
        ("CDI/2352", 2352, "MODE_2_FORM_1", 0x10),
    ],
)
@pytest.mark.parametrize("gapless", [True, False])
def test_tracks_of_xa_and_of_cd_i(tmp_path: Path, mode: str, size: int, kind: str, marked: int, gapless: bool) -> None:
    head = bytes((0, 0, 8, 0)) * 2
    rows = [random.Random(n).randbytes(2324) for n in range(310)]
    file = b"".join((bytes(16) * (size == 2352) + head * (size > 2324) + row).ljust(size, b"\0")[:size] for row in rows)
    (tmp_path / "data.bin").write_bytes(file)
    (tmp_path / "data.cue").write_text(f"FILE data.bin BINARY\nTRACK 01 {mode}\nINDEX 01 00:00:00\n")
    with open_drive("virtual:cd-r?capacity=20000") as recorder:
        AudioWriter(recorder, gapless=gapless).write(CueSheet.load(tmp_path / "data.cue"))
        assert recorder.medium().tracks[0].start == 0
        assert recorder.execute(bytes.fromhex("51 00 00 00 00 00 00 0022 00"), allocation=34).data[8] == marked
        saved = CdReader(recorder).save(tmp_path / "read.cue", skip_bad=True)
    assert saved.contents.tracks[0].kind.name == kind
    raw = saved.files[0].read_bytes()
    used = 2324 if kind == "MODE_2_FORM_2" else 2048
    assert [raw[at + 24 : at + 24 + used] for at in range(0, 310 * 2352, 2352)] == [row[:used] for row in rows]
    assert f"TRACK 01 {'CDI' if marked == 0x10 else 'MODE2'}/2352" in saved.cue.read_text()
