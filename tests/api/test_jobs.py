"""Writers, erasers and readers as another program uses them."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import discstack
from discstack.emulator.faults import Fault
from discstack.emulator.open import open_virtual
from discstack.job import Narrator
from discstack.native import Ring
from discstack.transport.base import DeviceBusy, DeviceGone, FeedCounters, Stream, Transport, TransportError
from discstack.transport.script import ScriptClock

SECTOR = 2048


class Pattern:
    """Sectors with their number in every byte; `gate` is waited for at a sector, when given."""

    def __init__(self, sectors: int, *, stop_at: int | None = None) -> None:
        self.sectors = sectors
        self.position = 0
        self.reached, self.gate = threading.Event(), threading.Event()
        self._stop_at = stop_at

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer) // SECTOR, self.sectors - self.position)
        for index in range(count):
            number = self.position + index
            if number == self._stop_at:
                self.reached.set()
                assert self.gate.wait(200)
            buffer[index * SECTOR : (index + 1) * SECTOR] = bytes([number % 251]) * SECTOR
        self.position += count
        return count * SECTOR


class Opened:
    """An address whose drive is there already; it counts how it is opened."""

    shared = True

    def __init__(self, transport: Transport, failures: int = 0) -> None:
        self.transport, self.opened = transport, list[bool]()
        self._failures = failures

    def __str__(self) -> str:
        return "a drive"

    def open(self, *, write: bool) -> Transport:
        self.opened.append(write)
        if write and self._failures:
            self._failures -= 1
            raise TransportError("somebody else has it")
        return Kept(self.transport)


class Kept:
    """A transport that survives its closing, as a device node does."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.execute, self.clock = inner.execute, inner.clock
        self.max_transfer, self.usual_transfer = inner.max_transfer, inner.usual_transfer

    def close(self) -> None:
        self.execute = self._gone  # type: ignore[method-assign, assignment]

    def _gone(self, *_: object) -> None:
        raise DeviceGone("closed")


@contextmanager
def opened(transport: Transport, failures: int = 0) -> Iterator[tuple[Opened, discstack.Recorder]]:
    address = Opened(transport, failures)
    with discstack.Recorder(address) as drive:
        yield address, drive
    transport.close()


@pytest.fixture
def recorder() -> Iterator[discstack.Recorder]:
    with discstack.open("virtual:dvd+r?capacity=4096") as opened:
        yield opened


def test_events_tell_the_phases_in_order_and_end_with_done(recorder: discstack.Recorder) -> None:
    events: list[discstack.Event] = []
    result = discstack.DataWriter(recorder).write(Pattern(1000), on_event=events.append)
    phases = [event.phase.value for event in events if isinstance(event, discstack.PhaseStarted)]
    assert phases == ["validating", "calibrating", "buffering", "writing", "finalising", "verifying", "done"]
    assert isinstance(events[-1], discstack.Done)
    times = [event.elapsed for event in events]
    assert times == sorted(times)
    written = [event.sectors for event in events if isinstance(event, discstack.Writing)]
    assert written == sorted(written)
    assert written[-1] == result.blocks + result.padding
    last = [event for event in events if isinstance(event, discstack.Writing)][-1]
    assert (last.fraction, last.remaining) == (1.0, 0.0)
    assert last.ring_fill < 65536  # zeros that fill up the last command
    assert result.verified == result.blocks == 1000


def test_events_name_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "payload").write_bytes(b"p" * 7_000_000)  # more than the drive buffers
    image = discstack.FileSystemImage()
    image.root.add_tree(tmp_path)
    events: list[discstack.Event] = []
    with discstack.open("virtual:dvd+r?capacity=4096&speed=2.4") as slow:
        discstack.DataWriter(slow).write(image.create_result(), on_event=events.append)
    assert "/payload" in {event.current_file for event in events if isinstance(event, discstack.Writing)}


def test_cancel_from_another_thread_stops_the_writing() -> None:
    recorder = discstack.open("virtual:dvd+r")
    source = Pattern(3000, stop_at=2500)
    writer = discstack.DataWriter(recorder, ring_bytes=1 << 20)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(writer.write, source)
        assert source.reached.wait(200)
        writer.cancel()
        source.gate.set()
        with pytest.raises(discstack.Cancelled) as stopped:
            job.result(30)
    assert stopped.value.medium is not None
    assert stopped.value.medium.state is discstack.DiscState.APPENDABLE
    assert any("the disc is now" in note for note in stopped.value.__notes__)
    assert recorder.medium().state is discstack.DiscState.APPENDABLE
    recorder.close()


def test_cancel_while_the_sources_are_checked_stops_before_anything_is_written(
    tmp_path: Path, recorder: discstack.Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"data")
    image = discstack.FileSystemImage()
    image.root.add_tree(tmp_path)
    writer = discstack.DataWriter(recorder)
    monkeypatch.setattr(discstack.Image, "check_sources", lambda _: writer.cancel())
    with pytest.raises(discstack.Cancelled, match="cancelled while validating"):
        writer.write(image.create_result())
    assert recorder.medium().state is discstack.DiscState.BLANK


def test_cancel_while_verifying_says_that_the_disc_is_written(recorder: discstack.Recorder) -> None:
    writer = discstack.DataWriter(recorder)

    def listen(event: discstack.Event) -> None:
        if isinstance(event, discstack.PhaseStarted) and event.phase is discstack.Phase.VERIFYING:
            writer.cancel()

    with pytest.raises(discstack.Cancelled, match="cancelled while verifying") as stopped:
        writer.write(Pattern(1000), on_event=listen)
    assert stopped.value.medium is not None
    assert stopped.value.medium.tracks[0].blocks == 1008


class ImageOf:
    """A pattern as an image; `broken` makes it end early."""

    def __init__(self, sectors: int, *, broken: bool = False) -> None:
        self.pattern = Pattern(sectors)
        self.closed = 0
        if broken:
            self.pattern.sectors, self.pattern.readinto = sectors + 1, lambda _: 0  # type: ignore[method-assign]

    def stream(self) -> "ImageOf":
        return self

    @property
    def sectors(self) -> int:
        return self.pattern.sectors

    def readinto(self, buffer: memoryview) -> int:
        return self.pattern.readinto(buffer)

    def close(self) -> None:
        self.closed += 1


def test_an_image_s_stream_is_closed_however_the_job_ends(recorder: discstack.Recorder) -> None:
    good, bad = ImageOf(700), ImageOf(700, broken=True)
    discstack.DataWriter(recorder).write(good)
    with pytest.raises(discstack.MediaError):
        discstack.DataWriter(recorder).write(bad)
    assert (good.closed, bad.closed) == (1, 1)
    assert discstack.DiscReader(recorder).verify(compared := ImageOf(700)) == 700
    assert compared.closed == 1


def test_comparing_with_an_image_can_be_cancelled_while_the_image_is_read(recorder: discstack.Recorder) -> None:
    discstack.DataWriter(recorder).write(Pattern(1000))
    reader = discstack.DiscReader(recorder)
    with pytest.raises(discstack.Cancelled, match="validating"):
        reader.verify(ImageOf(1000), on_event=lambda _: reader.cancel())


def test_comparing_with_an_image_that_ends_early_is_an_error(recorder: discstack.Recorder) -> None:
    discstack.DataWriter(recorder).write(Pattern(1000))
    with pytest.raises(EOFError, match="1001 sectors"):
        discstack.DiscReader(recorder).verify(ImageOf(1000, broken=True))


def test_events_go_on_where_a_write_was_sent_again() -> None:
    busy = Fault(opcode=0x2A, lba=range(1600, 1601), sense=discstack.Sense(key=2, asc=4, ascq=7))
    recovered = Fault(opcode=0x2A, lba=range(800, 801), sense=discstack.Sense(key=1, asc=0x0C, ascq=1))
    events: list[discstack.Event] = []
    with opened(open_virtual("dvd+r", capacity=8192, faults=[busy, recovered])) as (_, drive):
        result = discstack.DataWriter(drive).write(Pattern(3200), on_event=events.append)
    written = [event for event in events if isinstance(event, discstack.Writing)]
    assert [event.sectors for event in written] == sorted(event.sectors for event in written)
    assert {event.total_sectors for event in written} == {3200}
    assert {event.sectors for event in written} >= {800, 1600, 3200}
    assert result.counters.blocks == 3200


def test_what_is_waited_for_before_the_first_write_is_no_part_of_the_average_speed() -> None:
    clock, events = ScriptClock(), list[discstack.Event]()
    narrator = Narrator(events.append, clock, lambda _: None)
    flow = Stream(
        ring=Ring(2 * SECTOR, SECTOR),
        template=bytes(10),
        lba_place=(2, 32),
        length_place=(7, 16),
        lba=0,
        blocks=96,
        block_size=SECTOR,
        unit=1,
        timeout=1,
        nap=1,
    )
    for blocks, passed in ((0, 8.0), (0, 0.0), (32, 1.0), (64, 1.0)):
        clock.sleep(passed)
        narrator.streaming(flow, FeedCounters(blocks=blocks))
    last = events[-1]
    assert isinstance(last, discstack.Writing)
    assert (last.average_speed, last.remaining) == (32 * SECTOR, 1.0)


def test_a_cancel_that_comes_before_the_job_ends_it_and_that_one_alone(recorder: discstack.Recorder) -> None:
    writer, events = discstack.DataWriter(recorder), list[discstack.Event]()
    writer.cancel()
    with pytest.raises(discstack.Cancelled, match="before it began"):
        writer.write(Pattern(64), on_event=events.append)
    assert events == []
    assert recorder.medium().blank
    assert writer.write(Pattern(64)).verified == 64


def test_a_cancel_that_comes_too_late_for_a_job_does_not_end_the_next_one(recorder: discstack.Recorder) -> None:
    writer = discstack.DataWriter(recorder)

    def too_late(event: discstack.Event) -> None:
        if isinstance(event, discstack.Done):
            writer.cancel()

    assert writer.write(Pattern(64), on_event=too_late).verified == 64
    assert writer.write(Pattern(64), start=recorder.medium().next_writable_address or 0).verified == 64


def test_a_job_of_several_parts_ends_at_once_too(recorder: discstack.Recorder, tmp_path: Path) -> None:
    discstack.DataWriter(recorder).write(Pattern(64))
    reader = discstack.CdReader(recorder)
    reader.cancel()
    with pytest.raises(discstack.Cancelled, match="before it began"):
        reader.save(tmp_path / "never.cue")
    reader.cancel()
    with pytest.raises(discstack.Cancelled, match="before it began"):
        reader.contents()
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_is_not_kept_for_a_later_job_where_the_disc_has_nothing_to_read(recorder: discstack.Recorder) -> None:
    reader, kind = discstack.DiscReader(recorder), discstack.BenchmarkKind.READ
    benchmark = discstack.Benchmark(recorder, kind)
    for job, run in ((reader, lambda: reader.read(io.BytesIO())), (benchmark, benchmark.run)):
        job.cancel()
        with pytest.raises(discstack.Cancelled, match="before it began"):
            run()
        with pytest.raises(discstack.MediaError, match="nothing to read"):
            run()


def test_several_drives_burn_at_once(tmp_path: Path) -> None:
    def burn(number: int) -> int:
        with discstack.open(f"virtual:bd-re?file={tmp_path}/{number}.img&capacity=4096") as drive:
            return discstack.DataWriter(drive).write(Pattern(1000 + number)).verified

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(burn, range(4))) == [1000, 1001, 1002, 1003]


def test_a_recorder_may_be_asked_from_many_threads(recorder: discstack.Recorder) -> None:
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: recorder.medium().state, range(40)))
    assert set(states) == {discstack.DiscState.BLANK}


def test_a_job_opens_the_drive_for_writing_and_goes_back() -> None:
    with opened(open_virtual("dvd+r", capacity=4096)) as (address, drive):
        discstack.DataWriter(drive).write(Pattern(100))
        assert address.opened == [False, True]
        drive.medium()
        discstack.DiscReader(drive).recorded()
        assert address.opened == [False, True, False]


def test_a_recorder_survives_a_drive_that_somebody_else_has() -> None:
    with opened(open_virtual("dvd+r", capacity=4096), failures=1) as (_, drive):
        writer = discstack.DataWriter(drive)
        with pytest.raises(discstack.TransportError, match="somebody else"):
            writer.write(Pattern(100))
        assert drive.medium().state is discstack.DiscState.BLANK
        assert writer.write(Pattern(100)).verified == 100


def test_a_drive_that_only_one_may_have_open_is_not_kept_from_ourselves() -> None:
    class Single(Opened):
        """As /dev/sgN: not to be had exclusively while it is open anywhere."""

        last: Kept | None = None

        def open(self, *, write: bool) -> Transport:
            if write and self.last is not None and self.last.execute is self.transport.execute:
                raise DeviceBusy("it is open already")
            self.last = Kept(self.transport)
            return self.last

    drive = open_virtual("dvd+r", capacity=4096)
    with discstack.Recorder(Single(drive)) as recorder:
        assert recorder.medium().state is discstack.DiscState.BLANK
        assert discstack.DataWriter(recorder).write(Pattern(100)).verified == 100
        assert recorder.medium().state is discstack.DiscState.APPENDABLE
    drive.close()


def test_the_system_is_asked_for_quiet_while_a_real_drive_changes_its_disc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quiet = list[bool]()

    @contextmanager
    def asked() -> Iterator[None]:
        quiet.append(True)
        yield
        quiet.append(False)

    monkeypatch.setattr("discstack.job.quiet", asked)
    with discstack.open("virtual:dvd+r?capacity=4096") as own:
        discstack.DataWriter(own).write(Pattern(100))
    assert quiet == []
    drive = open_virtual("dvd+r", capacity=4096)
    with discstack.Recorder(Opened(drive)) as recorder:
        discstack.DataWriter(recorder).write(Pattern(100), on_event=lambda _: quiet.append(quiet[0]))
        assert (quiet[0], set(quiet[:-1]), quiet[-1]) == (True, {True}, False)
        told = len(quiet)
        discstack.DiscReader(recorder).verify(Pattern(100))
    assert len(quiet) == told
    drive.close()


def test_a_closed_recorder_says_so() -> None:
    drive = discstack.open("virtual:dvd+r")
    drive.close()
    drive.close()
    with pytest.raises(DeviceGone, match="is closed"):
        drive.medium()


def test_files_in_a_bad_range_are_named(tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        (tmp_path / name).write_bytes(name.encode() * 300_000)
    image = discstack.FileSystemImage()
    image.root.add_tree(tmp_path)
    planned = image.create_result()
    victim = next(span for span in planned.files_in(0, planned.sectors) if span.label == "/second")
    middle = victim.lba + victim.sectors // 2
    bad = Fault(opcode=0x28, lba=range(middle, middle + 1), sense=discstack.Sense(key=3, asc=0x11, ascq=5))
    with (
        opened(open_virtual("dvd+r", faults=[bad])) as (_, drive),
        pytest.raises(discstack.VerificationError) as failed,
    ):
        discstack.DataWriter(drive).write(planned)
    notes = "\n".join(failed.value.__notes__)
    assert "/second" in notes
    assert "/first" not in notes


def test_a_source_that_fails_stops_the_burn_with_its_own_error(recorder: discstack.Recorder) -> None:
    class Broken(Pattern):
        def readinto(self, buffer: memoryview) -> int:
            if self.position > 1500:
                raise OSError("the shelf fell over")
            return super().readinto(buffer[: 512 * SECTOR])

    with pytest.raises(OSError, match="the shelf fell over") as failed:
        discstack.DataWriter(recorder).write(Broken(3000))
    assert any("the disc is now" in note for note in failed.value.__notes__)


class Unreadable(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("the network is gone")


@pytest.mark.linux("native code that reads files")
def test_what_python_cannot_make_of_an_image_shows_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(bytes(3_000_000))
    image = discstack.FileSystemImage(volume_id="X")
    image.root.create_file("first", tmp_path / "first")
    image.root.create_file("second", lambda: Unreadable(b""), size=1000)
    with opened(open_virtual("dvd+r", capacity=8192)) as (_, drive):
        with pytest.raises(discstack.SourceError, match=r"second: the network is gone"):
            discstack.DataWriter(drive, ring_bytes=1 << 18).write(image.create_result())
        assert drive.medium().state is discstack.DiscState.BLANK


def test_an_image_is_fitted_to_the_medium(tmp_path: Path, recorder: discstack.Recorder) -> None:
    (tmp_path / "large").write_bytes(bytes(5000 * SECTOR))
    image = discstack.FileSystemImage()
    image.choose_defaults(recorder)
    image.root.add_tree(tmp_path)
    with pytest.raises(discstack.CapacityError, match="too many"):
        image.create_result()


def test_every_error_is_public() -> None:
    def below(kind: type[Exception]) -> set[type[Exception]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    errors = below(discstack.DriveError) | below(discstack.TransportError) | below(discstack.LayoutError)
    ours = {kind.__name__ for kind in errors if kind.__module__.startswith("discstack.")}
    assert ours <= set(discstack.__all__)


def test_every_public_name_can_be_imported() -> None:
    for name in discstack.__all__:
        assert getattr(discstack, name) is not None
    assert set(discstack.__all__) <= set(dir(discstack))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = discstack.nonsense


@pytest.mark.parametrize("medium", ["dvd-rw", "cd-rw"])
def test_a_test_write_erases_nothing(medium: str) -> None:
    with discstack.open(f"virtual:{medium}") as recorder:
        discstack.DataWriter(recorder).write(Pattern(512))
        before = recorder.medium()
        with pytest.raises(discstack.MediumNotBlank, match="a test write erases nothing"):
            discstack.DataWriter(recorder, erase=True, simulate=True).write(Pattern(64))
        assert recorder.medium() == before


def test_a_test_write_of_tracks_erases_nothing() -> None:
    with discstack.open("virtual:cd-rw") as recorder:
        discstack.Formatter(recorder).format()
        before = recorder.medium()
        with pytest.raises(discstack.MediumNotBlank, match="a test write erases nothing"):
            discstack.AudioWriter(recorder, erase=True, simulate=True).prepare()
        assert recorder.medium() == before
