"""Recordings: what is kept of a command, both forms of a file, and playing them again."""

from __future__ import annotations

import io
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import Command, DeviceGone, Reply, TransportError, TransportTimeout
from discstack.transport.observe import observe
from discstack.transport.record.entry import Payload, Recorded, Recording
from discstack.transport.record.observers import LAST_COMMANDS, FileRecorder, LastCommands
from discstack.transport.record.pcapng import PcapngWriter, read_pcapng
from discstack.transport.record.replay import ReplayMismatch, ReplayTransport
from discstack.transport.record.text import RecordingError, TextWriter, dumps, loads, read_text
from discstack.transport.script import ScriptTransport

TUR = Command(bytes(6))
INQUIRY = Command(bytes.fromhex("12 00 00 00 24 00"), Direction.FROM_DEVICE, allocation=36)
WRITE = bytes.fromhex("2a 00 00 00 00 10 00 00 20 00")
READ_BUFFER_CAPACITY = Command(bytes.fromhex("5c 00 00 00 00 00 00 00 0c 00"), Direction.FROM_DEVICE, allocation=12)
NOT_READY = Reply(2, Sense(2, 0x3A, 1).build())

Form = Callable[[list[Recorded]], Recording]


def as_text(entries: list[Recorded]) -> Recording:
    file = io.StringIO()
    writer = TextWriter(file)
    writer.begin(131072, 65536)
    for entry in entries:
        writer.write(entry)
    writer.remark(1.5, "something else")
    return read_text(file.getvalue().splitlines())


def as_pcapng(entries: list[Recorded]) -> Recording:
    file = io.BytesIO()
    writer = PcapngWriter(file)
    writer.begin(131072, 65536)
    for entry in entries:
        writer.write(entry)
    file.seek(0)
    return read_pcapng(file)


FORMS = {"text": as_text, "pcapng": as_pcapng}
milliseconds = st.integers(0, 100_000).map(lambda n: n / 1000)


@st.composite
def entries(draw: st.DrawFn) -> Recorded:
    direction = draw(st.sampled_from(Direction))
    data = draw(st.binary(max_size=200)) if direction is not Direction.NONE else b""
    room = len(data) + draw(st.integers(0, 5)) if direction is Direction.FROM_DEVICE else len(data)
    answered = draw(st.booleans())
    moved = data if answered or direction is Direction.TO_DEVICE else b""
    return Recorded(
        start=draw(milliseconds),
        duration=draw(milliseconds),
        cdb=draw(st.sampled_from([6, 10, 12, 16]).flatmap(lambda size: st.binary(min_size=size, max_size=size))),
        direction=direction if room else Direction.NONE,
        length=room,
        timeout=draw(st.sampled_from([0.5, 30.0, 3600.0])),
        payload=Payload.of(moved, draw(st.sampled_from([None, 16]))),
        status=draw(st.sampled_from([0, 2, 8, 0x18, 0x28, 0x40])) if answered else None,
        sense=draw(st.sampled_from([b"", NOT_READY.sense])) if answered else b"",
        residual=draw(st.integers(0, 1000)) if answered else 0,
        failure=""
        if answered
        else draw(st.sampled_from(["DeviceGone: pulled [out]", "TransportTimeout: a | b, 5 short"])),
    )


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(st.lists(entries(), max_size=5))
def test_what_is_written_is_read_again(form: Form, written: list[Recorded]) -> None:
    recording = form(written)
    assert (recording.max_transfer, recording.usual_transfer) == (131072, 65536)
    read = recording.entries
    assert [_timeless(entry) for entry in read] == [_timeless(entry) for entry in written]
    for before, after in zip(written, read, strict=True):
        assert after.duration == pytest.approx(before.duration, abs=2e-6)


def _timeless(entry: Recorded) -> Recorded:
    return replace(entry, start=0.0, duration=0.0)


def test_a_line_is_for_people_too() -> None:
    entry = Recorded(start=0.5, duration=0.0002, cdb=bytes(6), status=2, sense=NOT_READY.sense)
    line = dumps(entry)
    assert line.startswith(
        "0.500000 +0.200ms | TEST UNIT READY | 00 00 00 00 00 00 | - | 30s | CHECK CONDITION [70 00 02"
    )
    assert line.endswith("] NOT READY 2/3A/01: MEDIUM NOT PRESENT - TRAY CLOSED")
    assert loads(line) == entry


def test_text_written_by_hand_is_read() -> None:
    line = "12.5 +3ms | whatever | 2a0000000010000020 00 | >65536 #00ff | 60s | BUSY, 16 short"
    assert loads(line) == Recorded(
        start=12.5,
        duration=0.003,
        cdb=WRITE,
        direction=Direction.TO_DEVICE,
        length=65536,
        timeout=60.0,
        payload=Payload(65536, b"", b"\x00\xff"),
        status=8,
        residual=16,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "# discstack trace 2",
        "# discstack trace 1\nx",
        "# discstack trace 1\n0 +0ms | x | 00 | ? | 1s | GOOD",
        "# discstack trace 1\n0 +0ms | x | 00 | <5 z:AAAA | 1s | GOOD",
        "# discstack trace 1\n0 +0ms | x | 0g | - | 1s | GOOD",
        "# discstack trace 1\n0 +0ms | x | 00 | - | 1s | WELL",
    ],
)
def test_text_that_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(RecordingError):
        read_text(text.splitlines())


def test_a_block_that_is_shorter_than_any_is_no_reason_to_read_on() -> None:
    for length in (0, 7, 11):
        with pytest.raises(RecordingError, match="it has no blocks as pcapng has them"):
            read_pcapng(io.BytesIO(bytes(4) + length.to_bytes(4, "little") + bytes(64)))


@given(st.binary(max_size=300))
def test_bytes_that_are_no_recording_are_refused(data: bytes) -> None:
    try:
        read_pcapng(io.BytesIO(data))
    except RecordingError:
        return
    assert data == b"" or len(data) >= 12


def recorded(transport: ScriptTransport, budget: int = 1 << 20) -> tuple[FileRecorder, io.StringIO]:
    file = io.StringIO()
    return FileRecorder(TextWriter(file), budget=budget), file


def test_a_session_is_recorded_and_played_again() -> None:
    data = b"\x05\x80\x05\x02\x1f".ljust(36, b"\0")
    inner = ScriptTransport([NOT_READY, Reply(data=data), TransportTimeout("too late"), Reply()])
    recorder, file = recorded(inner)
    transport = observe(inner, [recorder], natively=False)
    first = transport.execute(TUR)
    inner.clock.sleep(3.0)
    second = transport.execute(INQUIRY)
    with pytest.raises(TransportTimeout):
        transport.execute(TUR)
    transport.execute(Command(WRITE, Direction.TO_DEVICE, bytes(65536)))
    replay = ReplayTransport(read_text(file.getvalue().splitlines()))
    assert (replay.max_transfer, replay.usual_transfer) == (inner.max_transfer, inner.usual_transfer)
    assert replay.execute(TUR) == first
    assert replay.execute(INQUIRY).data == second.data
    assert replay.clock.now() == pytest.approx(3.0)
    with pytest.raises(TransportTimeout, match="too late"):
        replay.execute(TUR)
    assert replay.execute(Command(WRITE, Direction.TO_DEVICE, bytes(65536))) == Reply()
    replay.close()
    with pytest.raises(DeviceGone):
        replay.execute(TUR)


def test_an_error_that_names_a_device_in_no_characters_is_recorded() -> None:
    inner = ScriptTransport(otherwise=TransportTimeout("/dev/caf\udce9: no answer"))
    lines, packets = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.BytesIO()
    transport = observe(inner, [FileRecorder(TextWriter(lines)), FileRecorder(PcapngWriter(packets))])
    with pytest.raises(TransportTimeout):
        transport.execute(TUR)
    lines.seek(0)
    packets.seek(0)
    for recording in (read_text(lines), read_pcapng(packets)):
        assert [entry.failure for entry in recording.entries] == [r"TransportTimeout: /dev/caf\udce9: no answer"]


def played(*replies: tuple[Command, Reply], said: list[str] | None = None) -> ReplayTransport:
    inner = ScriptTransport([reply for _, reply in replies])
    recorder, file = recorded(inner)
    transport = observe(inner, [recorder])
    for command, _ in replies:
        transport.execute(command)
    return ReplayTransport(read_text(file.getvalue().splitlines()), tell=(said if said is not None else []).append)


def test_another_command_than_the_recorded_one_is_reported() -> None:
    with pytest.raises(ReplayMismatch, match="command 1 of the recording is TEST UNIT READY, not INQUIRY"):
        played((TUR, Reply())).execute(INQUIRY)


def test_the_end_of_a_recording_is_reported() -> None:
    replay = played((TUR, Reply()))
    replay.execute(TUR)
    with pytest.raises(ReplayMismatch, match="ends before INQUIRY"):
        replay.execute(INQUIRY)


def test_other_data_than_the_recorded_is_told_and_answered_as_then() -> None:
    said: list[str] = []
    write = Command(WRITE, Direction.TO_DEVICE, b"a" * 65536)
    replay = played((write, Reply()), (write, Reply()), (write, Reply()), said=said)
    replay.execute(write)
    assert said == []
    for _ in range(2):
        assert replay.execute(Command(WRITE, Direction.TO_DEVICE, b"b" * 65536)) == Reply()
    assert said == ["command 2, WRITE (10) lba=0x10 transfer_length=0x20, sends other data than was recorded"]
    replay.close()
    assert said[1:] == ["2 commands in all sent other data than was recorded"]


def test_a_recorded_command_without_bytes_is_another_one() -> None:
    replay = ReplayTransport(Recording([Recorded(start=0, duration=0, cdb=b"", status=0)]))
    with pytest.raises(ReplayMismatch, match="TEST UNIT READY"):
        replay.execute(TUR)


def test_data_that_was_not_kept_is_not_made_up() -> None:
    read = Command(bytes.fromhex("28 00 00 00 00 10 00 00 20 00"), Direction.FROM_DEVICE, allocation=65536)
    inner = ScriptTransport([Reply(data=bytes(65536))])
    recorder, file = recorded(inner, budget=1000)
    observe(inner, [recorder]).execute(read)
    assert xxhash.xxh3_128_hexdigest(bytes(65536)) in file.getvalue()
    replay = ReplayTransport(read_text(file.getvalue().splitlines()))
    with pytest.raises(ReplayMismatch, match="was not kept"):
        replay.execute(read)


def test_what_depends_on_the_clock_alone_may_come_sooner_or_later() -> None:
    filled = Reply(data=bytes.fromhex("0000000a 00400000 00200000"))
    replay = played((TUR, Reply()), (READ_BUFFER_CAPACITY, filled), (TUR, Reply()), (TUR, Reply()))
    replay.execute(TUR)
    replay.execute(TUR)  # the question in between is left out
    assert Sense.parse(replay.execute(READ_BUFFER_CAPACITY).sense).triple == (2, 4, 0)
    replay.execute(TUR)


def test_a_file_of_either_form_is_opened(tmp_path: Path) -> None:
    entry = Recorded(start=0.0, duration=0.0, cdb=bytes(6), status=0)
    with (tmp_path / "text").open("w") as lines:
        text = TextWriter(lines)
        text.begin(4096, 2048)
        text.write(entry)
    with (tmp_path / "packets").open("wb") as packets:
        pcapng = PcapngWriter(packets)
        pcapng.begin(4096, 2048)
        pcapng.write(entry)
    for name in ("text", "packets"):
        replay = ReplayTransport.open(tmp_path / name)
        assert (replay.max_transfer, replay.usual_transfer) == (4096, 2048)
        assert replay.execute(TUR) == Reply()
    (tmp_path / "other").write_text("something else")
    for name in ("other", "missing"):
        with pytest.raises(TransportError, match=name):
            ReplayTransport.open(tmp_path / name)


def answer_of(cdb: str, data: bytes) -> bytes:
    """Return what a recording keeps of an answer."""
    inner = ScriptTransport([Reply(data=data)])
    recorder, file = recorded(inner)
    command = Command(bytes.fromhex(cdb), Direction.FROM_DEVICE, allocation=len(data))
    assert observe(inner, [recorder]).execute(command).data == data
    return read_text(file.getvalue().splitlines()).entries[0].payload.kept


def test_serial_numbers_are_masked_and_nothing_else() -> None:
    standard = (
        bytes.fromhex("05800502 33000000") + b"ACME    BURNER          1.00" + b"K123 4567".ljust(20, b"\0") + b"!" * 40
    )
    kept = answer_of("12 00 00 00 60 00", standard)
    assert kept == standard.replace(b"K123 4567", b"XXXX XXXX")
    assert answer_of("12 01 80 00 ff 00", b"\x05\x80\x00\x08K1234567") == b"\x05\x80\x00\x08XXXXXXXX"
    named = bytes.fromhex("05 83 0010 02 01 00 04") + b"ACME" + bytes.fromhex("01 03 00 04") + b"\x50\x01\x02\x03"
    assert answer_of("12 01 83 00 ff 00", named) == named.replace(b"ACME", b"XXXX").replace(
        b"\x50\x01\x02\x03", b"XXXX"
    )
    features = bytes.fromhex("00000018 0000001B 0107 0D 04 1F000000 0108 07 04") + b"K123" + bytes.fromhex("010C 03 00")
    assert answer_of("46 00 00 00 00 00 00 00 ff 00", features) == features.replace(b"K123", b"XXXX")
    assert answer_of("ab 01 00 00 00 00 00 00 00 0c 00 00", bytes(4) + b"DISC0001") == bytes(4) + b"XXXXXXXX"
    assert answer_of("ad 00 00 00 00 00 00 03 00 08 00 00", b"\0\6\0\0BCA!") == b"\0\6\0\0XXXX"
    assert answer_of("ad 00 00 00 00 00 00 00 00 08 00 00", b"\0\6\0\0DATA") == b"\0\6\0\0DATA"
    assert answer_of("12 01 83 00 04 00", b"\5\x83\0") == b"\5\x83\0"
    assert answer_of("ad 00 00 00 00 00", b"DATA") == b"DATA"  # a CDB of another length than its opcode's


@pytest.mark.parametrize(("format_code", "head"), [("0c", bytes(4)), ("0d", bytes(8))])
@pytest.mark.parametrize("linked", [b"", bytes(2048)])
def test_who_recorded_a_disc_is_masked_in_its_management_data(format_code: str, head: bytes, linked: bytes) -> None:
    summary = bytes.fromhex("0001 02 000000") + b"ID20241126123456" + b"TYG03"
    recorder = b"PIONEER".ljust(32) + b"SN0815".ljust(16) + b"DVR-111D".ljust(16) + b"x" * 64
    data = head + linked + summary.ljust(2048, b"\0") + 2 * recorder
    kept = answer_of(f"ad 00 00 00 00 00 00 {format_code} ff ff 00 00", data)
    assert kept == data.replace(b"ID20241126123456", b"X" * 16).replace(b"SN0815", b"XXXXXX")


def test_the_last_commands_are_kept_without_longer_data() -> None:
    last = LastCommands()
    inner = ScriptTransport(otherwise=Reply())
    transport = observe(inner, [last])
    for _ in range(LAST_COMMANDS + 10):
        transport.execute(TUR)
    transport.execute(Command(WRITE, Direction.TO_DEVICE, b"\xab" * 65536))
    file = io.StringIO()
    last.write(file)
    recording = read_text(file.getvalue().splitlines())
    entries = recording.entries
    assert (recording.max_transfer, recording.usual_transfer) == (inner.max_transfer, inner.usual_transfer)
    assert len(entries) == LAST_COMMANDS
    assert entries[-1].cdb == WRITE
    assert entries[-1].payload == Payload(65536, b"\xab" * 16)


def test_the_last_commands_hold_no_buffer_and_no_ring() -> None:
    class Buffer(bytearray):
        """A bytearray that can be watched."""

    last = LastCommands()
    transport = observe(ScriptTransport(otherwise=Reply()), [last])
    sent, room = Buffer(4096), Buffer(4096)
    transport.execute(Command(WRITE, Direction.TO_DEVICE, sent))
    transport.execute(Command(INQUIRY.cdb, Direction.FROM_DEVICE, memoryview(room)))
    watched = [weakref.ref(sent), weakref.ref(room)]
    del sent, room
    assert [reference() for reference in watched] == [None, None]
    assert len(last) == 2
