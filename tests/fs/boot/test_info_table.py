from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.boot.info_table import TABLE, PatchedSource, Patches, grub2_info, info_table
from discstack.fs.sources import BytesSource


def test_table_worked_by_hand() -> None:
    data = b"\xff" * 64 + bytes.fromhex("01 00 00 00  ff ff ff ff  10 20 30")
    assert info_table(16, 0x0102, data) == bytes.fromhex(
        "10 00 00 00  02 01 00 00  4b 00 00 00  10 20 30 00" + "00" * 40
    )


def test_grub_is_told_the_block_behind_its_first_five() -> None:
    assert grub2_info(0x100).hex(" ") == "05 04 00 00 00 00 00 00"


def patched_source(data: bytes, lba: int) -> PatchedSource:
    def patches(read: bytes) -> Patches:
        return [(TABLE, info_table(16, lba, read))]

    return PatchedSource(BytesSource(data, "image"), patches)


@given(st.binary(min_size=64, max_size=300), st.integers(0, 2**32 - 1))
def test_any_image_is_the_source_but_for_the_table(data: bytes, lba: int) -> None:
    source = patched_source(data, lba)
    patched = bytearray(source.size)
    source.read_whole(memoryview(patched))
    assert patched[:8] == data[:8]
    assert patched[64:] == data[64:]
    descriptor, where, length, checksum, *reserved = struct.unpack("<14I", patched[8:64])
    assert (descriptor, where, length, reserved) == (16, lba, len(data), [0] * 10)
    words = [data[at : at + 4] for at in range(64, len(data), 4)]
    assert checksum == sum(int.from_bytes(word, "little") for word in words) % 2**32


@given(st.data())
def test_any_part_read_is_that_part_of_the_whole(choose: st.DataObject) -> None:
    data = bytes(range(200))
    source = patched_source(data, 300)
    whole = bytearray(source.size)
    source.read_whole(memoryview(whole))
    first = choose.draw(st.integers(0, len(data)))
    end = choose.draw(st.integers(first, len(data)))
    reader, part = source.open(), bytearray(end - first)
    reader.read_at(first, memoryview(part))
    reader.finish()
    reader.close()
    assert part == whole[first:end]
