"""The declaration of commands: what is caught at import, and what build, parse, patch and describe promise."""

from __future__ import annotations

import struct

import pytest

from discstack.mmc.spec import cdb as module
from discstack.mmc.spec.cdb import CDB, bits, const, describe, flag, lookup, reserved, signed
from discstack.mmc.spec.layout import StructureError


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REGISTRY", {})
    monkeypatch.setattr(module, "_SELECTORS", {})


@pytest.fixture
def ten() -> CDB:
    """A command with one field of each sort."""
    return CDB(
        "TEN",
        0x2A,
        *("three" / bits(3), reserved(4), "last" / flag(), "lba" / signed(32), "eight" / bits(8), "length" / bits(16)),
        clause="none",
    )


@pytest.fixture
def actions() -> tuple[CDB, CDB]:
    """Two commands that share an opcode."""

    def action(number: int) -> CDB:
        service_action = "service_action" / const(5, number)
        return CDB(
            f"ACTION {number}", 0xA3, reserved(3), service_action, reserved(72), clause="-", selector="service_action"
        )

    return action(0), action(12)


@pytest.mark.parametrize(("opcode", "length"), [(0x12, 6), (0x2B, 10), (0x5A, 10), (0x88, 16), (0xA8, 12)])
def test_length_follows_from_the_group_of_the_opcode(opcode: int, length: int) -> None:
    assert CDB("RIGHT", opcode, reserved(8 * (length - 2)), clause="none").length == length
    with pytest.raises(ValueError, match=f"WRONG: {length + 1} bytes declared, {length} expected"):
        CDB("WRONG", opcode ^ 1, reserved(8 * (length - 1)), clause="none")


def test_vendor_specific_opcode_brings_its_length() -> None:
    assert CDB("VENDOR", 0xF3, reserved(32), clause="none", length=6).length == 6
    with pytest.raises(ValueError, match="6 bytes declared, 12 expected"):
        CDB("VENDOR", 0xF4, reserved(32), clause="none", length=12)


def test_second_declaration_of_an_opcode_is_refused(ten: CDB) -> None:
    with pytest.raises(ValueError, match="AGAIN: opcode 0x2a is taken by TEN"):
        CDB("AGAIN", 0x2A, reserved(64), clause="none")


def test_second_declaration_of_a_service_action_is_refused(actions: tuple[CDB, CDB]) -> None:
    service_action = "service_action" / const(5, 12)
    with pytest.raises(ValueError, match="opcode 0xa3 is taken"):
        CDB("AGAIN", 0xA3, reserved(3), service_action, reserved(72), clause="none", selector="service_action")


def test_selector_in_another_place_is_refused(actions: tuple[CDB, CDB]) -> None:
    elsewhere = "service_action" / const(8, 1)
    with pytest.raises(ValueError, match="opcode 0xa3 is taken"):
        CDB("ELSEWHERE", 0xA3, elsewhere, reserved(72), clause="none", selector="service_action")


def test_declaration_without_selector_beside_service_actions_is_refused(actions: tuple[CDB, CDB]) -> None:
    with pytest.raises(ValueError, match="opcode 0xa3 is taken"):
        CDB("PLAIN", 0xA3, reserved(80), clause="none")


def test_service_action_beside_a_plain_declaration_is_refused() -> None:
    CDB("PLAIN", 0xA3, reserved(80), clause="none")
    with pytest.raises(ValueError, match="opcode 0xa3 is taken by PLAIN"):
        CDB("A", 0xA3, "sa" / const(8, 1), reserved(72), clause="none", selector="sa")


def test_refused_declaration_leaves_no_trace(ten: CDB) -> None:
    with pytest.raises(ValueError, match="taken"):
        CDB("AGAIN", 0x2A, reserved(64), clause="none")
    assert lookup(bytes([0x2A]).ljust(10, b"\0")) is ten


def test_fields_stand_in_the_order_of_the_byte_table(ten: CDB) -> None:
    built = ten.build(three=0b101, last=True, lba=-150, eight=0x12, length=0x3456, control=0x78)
    assert built == bytes.fromhex("2a a1 ff ff ff 6a 12 34 56 78")


def test_unknown_field_is_refused(ten: CDB) -> None:
    with pytest.raises(TypeError, match="TEN has no field lbq"):
        ten.build(lbq=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("three", 8), ("three", -1), ("length", 0x10000), ("lba", 1 << 31), ("lba", -(1 << 31) - 1), ("opcode", 0x28)],
)
def test_value_that_does_not_fit_is_refused(ten: CDB, name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"TEN: {name} = {value} does not fit"):
        ten.build(**{name: value})


def test_another_service_action_is_refused(actions: tuple[CDB, CDB]) -> None:
    with pytest.raises(ValueError, match="service_action"):
        actions[0].build(service_action=12)


def test_truncated_cdb_is_not_parsed(ten: CDB) -> None:
    with pytest.raises(StructureError, match="shorter than 10 bytes") as caught:
        ten.parse(bytes.fromhex("2a 00 00 01"))
    assert caught.value.raw == bytes.fromhex("2a 00 00 01")


def test_patcher_changes_only_its_fields(ten: CDB) -> None:
    buffer = bytearray(ten.build(three=7, last=True, eight=9, control=5))
    ten.patcher("lba", "length")(buffer, 0x01020304, 0x0506)
    assert buffer == ten.build(three=7, last=True, lba=0x01020304, eight=9, length=0x0506, control=5)


def test_patcher_takes_memoryviews_and_negative_addresses(ten: CDB) -> None:
    buffer = bytearray(10)
    ten.patcher("lba")(memoryview(buffer), -1)
    assert buffer == bytes.fromhex("00 00 ff ff ff ff 00 00 00 00")


@pytest.mark.parametrize("name", ["three", "last"])
def test_patcher_refuses_fields_within_a_byte(ten: CDB, name: str) -> None:
    with pytest.raises(ValueError, match=f"TEN: {name} is not byte-aligned"):
        ten.patcher(name)


def test_patcher_refuses_too_few_values_and_values_that_do_not_fit(ten: CDB) -> None:
    with pytest.raises(ValueError, match="zip"):
        ten.patcher("lba", "length")(bytearray(10), 1)
    with pytest.raises(struct.error):
        ten.patcher("length")(bytearray(10), 0x10000)


def test_place_is_byte_offset_and_width(ten: CDB) -> None:
    assert ten.place("lba") == (2, 32)
    assert ten.place("eight") == (6, 8)
    assert ten.place("length") == (7, 16)


def test_description_names_what_is_not_zero(ten: CDB) -> None:
    assert describe(ten.build(last=True, lba=-1, length=32)) == "TEN last=0x1 lba=-0x1 length=0x20"


def test_unknown_opcode_is_described_by_its_bytes() -> None:
    assert describe(bytes.fromhex("d8 00 01")) == "opcode 0xd8 [d8 00 01]"


def test_truncated_cdb_is_described_by_its_bytes(ten: CDB, actions: tuple[CDB, CDB]) -> None:
    assert describe(bytes.fromhex("2a 00 01")) == "opcode 0x2a [2a 00 01]"
    assert describe(bytes.fromhex("a3")) == "opcode 0xa3 [a3]"


def test_empty_cdb_is_described() -> None:
    assert describe(b"") == "empty CDB"


def test_service_action_selects_the_declaration(actions: tuple[CDB, CDB]) -> None:
    assert lookup(actions[0].build()) is actions[0]
    assert lookup(actions[1].build()) is actions[1]
    assert lookup(bytes([0xA3, 0xEC]).ljust(12, b"\0")) is actions[1], "reserved bits do not count"
    assert lookup(bytes([0xA3, 3]).ljust(12, b"\0")) is None
