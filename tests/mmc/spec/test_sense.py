"""Sense data: bytes written by hand from SPC-4 4.5, any bytes at all, and other people's decoder."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.asc import advice, text
from discstack.mmc.spec.sense import FieldPointer, Sense, SenseFormat, SenseKey, sense_key
from discstack.mmc.spec.sense_formats import descriptors

FIXED, DESCRIPTOR, NONE = SenseFormat.FIXED, SenseFormat.DESCRIPTOR, SenseFormat.NONE

HAND_WRITTEN: dict[str, tuple[str, Sense]] = {
    "long write in progress": ("70 00 02 00 00 00 00 0a 00 00 00 00 04 08 00 00 00 00", Sense(2, 0x04, 0x08)),
    "format half done": (
        "70 00 02 00 00 00 00 0a 00 00 00 00 04 04 00 80 80 00",
        Sense(2, 0x04, 0x04, progress=0.5),
    ),
    "progress under NO SENSE": (
        "70 00 00 00 00 00 00 0a 00 00 00 00 00 16 00 80 40 00",
        Sense(0, 0x00, 0x16, progress=0.25),
    ),
    "unreadable block": (
        "f0 00 03 00 01 02 03 0a 00 00 00 00 11 05 09 80 00 07",
        Sense(3, 0x11, 0x05, information=0x010203, retry_count=7, fruc=9),
    ),
    "address in the lead-in": (
        "f0 00 03 ff ff ff 6a 0a 00 00 00 00 0c 00 00 00 00 00",
        Sense(3, 0x0C, 0x00, information=-150),
    ),
    "bad bit in the CDB": (
        "70 00 05 00 00 00 00 0a 00 00 00 00 24 00 00 cb 01 05",
        Sense(5, 0x24, 0x00, field_pointer=FieldPointer(0x0105, bit=3)),
    ),
    "bad byte in the parameter list": (
        "70 00 05 00 00 00 00 0a 00 00 00 00 26 00 00 80 00 04",
        Sense(5, 0x26, 0x00, field_pointer=FieldPointer(4, in_cdb=False)),
    ),
    "deferred write error": (
        "f1 00 03 00 00 00 20 0a 00 00 00 2a 0c 00 00 00 00 00",
        Sense(3, 0x0C, 0x00, deferred=True, information=32, command_specific_information=42),
    ),
    "flags": (
        "f0 00 f8 ff ff ff fe 0a 00 00 00 00 00 00 00 00 00 00",
        Sense(8, 0, 0, information=-2, filemark=True, eom=True, ili=True, sdat_ovfl=True),
    ),
    "descriptors: none": ("72 06 28 00 00 00 00 00", Sense(6, 0x28, 0x00, format=DESCRIPTOR)),
    "descriptors: deferred, overflow": (
        "73 04 3e 01 80 00 00 00",
        Sense(4, 0x3E, 0x01, format=DESCRIPTOR, deferred=True, sdat_ovfl=True),
    ),
    "descriptors: information and command specific information": (
        "72 03 11 05 00 00 00 1800 0a 80 00 00 00 00 00 01 02 03 0401 0a 00 00 11 22 33 44 55 66 77 88",
        Sense(
            3,
            0x11,
            0x05,
            format=DESCRIPTOR,
            information=0x01020304,
            command_specific_information=0x1122334455667788,
        ),
    ),
    "descriptors: progress and field replaceable unit": (
        "72 02 04 04 00 00 00 0c 02 06 00 00 80 c0 00 00 03 02 00 33",
        Sense(2, 0x04, 0x04, format=DESCRIPTOR, progress=0.75, fruc=0x33),
    ),
    "descriptors: field pointer": (
        "72 05 26 00 00 00 00 08 02 06 00 00 8f 00 0a 00",
        Sense(5, 0x26, 0x00, format=DESCRIPTOR, field_pointer=FieldPointer(10, bit=7, in_cdb=False)),
    ),
    "descriptors: stream commands": (
        "72 00 00 02 00 00 00 04 04 02 00 c0",
        Sense(0, 0x00, 0x02, format=DESCRIPTOR, filemark=True, eom=True),
    ),
    "descriptors: block commands": (
        "72 05 64 00 00 00 00 04 05 02 00 20",
        Sense(5, 0x64, 0x00, format=DESCRIPTOR, ili=True),
    ),
}
each_sample = pytest.mark.parametrize(("line", "sense"), HAND_WRITTEN.values(), ids=HAND_WRITTEN)


@each_sample
def test_bytes_of_the_standard_are_read(line: str, sense: Sense) -> None:
    assert Sense.parse(bytes.fromhex(line)) == sense


@each_sample
def test_bytes_of_the_standard_are_built(line: str, sense: Sense) -> None:
    assert sense.build() == bytes.fromhex(line)


@each_sample
@pytest.mark.parametrize("view", [bytes, bytearray, memoryview])
def test_raw_bytes_are_kept(line: str, sense: Sense, view: Any) -> None:
    data = bytes.fromhex(line) + b"tail"
    assert Sense.parse(view(data)).raw == data


def test_information_that_is_not_valid_reads_as_none() -> None:
    assert Sense.parse(bytes.fromhex("70 00 03 00 01 02 03 0a 00 00 00 00 11 05 00 00 00 00")).information is None
    invalid = bytes.fromhex("72 03 11 05 00 00 00 0c 00 0a 00 00 00 00 00 00 01 02 03 04")
    assert Sense.parse(invalid).information is None


def test_specific_field_that_is_not_valid_reads_as_none() -> None:
    sense = Sense.parse(bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 04 04 00 00 80 00"))
    assert sense.progress is None


@pytest.mark.parametrize("key", [6, 7, 8, 0xB])
def test_specific_field_of_other_keys_is_left_alone(key: int) -> None:
    sense = Sense.parse(bytes([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0, 0, 0x80, 0x80, 0]))
    assert (sense.key, sense.progress, sense.retry_count, sense.field_pointer) == (key, None, None, None)


def test_another_progress_indication_is_taken_where_there_is_no_first() -> None:
    other = "0a 06 02 04 04 00 40 00"
    alone = Sense.parse(bytes.fromhex(f"72 06 29 00 00 00 00 08 {other}"))
    assert alone.progress == 0.25
    for both in (f"{other} 02 06 00 00 80 80 00 00", f"02 06 00 00 80 80 00 00 {other}"):
        assert Sense.parse(bytes.fromhex(f"72 02 04 04 00 00 00 10 {both}")).progress == 0.5


def test_direct_access_block_device_descriptor_is_read() -> None:
    body = "0d 1e a0 00 80 00 07 09 0000000000010203 0000000000000405 0000000000000000"
    sense = Sense.parse(bytes.fromhex(f"72 03 11 00 00 00 00 20 {body}"))
    assert sense == Sense(
        3,
        0x11,
        format=DESCRIPTOR,
        information=0x010203,
        command_specific_information=0x0405,
        retry_count=7,
        fruc=9,
        ili=True,
    )


def test_unknown_and_truncated_descriptors_are_passed_over() -> None:
    sense = Sense.parse(bytes.fromhex("72 03 11 05 00 00 00 20 80 02 aa bb 03 00 03 02 00 44 00 0a 80 00 00"))
    assert (sense.fruc, sense.information) == (0x44, None)


def test_descriptors_are_listed_with_their_bytes() -> None:
    data = bytes.fromhex("72 03 11 05 00 00 00 08 80 02 aa bb 03 02 00 44 05 02 00 20")
    assert list(descriptors(data)) == [
        (0x80, bytes.fromhex("80 02 aa bb")),
        (0x03, bytes.fromhex("03 02 00 44")),
        (0x05, bytes.fromhex("05 02 00 20")),
    ]
    assert not Sense.parse(data).ili, "it lies beyond the additional sense length"


@pytest.mark.parametrize("data", [b"", b"\0", bytes(18), b"\x7f\0\x03", b"\x12\x34", b"\xff" * 20, b"\x80" * 8])
def test_what_is_no_sense_data_reads_as_no_sense(data: bytes) -> None:
    sense = Sense.parse(data)
    assert (sense.key, sense.asc, sense.ascq, sense.format) == (SenseKey.NO_SENSE, 0, 0, NONE)
    assert str(sense).startswith("no sense data")
    assert sense.advice == ""
    assert sense.build() == b""


def test_bytes_that_are_no_sense_data_are_shown() -> None:
    assert str(Sense.parse(b"\x12\x34")) == "no sense data [12 34]"
    assert str(Sense.parse(bytes(18))) == "no sense data"


def test_truncated_sense_is_read_as_far_as_it_goes() -> None:
    whole = bytes.fromhex("f0 00 03 00 01 02 03 0a 00 00 00 00 11 05 09 80 00 07")
    read = [Sense.parse(whole[:length]) for length in range(len(whole) + 1)]
    assert [sense.key for sense in read] == [0] * 3 + [3] * 16
    assert [sense.information for sense in read] == [None] * 7 + [0x010203] * 12
    assert [sense.asc for sense in read] == [0] * 13 + [0x11] * 6
    assert [sense.retry_count for sense in read] == [None] * 18 + [7]


def test_additional_sense_length_bounds_what_is_read() -> None:
    sense = Sense.parse(bytes.fromhex("70 00 03 00 00 00 00 04 00 00 00 00 11 05 09 80 00 07"))
    assert sense == Sense(3)


def test_keys_read_as_members_and_the_reserved_one_as_number() -> None:
    assert Sense.parse(HAND_BYTES).key is SenseKey.NOT_READY
    reserved = Sense.parse(b"\x70\0\x0c" + bytes(15))
    assert reserved.key == 0xC
    assert str(reserved) == "RESERVED SENSE KEY C/00/00: NO ADDITIONAL SENSE INFORMATION"


HAND_BYTES = bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 04 08 00 00 00 00")


@given(st.binary(max_size=260) | st.binary(max_size=80).map(lambda tail: b"\x72\x03\x11\x05\0\0\0\x48" + tail))
def test_no_bytes_raise(data: bytes) -> None:
    sense = Sense.parse(data)
    assert sense.raw == data
    assert str(sense)
    assert sense.advice is not None
    assert 0 <= sense.key <= 0xF
    assert sense.progress is None or 0 <= sense.progress < 1


@st.composite
def senses(draw: st.DrawFn) -> Sense:
    """Any sense data that makes sense."""
    key, form = draw(st.integers(0, 15)), draw(st.sampled_from([FIXED, DESCRIPTOR]))
    word, byte = st.integers(0, 0xFFFF), st.integers(0, 0xFF)
    width = 32 if form is FIXED else 64
    pointer = st.builds(FieldPointer, word, bit=st.none() | st.integers(0, 7), in_cdb=st.booleans())
    return Sense(
        key,
        draw(byte),
        draw(byte),
        deferred=draw(st.booleans()),
        format=form,
        information=draw(st.none() | st.integers(-(1 << width - 1), (1 << width - 1) - 1)),
        command_specific_information=draw(st.integers(0, (1 << width) - 1)),
        progress=draw(st.none() | word.map(lambda count: count / 0x10000)) if key in (0, 2) else None,
        retry_count=draw(st.none() | word) if key in (1, 3, 4) else None,
        field_pointer=draw(st.none() | pointer) if key == 5 else None,
        fruc=draw(byte),
        filemark=draw(st.booleans()),
        eom=draw(st.booleans()),
        ili=draw(st.booleans()),
        sdat_ovfl=draw(st.booleans()),
    )


@given(senses())
def test_parse_inverts_build(sense: Sense) -> None:
    assert Sense.parse(sense.build()) == sense


@given(senses(), st.binary(min_size=1, max_size=20))
def test_bytes_after_the_sense_data_change_nothing(sense: Sense, tail: bytes) -> None:
    assert Sense.parse(sense.build() + tail) == sense


@pytest.mark.parametrize(
    ("sense", "why"),
    [
        (Sense(5, progress=0.5), "sense key 5h carries no progress"),
        (Sense(2, retry_count=1), "sense key 2h carries no retry_count"),
        (Sense(2, field_pointer=FieldPointer(1)), "sense key 2h carries no field_pointer"),
        (Sense(2, progress=1.5), "not between 0 and 1"),
        (Sense(3, retry_count=0x10000), "does not fit"),
        (Sense(5, field_pointer=FieldPointer(1, bit=8)), "does not fit"),
        (Sense(0x10), "does not fit"),
        (Sense(3, 0x100), "does not fit"),
        (Sense(3, information=1 << 31), "does not fit"),
        (Sense(3, command_specific_information=1 << 32), "does not fit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sense_data_that_cannot_be_is_not_built(sense: Sense, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sense.build()


def test_whole_progress_is_the_highest_fraction() -> None:
    assert Sense(2, 4, 4, progress=1.0).build()[15:18] == b"\x80\xff\xff"


@pytest.mark.parametrize(
    ("sense", "words"),
    [
        (Sense(2, 0x04, 0x08), "NOT READY 2/04/08: LOGICAL UNIT NOT READY, LONG WRITE IN PROGRESS"),
        (Sense(0xB, 0x4D, 0x12), "ABORTED COMMAND B/4D/12: TAGGED OVERLAPPED COMMANDS (TASK TAG 12h)"),
        (Sense(3, 0x11, 5, information=77), "MEDIUM ERROR 3/11/05: L-EC UNCORRECTABLE ERROR (LBA 77)"),
        (Sense(2, 4, 4, progress=0.5), "NOT READY 2/04/04: LOGICAL UNIT NOT READY, FORMAT IN PROGRESS (50% done)"),
        (
            Sense(5, 0x24, field_pointer=FieldPointer(4, bit=2)),
            "ILLEGAL REQUEST 5/24/00: INVALID FIELD IN CDB (byte 4 bit 2 of the CDB)",
        ),
        (
            Sense(5, 0x26, field_pointer=FieldPointer(4, in_cdb=False)),
            "ILLEGAL REQUEST 5/26/00: INVALID FIELD IN PARAMETER LIST (byte 4 of the parameter list)",
        ),
        (
            Sense(1, 0x18, 2, information=-3, ili=True, retry_count=4),
            "RECOVERED ERROR 1/18/02: RECOVERED DATA - DATA AUTO-REALLOCATED (residue -3, 4 retries)",
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Sense) else "",
)
def test_sense_spells_key_codes_words_and_place(sense: Sense, words: str) -> None:
    assert str(sense) == words


def test_sense_is_compared_by_its_codes() -> None:
    sense = Sense(2, 0x04, 0x08)
    assert sense.code == "2/04/08"
    assert sense.triple == (2, 0x04, 0x08)
    assert sense.is_(0x04)
    assert sense.is_(0x04, 0x08)
    assert not sense.is_(0x04, 0x07)
    assert not sense.is_(0x3A)


@pytest.mark.parametrize(
    ("asc", "ascq", "words"),
    [
        (0x00, 0x00, "NO ADDITIONAL SENSE INFORMATION"),
        (0x0C, 0x09, "WRITE ERROR - LOSS OF STREAMING"),
        (0x21, 0x02, "INVALID ADDRESS FOR WRITE"),
        (0x2C, 0x00, "COMMAND SEQUENCE ERROR"),
        (0x3A, 0x01, "MEDIUM NOT PRESENT - TRAY CLOSED"),
        (0x57, 0x00, "UNABLE TO RECOVER TABLE-OF-CONTENTS"),
        (0x63, 0x00, "END OF USER AREA ENCOUNTERED ON THIS TRACK"),
        (0x64, 0x00, "ILLEGAL MODE FOR THIS TRACK"),
        (0x6F, 0x04, "MEDIA REGION CODE IS MISMATCHED TO LOGICAL UNIT REGION"),
        (0x72, 0x03, "SESSION FIXATION ERROR - INCOMPLETE TRACK IN SESSION"),
        (0x73, 0x03, "POWER CALIBRATION AREA ERROR"),
        (0x73, 0x17, "RDZ IS FULL"),
        (0x40, 0x00, "RAM FAILURE (SHOULD USE 40 NN)"),
        (0x40, 0x80, "DIAGNOSTIC FAILURE ON COMPONENT 80h"),
        (0x40, 0xFF, "DIAGNOSTIC FAILURE ON COMPONENT FFh"),
        (0x4D, 0x00, "TAGGED OVERLAPPED COMMANDS (TASK TAG 00h)"),
        (0x70, 0x10, "DECOMPRESSION EXCEPTION SHORT ALGORITHM ID OF 10h"),
        (0x80, 0x00, "VENDOR SPECIFIC ADDITIONAL SENSE CODE"),
        (0xFF, 0xFF, "VENDOR SPECIFIC ADDITIONAL SENSE CODE"),
        (0x3A, 0x80, "MEDIUM NOT PRESENT (VENDOR SPECIFIC QUALIFIER)"),
        (0x3A, 0x7F, "MEDIUM NOT PRESENT (UNKNOWN QUALIFIER)"),
        (0x0F, 0x00, "UNKNOWN ADDITIONAL SENSE CODE (UNKNOWN QUALIFIER)"),
    ],
    ids=lambda value: f"{value:02X}" if isinstance(value, int) else "",
)
def test_additional_sense_codes_have_t10s_words(asc: int, ascq: int, words: str) -> None:
    assert text(asc, ascq) == words


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("2/3A/00", "insert a medium"),
        ("2/3A/01", "insert a medium"),
        ("2/3A/02", "close the tray"),
        ("2/04/08", "wait"),
        ("3/0C/00", "lower speed"),
        ("3/0C/09", "lower speed"),
        ("3/73/03", "another brand"),
        ("5/21/02", "next writable address"),
        ("5/2C/00", "SYNCHRONIZE CACHE"),
        ("5/30/05", "another one"),
        ("5/63/00", "full"),
        ("5/64/00", "blank the disc"),
        ("5/72/03", "close the incomplete track"),
        ("6/28/00", "identify it again"),
        ("6/29/01", "lost"),
        ("7/27/00", "write-protected"),
        ("5/53/02", "unlock"),
        ("4/3E/01", "failing"),
    ],
)
def test_advice_says_what_to_do_next(code: str, hint: str) -> None:
    key, asc, ascq = (int(part, 16) for part in code.split("/"))
    assert hint in Sense(key, asc, ascq).advice


@pytest.mark.parametrize(("table", "least"), [("asc.csv", 770), ("advice.csv", 60)])
def test_tables_name_each_code_once(table: str, least: int) -> None:
    rows = files("discstack.mmc.spec").joinpath(table).read_text(encoding="ascii").splitlines()[1:]
    codes = [tuple(row.split(",")[: 2 if table == "asc.csv" else 3]) for row in rows]
    assert len(codes) == len(set(codes)) >= least


def test_no_code_of_the_table_is_one_that_vendors_define_as_they_like() -> None:
    rows = files("discstack.mmc.spec").joinpath("asc.csv").read_text(encoding="ascii").splitlines()[1:]
    assert {int(row.split(",")[0], 16) for row in rows} <= set(range(0x80))
    assert "VENDOR SPECIFIC" in Sense(9, 0x80, 0x0C).text


def sgutils() -> Any:
    """Load the library of sg3_utils, which has T10's list too."""
    found = [path for folder in ("/usr/lib", "/usr/lib64") for path in Path(folder).rglob("libsgutils2*.so.*")]
    return ctypes.CDLL(str(found[0])) if found else None


@pytest.mark.skipif(sgutils() is None, reason="sg3-utils is not installed")
def test_every_code_of_sg3_utils_has_the_same_words() -> None:
    library, buffer = sgutils(), ctypes.create_string_buffer(256)
    compared = 0
    for asc, ascq in product(range(0x80), range(0x100)):
        library.sg_get_asc_ascq_str(asc, ascq, len(buffer), buffer)
        prefix, _, theirs = buffer.value.decode().partition(": ")
        if prefix == "Additional sense" and not re.search(r"\[?0x", theirs):
            assert squeezed(Sense(0, asc, ascq).text) == squeezed(theirs), f"{asc:02X}/{ascq:02X}"
            compared += 1
    assert compared > 600


def squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_no_advice_is_better_than_a_useless_one() -> None:
    assert advice(0, 0, 0) == ""
    assert advice(1, 0x17, 0x01) == ""
    assert advice(9, 0x80, 0x00) == ""


def test_texts_are_not_read_before_they_are_wanted() -> None:
    code = (
        "import sys; from discstack.mmc.spec.sense import Sense; sense = Sense(2, 4, 8); sense.build();"
        "assert 'csv' not in sys.modules and 'importlib.resources' not in sys.modules;"
        "str(sense); assert 'csv' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(not shutil.which("sg_decode_sense"), reason="sg3-utils is not installed")
@pytest.mark.parametrize("line", [line for line, _ in HAND_WRITTEN.values()], ids=HAND_WRITTEN)
@pytest.mark.parametrize("form", [FIXED, DESCRIPTOR])
def test_sg3_utils_read_the_same(line: str, form: SenseFormat) -> None:
    sense = replace(Sense.parse(bytes.fromhex(line)), format=form)
    if form is FIXED:
        sense = replace(sense, command_specific_information=sense.command_specific_information & 0xFFFF)
    shown = subprocess.run(
        ["sg_decode_sense", *sense.build().hex(" ").split()], capture_output=True, text=True, check=True
    )
    words = re.sub(r"\s+", " ", shown.stdout)
    assert SenseKey(sense.key).name.replace("_", " ").lower() in words.lower()
    assert sense.text.lower() in words.lower()
    assert ("deferred" in words) == sense.deferred
    if sense.progress is not None:
        assert f"Progress indication: {sense.progress:.2%}" in words
    if sense.field_pointer is not None:
        where = "Command" if sense.field_pointer.in_cdb else "Data parameters"
        assert f"Error in {where}: byte {sense.field_pointer.byte}" in words
    if sense.retry_count is not None:
        assert re.search(rf"retry count: (0x)?0*{sense.retry_count}\b", words)


@given(st.one_of(st.binary(max_size=20), st.sampled_from([b"\x70", b"\x72", b"\x70\0", b"\x72\x05"]).map(bytes)))
def test_the_sense_key_alone_is_that_of_the_whole(data: bytes) -> None:
    assert sense_key(data) == Sense.parse(data).key
