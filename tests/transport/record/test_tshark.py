"""Wireshark reads our recordings, and spells every command that it knows as we do."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import discstack.mmc.spec.commands  # noqa: F401  (so that the registry is full)
from discstack.mmc.spec.cdb import CDB, REGISTRY, Direction, describe, lookup
from discstack.mmc.spec.layout import Slot
from discstack.mmc.spec.sense import Sense
from discstack.transport.record.entry import Payload, Recorded
from discstack.transport.record.pcapng import PcapngWriter

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

COMMANDS = list(REGISTRY.values())
PATTERNS = (0x0000_0000, 0x5A5A_5A5A, 0xA5A5_A5A5, 0xFFFF_FFFF)
BITS = re.compile(r"((?:[01.]{4} ?)+) = ")
# Wireshark's words for T10's, where they differ by more than case, spaces and brackets.
NAMES = {
    "PREVENT ALLOW MEDIUM REMOVAL": "Prevent/Allow Medium Removal",
    "RECEIVE DIAGNOSTIC RESULTS": "Receive Diagnostics Results",
    "READ CAPACITY": "Read Capacity(10)",
    "SYNCHRONIZE CACHE (10)": "Synchronize Cache",
    "CLOSE TRACK/SESSION": "Close Track",
    "SEND KEY": "Mgmt Protocol In",  # A3h is MAINTENANCE IN to Wireshark, whatever the device
    "REPORT SUPPORTED OPERATION CODES": "Mgmt Protocol In",
}
# Fields that Wireshark cuts otherwise than our declarations, and why.
CUT_OTHERWISE = {
    ("WRITE BUFFER", "scsi.spc.wb.mode"): "four bits in SPC-2, five since SPC-4",
    **{
        ("GET EVENT STATUS NOTIFICATION", f"scsi_mmc.gesn.{name}"): "one bit of the mask of classes"
        for name in (
            "device_busy",
            "multi_initiator",
            "media",
            "external_request",
            "power_management",
            "operational_change",
        )
    },
}
# Commands of which Wireshark shows the name alone: it leaves their fields out.
NAMED_ALONE = {
    "TEST UNIT READY",
    "READ CAPACITY",
    "READ BUFFER",
    "RECEIVE DIAGNOSTIC RESULTS",
    "RESERVE (6)",
    "RELEASE (6)",
}


def cdb_with(command: CDB, pattern: int) -> bytes:
    """Return a CDB whose fields take their bits from a pattern, all but the control byte."""
    fields = {
        name: slot.low if slot.low == slot.high else _valid(slot, pattern)
        for name, slot in command.layout.slots.items()
        if name not in ("opcode", "control")
    }
    return command.build(**fields)


def _valid(slot: Slot, pattern: int) -> object:
    code = pattern & slot.mask
    return slot.decode(code) if slot.decode else code


def pdml(path: Path) -> ET.Element:
    done = subprocess.run(["tshark", "-r", str(path), "-T", "pdml"], capture_output=True, check=True)
    return ET.fromstring(done.stdout)


def record(path: Path, *entries: Recorded) -> Path:
    with path.open("wb") as file:
        writer = PcapngWriter(file)
        writer.begin(131072, 65536)
        for entry in entries:
            writer.write(entry)
    return path


@pytest.fixture(scope="module")
def decoded(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, ET.Element]]:
    """Each command with each pattern, and what Wireshark made of it."""
    cdbs = [cdb_with(command, pattern) for command in COMMANDS for pattern in PATTERNS]
    entries = [Recorded(start=float(at), duration=0.1, cdb=cdb, status=0) for at, cdb in enumerate(cdbs)]
    found = pdml(record(tmp_path_factory.mktemp("tshark") / "all.pcapng", *entries)).findall(".//proto[@name='scsi']")
    requests = [proto for proto in found if proto.get("showname", "").startswith("SCSI CDB")]
    assert len(requests) == len(cdbs) + 1  # the first command is made up
    return list(zip(cdbs, requests[1:], strict=True))


def declared(cdb: bytes) -> CDB:
    command = lookup(cdb)
    assert command is not None
    return command


def known(proto: ET.Element) -> bool:
    return "Unknown" not in opcode(proto)


def opcode(proto: ET.Element) -> str:
    return next(field.get("showname", "") for field in proto.iter("field") if field.get("name", "").endswith(".opcode"))


def squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def test_commands_have_the_same_names(decoded: list[tuple[bytes, ET.Element]]) -> None:
    for cdb, proto in filter(lambda pair: known(pair[1]), decoded):
        ours = declared(cdb).name
        theirs = opcode(proto).partition(": ")[2].partition(" (0x")[0]
        assert squeezed(theirs) == squeezed(NAMES.get(ours, ours)), describe(cdb)


def leaves(proto: ET.Element) -> Iterator[tuple[str, int, int, int]]:
    """Each field that Wireshark shows of a CDB: its name, bit offset, width and value."""
    start = int(proto.get("pos", "0"))
    for field in proto.iter("field"):
        size, value = int(field.get("size", "0")), field.get("value")
        if not size or value is None or field.find("field") is not None:
            continue
        offset, width = (int(field.get("pos", "0")) - start) * 8, size * 8
        if field.get("unmaskedvalue") is not None and (bits := BITS.match(field.get("showname", ""))):
            shown = bits[1].replace(" ", "")
            taken = shown.strip(".")
            offset, width = offset + shown.index(taken), len(taken)
        yield field.get("name", ""), offset, width, int(value, 16)


def described(cdb: bytes) -> dict[str, int]:
    """Return the fields that our own words for a CDB show; those that are zero are left out."""
    words = describe(cdb).removeprefix(declared(cdb).name).split()
    return {name: int(value, 16) for name, _, value in (word.partition("=") for word in words)}


def test_our_words_for_every_command_that_wireshark_knows_have_its_values(
    decoded: list[tuple[bytes, ET.Element]],
) -> None:
    known_commands, agreed, otherwise = set(), Counter[str](), set()
    for cdb, proto in filter(lambda pair: known(pair[1]), decoded):
        command, ours = declared(cdb), described(cdb)
        known_commands.add(command.name)
        slots = {(slot.offset, slot.width): slot for slot in command.layout.slots.values()}
        for name, offset, width, value in leaves(proto):
            if (slot := slots.get((offset, width))) is not None:
                if slot.name in command.field_names:
                    assert value == ours.get(slot.name, 0) & slot.mask, f"{describe(cdb)}: {name} and {slot.name}"
                    agreed[command.name] += 1
            elif any(_cuts(offset, width, slot) for slot in slots.values()):
                otherwise.add((command.name, name))
    assert len(known_commands) >= 43
    assert known_commands - agreed.keys() == NAMED_ALONE
    assert agreed.total() > 400
    assert otherwise == CUT_OTHERWISE.keys()


def _cuts(offset: int, width: int, slot: Slot) -> bool:
    """Whether a field holds a part of a slot, but not all of it."""
    overlaps = slot.offset < offset + width and offset < slot.offset + slot.width
    holds = offset <= slot.offset and slot.offset + slot.width <= offset + width
    return overlaps and not holds and "control" not in slot.name


def test_the_filters_that_the_page_names_find_commands(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/command-line.md").read_text(encoding="utf-8")
    named = re.search(r"filters that help are (.*?)\. ", page, re.DOTALL)
    assert named is not None
    filters = re.findall(r"`(.*?)`", named[1])
    assert len(filters) == 3
    write = Recorded(start=0.0, duration=0.1, cdb=bytes.fromhex("2a 00 00 00 00 10 00 00 20 00"), status=0)
    path = record(tmp_path / "x.pcapng", write)
    for text in filters:
        done = subprocess.run(["tshark", "-r", str(path), "-Y", text], capture_output=True, text=True, check=True)
        assert "Write(10)" in done.stdout, text


def test_data_sense_and_residual_are_seen(tmp_path: Path) -> None:
    inquiry = bytes.fromhex("05 80 05 02 1f 00 00 00") + b"ACME    BURNER          1.00"
    path = record(
        tmp_path / "x.pcapng",
        Recorded(
            start=0.0,
            duration=0.1,
            cdb=bytes.fromhex("12 00 00 00 60 00"),
            direction=Direction.FROM_DEVICE,
            length=96,
            payload=Payload.of(inquiry),
            status=0,
            residual=60,
        ),
        Recorded(start=1.0, duration=0.1, cdb=bytes(6), status=2, sense=Sense(2, 0x3A, 1).build()),
        Recorded(
            start=2.0,
            duration=0.1,
            cdb=bytes.fromhex("2a 00 00 00 00 10 00 00 20 00"),
            direction=Direction.TO_DEVICE,
            length=65536,
            payload=Payload.of(bytes(65536), 16),
            status=0,
        ),
    )
    shown = subprocess.run(["tshark", "-r", str(path), "-V"], capture_output=True, text=True, check=True).stdout
    for words in ("Vendor Id: ACME", "Sense Key: Not Ready", "Medium Not Present", "Logical Block Address (LBA): 16"):
        assert words.lower() in shown.lower()
    assert "INQUIRY allocation_length=0x60" in shown
    assert "Malformed" not in shown
    assert "[Expert Info (Error" not in shown
