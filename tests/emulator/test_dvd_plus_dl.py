"""DVD+R DL: the layer break, by default and as the host sets it, in bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Load = Callable[..., Any]
READ = "AD 00 00000000 00 20 000C 00 00"
SEND = "BF 00 00000000 00 20 000C 00 00"


def boundary(blocks: int) -> bytes:
    return bytes.fromhex("000A 0000 00000000") + blocks.to_bytes(4, "big")


def test_the_default_break_is_in_the_middle(load: Load) -> None:
    assert load("dvd+r-dl").ok(READ, allocation=12) == boundary(2086912)


def test_a_break_can_be_set_once(load: Load) -> None:
    host = load("dvd+r-dl")
    assert host.refused(SEND, boundary(1008)[:-4] + bytes(4)) == "5/26/00"
    assert host.refused(SEND, boundary(1001)) == "5/26/00"
    assert host.refused(SEND, boundary(2086928)) == "5/26/00"
    host.ok(SEND, boundary(1008))
    data = host.ok(READ, allocation=12)
    assert data[4] == 0x80, "settled"
    assert data[8:] == (1008).to_bytes(4, "big")
    assert host.refused(SEND, boundary(1024)) == "5/30/05"
    assert int.from_bytes(host.track()[16:20], "big") == 2016


def test_the_first_write_settles_the_break(load: Load) -> None:
    host = load("dvd+r-dl")
    host.write(0)
    assert host.ok(READ, allocation=12)[4] == 0x80
    assert host.refused(SEND, boundary(1024)) == "5/30/05"


def test_the_list_says_that_the_boundary_can_be_sent(load: Load) -> None:
    rows = load("dvd+r-dl").ok("AD 00 00000000 00 FF 0100 00 00", allocation=256)[4:]
    entries = {rows[at]: rows[at + 1] for at in range(0, len(rows), 4)}
    assert entries[0x20] == 0xC0
    assert entries[0x00] == 0x40
