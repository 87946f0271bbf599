"""What real drives were seen to answer, as others published it: facts that reader and virtual discs must fit.

BD-R: github.com/speed47/qpxtool issue 3 (a Sony disc of four layers, blank; a Verbatim disc of one) and
github.com/aaru-dps/Aaru issue 693 (the same Verbatim kind, decoded). Capacities with the smallest spare areas:
github.com/speed47/dvdisaster issue 69. DVD-RW: the output of dvd+rw-mediainfo on an LG GSA-4083N with a TDK disc, in
Wikipedia's article on media identification codes. A CD-R of two sessions: the output of readcd -fulltoc on
herongyang.com. A CD-RW formatted for packets: xorriso's log in github.com/pali/udftools pull request 44.

By the output of dvd+rw-mediainfo too, on ubuntuforums.org: DVD-RAM on a TSSTcorp SH-S182M (2007), blank DVD+R on a
TSSTcorp TS-L632H and DVD+R DL on an LG BT20N (2013), blank DVD+RW on an ASUS DRW-1608P2, a camera's DVD-R, reserved and
appendable, on an ASUS DRW-2014L1T. In mails to linux-kernel of 2004: DVD+R of three sessions on an NEC ND-1300A, one of
two, closed, on an ND-3500AG. In the tests of a program that appends to discs: BD-R, blank and with pseudo-overwrite, on
an LG WH16NS40. In a mail to cdwrite at debian.org: BD-RE, formatted, on a Pioneer BDR-209D. In the tests of
a program that rips discs of cameras: DVD-RW in restricted overwrite, in part, on a MATSHITA UJ8B0AW. Such a disc in
whole, in notes on burning: xorriso, whose first volume begins at block 32 of it, has 2,297,856 blocks left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from discstack.mmc.spec.disc_structure import DiscInformationUnit, DvdRamDefinition
from discstack.mmc.spec.msf import Msf

Load = Callable[..., Any]
SONY_QL = bytes.fromhex(
    "44 49 04 80 00 00 63 00 42 44 52 12 42 04 00 00 01 00 00 00 02 00 00 00 1F CD 7E 00 03 01 78 78"
).ljust(100, b"\0") + bytes.fromhex("53 4F 4E 59 00 00 4E 51 31 00 00 01")
VERBATIM_SL = bytes.fromhex(
    "44 49 01 28 00 00 62 00 42 44 52 01 12 01 00 00 01 00 00 00 00 00 00 00 00 02 00 00 00 19 4E 7E"
).ljust(100, b"\0") + bytes.fromhex("56 45 52 42 41 54 49 4D 65 7D A3 00")


@pytest.mark.parametrize(
    ("dump", "layers", "blocks", "media_id"),
    [(SONY_QL, 4, 62500864 // 4, "SONY/NQ1"), (VERBATIM_SL, 1, 12219392, "VERBAT/IMe")],
)
def test_the_disc_information_of_real_discs_is_read(dump: bytes, layers: int, blocks: int, media_id: str) -> None:
    unit = DiscInformationUnit.parse(dump)
    assert (unit.number_of_layers, unit.blocks, unit.media_id) == (layers, blocks, media_id)
    assert unit.data_zone[0] == 0x20000


@pytest.mark.parametrize(("medium", "dump"), [("bd-r-ql", SONY_QL), ("bd-r", VERBATIM_SL)])
def test_virtual_discs_have_the_disc_information_of_real_ones(load: Load, medium: str, dump: bytes) -> None:
    data = load(medium).ok("AD 01 00000000 00 00 1004 00 00", allocation=0x1004)[4:]
    assert data[:28] == dump[:28]


@pytest.mark.parametrize(
    ("medium", "largest"), [("bd-r", 12088320), ("bd-r-dl", 24307712), ("bd-r-tl", 48854016), ("bd-re", 12088320)]
)
def test_the_smallest_spare_areas_leave_what_real_discs_have(load: Load, medium: str, largest: int) -> None:
    rows = load(medium).formats()[12:]
    sizes = {
        int.from_bytes(rows[at : at + 4], "big") for at in range(0, len(rows), 8) if rows[at + 4] >> 2 in (0x30, 0x32)
    }
    assert max(sizes) == largest


def test_a_dvd_rw_offers_the_formats_of_a_real_one(load: Load) -> None:
    # 00h(800): 2297888, 10h(10): 2297888, 15h(10)
    rows = load("dvd-rw").formats()[12:]
    assert rows.hex(" ", 4) == "00231020 00000800 00231020 40000010 00231020 54000010"


def test_a_dvd_rw_has_the_books_of_a_real_one(load: Load) -> None:
    host = load("dvd-rw")
    # of the lead-in: 32h; of the control data: 00h
    assert host.ok("AD 00 00000000 00 00 0804 00 00", allocation=0x804)[4] == 0x32
    assert host.ok("AD 00 00000000 00 10 0804 00 00", allocation=0x804)[4] == 0x00


# Of C0 the minute tells the recording power, and the lead-in is its disc's own.
TWO_SESSIONS = """
    01 14 00 A0 00 00 00 00 01 20 00
    01 14 00 A1 00 00 00 00 01 00 00
    01 14 00 A2 00 00 00 00 1A 18 41
    01 14 00 01 00 00 00 00 00 02 00
    01 54 00 B0 1C 36 41 02 4A 2B 00
    01 54 00 C0 80 00 00 00 61 22 15
    02 14 00 A0 00 00 00 00 02 20 00
    02 14 00 A1 00 00 00 00 02 00 00
    02 14 00 A2 00 00 00 00 1E 04 3C
    02 14 00 02 00 00 00 00 1C 38 41
    02 54 00 B0 1F 22 3C 01 4A 2B 00
"""


def test_the_table_of_contents_of_two_sessions_is_that_of_a_real_disc(load: Load) -> None:
    host = load("cd-r", capacity=Msf(74, 43, 0).lba)
    host.select_write_parameters()
    medium = host.transport.drive.medium
    medium.parameters = replace(medium.parameters, session_format=0x20)
    for start, end in ((0, 118715), (130115, 135210)):
        for lba in range(start, end - 2, 4096):  # the last two are run-out blocks
            count = min(4096, end - 2 - lba)
            medium.write(lba, count, memoryview(bytes(count * 2048)))
        host.close(2)
    rows = [bytes.fromhex(line) for line in TWO_SESSIONS.strip().splitlines()]
    made = host.ok("43 00 02 00 00 00 00 0324 00", allocation=804)[4:]
    entries = [made[at : at + 11] for at in range(0, len(made), 11)]
    assert [row for row in entries if row[3] != 0xC0] == [row for row in rows if row[3] != 0xC0]


def test_a_formatted_cd_rw_is_described_like_a_real_one(load: Load) -> None:
    host = load("cd-rw")
    host.format(int.from_bytes(host.formats()[12:16], "big"), 0x40, parameter=32)
    # its host had asked for mode 2 and copies permitted: track mode 7, data mode 2
    real = bytes.fromhex("00 22 01 01 00 07 b2 00 00000000 00000000 00000000 00000020 00048160")
    track = host.track(1)
    assert (track[2:5], track[6] & 0xF0, track[7:28]) == (real[2:5], real[6] & 0xF0, real[7:28])


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]


def test_a_dvd_ram_is_as_large_and_offers_the_formats_of_a_real_one(load: Load) -> None:
    host = load("dvd-ram")
    rows = host.formats()[4:]
    found = [(rows[at + 4] >> 2, words(rows[at : at + 4])[0]) for at in range(8, len(rows), 8)]
    assert (words(rows[:4]), rows[4] & 3) == ([2236704], 2)
    assert found == [(0x00, 2236704), (0x00, 2295072), (0x01, 2226976), (0x01, 2217248)]
    assert host.capacity() == 2236703
    assert host.disc()[2] & 0x0F == 0b1111  # status "other", last session complete


def test_the_spare_areas_of_a_dvd_ram_are_those_of_a_real_one(load: Load) -> None:
    """12,800 primary and 58,368 supplementary blocks, and a lead-out 2,314,080 blocks behind sector 30000h."""
    host = load("dvd-ram")
    assert words(host.ok("AD 00 00000000 00 0A 0010 00 00", allocation=16)[4:]) == [12800, 58368, 58368]
    book = host.ok("AD 00 00000000 00 00 0804 00 00", allocation=0x804)[4:]
    assert words(book[8:12])[0] - 0x30000 + 1 == 2314080


@pytest.mark.parametrize(("medium", "blocks"), [("dvd+r", 2295104), ("dvd+r-dl", 4173824)])
def test_a_blank_dvd_plus_r_says_of_itself_what_a_real_one_does(load: Load, medium: str, blocks: int) -> None:
    host = load(medium)
    disc, track = host.disc(), host.track(1)
    assert disc[2] & 0x0F == 0  # blank, last session empty
    assert (disc[4], disc[5], disc[6]) == (1, 1, 1)  # one session, first and last track in it
    assert track[6] & 0x40
    assert words(track[8:28]) == [0, 0, blocks, 16, blocks]  # start, next writable, free, blocking factor, size
    assert host.capacity() == 0


def test_the_layers_of_a_blank_dvd_plus_r_dl_are_those_of_a_real_one(load: Load) -> None:
    boundary = load("dvd+r-dl").ok("AD 00 00000000 00 20 000C 00 00", allocation=12)
    assert words(boundary[4:]) == [0, 2086912]  # can still be set


def session(host: Any, blocks: int) -> None:
    """Record a session of so many blocks, reserved and padded by the drive, so that they need not be sent."""
    host.ok(f"53 00 00 00 00 {blocks:08X} 00")
    first = host.disc()[5]
    host.write(host.next_writable(first), 16)
    host.sync()
    host.close(1, first)


def test_sessions_of_a_dvd_plus_r_lie_where_those_of_a_real_one_do(load: Load) -> None:
    host = load("dvd+r")
    for blocks in (899648, 435648, 896000):
        session(host, blocks)
        host.close(2)
    tracks = [words(host.track(number)[8:28]) for number in range(1, 5)]
    assert [(track[0], track[4]) for track in tracks] == [
        *((0, 899648), (901696, 435648), (1339392, 896000)),
        (2237440, 57664),
    ]
    assert (tracks[3][1], tracks[3][2]) == (2237440, 57664)  # next writable address, free blocks
    disc = host.disc()
    assert (disc[2] & 0x0F, disc[4]) == (0b0001, 4)  # appendable, the fourth session empty


def test_a_dvd_plus_r_that_is_closed_counts_what_a_real_one_does(load: Load) -> None:
    host = load("dvd+r")
    session(host, 1433568)
    host.close(2)
    session(host, 750256)
    host.close(6)
    assert [words(host.track(number)[8:12])[0] for number in (1, 2)] == [0, 1435616]
    assert host.capacity() + 1 == 2185872
    assert host.disc()[2] & 0x0F == 0b1110


def offered(host: Any) -> list[tuple[int, int, int]]:
    """Return type, parameter and blocks of the formats that are offered."""
    rows = host.formats()[12:]
    found = [rows[at : at + 8] for at in range(0, len(rows), 8)]
    return [(row[4] >> 2, int.from_bytes(row[5:8], "big"), words(row[:4])[0]) for row in found]


def test_a_blank_bd_r_says_of_itself_what_a_real_one_does(load: Load) -> None:
    host = load("bd-r")
    assert offered(host) == [
        *((0x00, 0x3000, 11826176), (0x32, 0, 11826176)),
        *((0x32, 0, 5796864), (0x32, 0, 12088320)),
    ]
    track = host.track(1)
    assert track[6] & 0xF0 == 0x60  # "invisible incremental"
    assert words(track[8:28]) == [0, 0, 12219392, 32, 12219392]
    assert host.capacity() == 0


def test_a_bd_r_with_pseudo_overwrite_tells_of_all_its_blocks_as_a_real_one_does(load: Load) -> None:
    """What was written over moves the next writable address on; what is left goes up to the end of the disc."""
    host = load("bd-r")
    host.format(12088320, 0xC8)
    host.write(0, 64)
    host.write(0, 32)
    start, following, free, _, size = words(host.track(1)[8:28])
    assert (start + size, following, following + free) == (12088320, 96, 12088320)
    assert host.capacity() + 1 == 12088320
    disc = host.disc()
    assert (disc[2] & 0x0F, disc[4]) == (0b0101, 1)  # appendable, its one session incomplete
    toc = host.ok("43 00 00 00 00 00 00 0014 00", allocation=20)
    assert [toc[2], toc[3], *words(toc[8:12]), *words(toc[16:20])] == [1, 1, 0, 12088320]


def test_a_blank_dvd_plus_rw_says_of_itself_what_a_real_one_does(load: Load) -> None:
    host = load("dvd+rw")
    assert offered(host) == [(0x26, 0, 2295104)]
    track = host.track(1)
    assert track[6] & 0x40
    assert (words(track[8:12]), words(track[16:20]), words(track[24:28])) == ([0], [2295104], [2295104])
    assert host.capacity() == 0
    assert host.disc()[2] & 0x0F == 0


def test_tracks_of_a_dvd_r_are_reserved_and_linked_as_on_a_real_one(load: Load) -> None:
    """12,272 blocks reserved, 256 and 665,120 recorded; each track begins 16 blocks behind the one before it."""
    host = load("dvd-r")
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[5] = 0x60, 0xC5, 16
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    host.ok(f"53 00 00 00 00 {12272:08X} 00")
    for blocks in (256, 665120):
        last = host.disc()[6]
        host.ok(f"53 00 00 00 00 {blocks:08X} 00")
        host.write(host.next_writable(last), 16)
        host.close(1, last)
    tracks = [host.track(number) for number in range(1, 5)]
    assert [words(track[8:12])[0] for track in tracks] == [0, 12288, 12560, 677696]
    assert [words(track[24:28])[0] for track in tracks[:3]] == [12272, 256, 665120]
    assert [track[6] & 0xF0 for track in tracks] == [0xE0, 0x20, 0x20, 0x60]  # reserved, complete twice, invisible


def test_a_formatted_bd_re_says_of_itself_what_a_real_one_does(load: Load) -> None:
    host = load("bd-re")
    host.format(0, 0)
    disc = host.disc()
    assert (disc[2] & 0x0F, disc[4], disc[5], disc[6]) == (0b1110, 1, 1, 1)  # complete, one session of one track
    toc = host.ok("43 00 00 00 00 00 00 0014 00", allocation=20)
    assert [toc[2], toc[3], toc[5], *words(toc[8:12]), *words(toc[16:20])] == [1, 1, 0x14, 0, 11826176]
    assert host.capacity() + 1 == 11826176


def test_a_dvd_rw_in_restricted_overwrite_says_of_itself_what_a_real_one_does(load: Load) -> None:
    """Of 537,856 blocks, which READ CAPACITY counts, up to where it is formatted."""
    host = load("dvd-rw")
    host.format(0, 0x54, parameter=16)
    host.transport.drive.medium.face.grow(537856 - 16)
    host.write(537856 - 16, 16)
    host.sync()
    host.close(2)
    disc = host.disc()
    assert (disc[2] & 0x0F, disc[4], disc[5], disc[6]) == (0b1110, 1, 1, 1)
    assert host.capacity() + 1 == 537856


def test_a_dvd_rw_formatted_in_full_has_the_blocks_of_a_real_one(load: Load) -> None:
    host = load("dvd-rw")
    host.format(0, 0)
    assert host.capacity() + 1 - 32 == 2297856


def test_the_zones_of_a_dvd_ram_are_those_of_its_standard(load: Load) -> None:
    """35 of them, with 25 sectors on a track of the first and 59 on one of the last."""
    host = load("dvd-ram")
    found = DvdRamDefinition.parse(host.ok("AD 00 00000000 00 08 0804 00 00", allocation=0x804))
    starts = (*found.zone_starts, 2295072)
    assert (found.number_of_zones, starts[0]) == (35, 0)
    assert not any(start % 16 for start in starts)
    sizes = [after - before for before, after in pairwise(starts)]
    assert sizes[0] + 12800 == pytest.approx(sizes[34] * 25 / 59, rel=1e-3)  # spare sectors are the first
    assert sizes[10] == pytest.approx(sizes[34] * 35 / 59, rel=1e-3)
