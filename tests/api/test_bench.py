"""Measuring a drive: what is tried, what is refused, and that the numbers are those of the drive."""

from __future__ import annotations

import csv
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import discstack as ds
from discstack.benchmark import Benchmark, Pattern
from discstack.events import Event, Notice, Phase, PhaseStarted
from discstack.measurement import BenchmarkKind, Setting, summaries

SLOW = "virtual:dvd+r?capacity=65536&speed=4&file=disc"
EIGHT_X = 11_080_000


def test_the_pattern_is_the_same_however_it_is_read() -> None:
    whole, pieces = bytearray(2048 * 1700), bytearray()
    assert Pattern(1700).readinto(memoryview(whole)) == len(whole)
    source, part = Pattern(1700), bytearray(2048 * 33)
    while count := source.readinto(memoryview(part)):
        pieces += part[:count]
    assert pieces == whole
    assert whole[:2048] != whole[2048:4096]


def test_each_setting_is_tried_in_turns_and_each_trial_is_a_session() -> None:
    settings = (Setting(transfer_bytes=32 << 10), Setting(transfer_bytes=64 << 10, ring_bytes=1 << 20))
    with ds.open("virtual:dvd+r?capacity=65536&speed=8") as recorder:
        benchmark = Benchmark(recorder, BenchmarkKind.WRITE, sectors=4096, settings=settings, repeat=2)
        trials = benchmark.run()
        medium = recorder.medium()
    assert [trial.setting for trial in trials] == [*settings, *settings]
    assert medium.sessions == 4
    assert [trial.start for trial in trials] == [track.start for track in medium.tracks[:4]]
    first, second = summaries(trials)
    assert (first.trials, first.transfer_bytes, first.commands) == (2, 32 << 10, 2 * 4096 // 16)
    assert (second.transfer_bytes, second.ring_bytes, second.commands) == (64 << 10, 1 << 20, 2 * 4096 // 32)
    assert all(trial.curve.transferred == 4096 * 2048 == trial.size for trial in trials)
    assert first.rate.low <= first.rate.median <= first.rate.high <= EIGHT_X


def test_the_cpu_time_of_a_trial_is_that_of_filling_the_ring_and_of_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count()  # the real one may stand still for longer than a trial takes
    monkeypatch.setattr("discstack.benchmark.time", SimpleNamespace(process_time=lambda: float(next(clock))))
    with ds.open("virtual:dvd+r?capacity=65536&speed=8") as recorder:
        events: list[Event] = []
        (trial,) = Benchmark(recorder, BenchmarkKind.WRITE, sectors=4096, repeat=1).run(on_event=events.append)
    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert len(phases) > trial.cpu_seconds == phases.count(Phase.BUFFERING) + phases.count(Phase.WRITING) == 2


def test_fills_are_known_between_the_first_filling_and_the_last_draining() -> None:
    setting = Setting(ring_bytes=1 << 20)
    with ds.open("virtual:dvd+r?speed=4") as recorder:
        (found,) = summaries(Benchmark(recorder, BenchmarkKind.WRITE, sectors=32768, settings=[setting]).run())
    assert found.ring_low is not None
    assert found.drive_low is not None
    assert 0 <= found.ring_low <= 1
    assert 0.5 < found.drive_low <= 1  # the drive is slower than its source
    assert sum(found.ring_fill) == pytest.approx(1)
    assert sum(found.drive_fill) == pytest.approx(1)


def test_the_curve_of_each_trial_begins_at_nothing() -> None:
    with ds.open("virtual:dvd+r?capacity=65536&speed=8") as recorder:
        trials = Benchmark(recorder, BenchmarkKind.WRITE, sectors=4096, repeat=3).run()
    times = [trial.curve.samples[-1].elapsed for trial in trials]
    assert max(times) < 2 * min(times)
    assert [trial.curve.title for trial in trials] == ["write 1", "write 2", "write 3"]


def test_reading_is_as_fast_as_it_was_asked_for() -> None:
    with ds.open("virtual:dvd+r?capacity=65536&speed=16") as recorder:
        ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(32768))
        settings = (Setting(speed=1385 * 2), Setting(speed=1385 * 4))
        slow, fast = summaries(Benchmark(recorder, BenchmarkKind.READ, sectors=8192, settings=settings, repeat=2).run())
    assert 0.3 * 2_770_000 < slow.rate.median < 2_770_000  # what is asked for is reached at the rim of the disc
    assert fast.rate.median == pytest.approx(2 * slow.rate.median, rel=0.05)
    assert slow.ring_bytes is None


@pytest.mark.parametrize(("medium", "unread"), [("cd-r", 2), ("dvd+r", 0), ("bd-r", 0)])
def test_a_disc_of_several_sessions_is_read_without_what_no_drive_can_read(medium: str, unread: int) -> None:
    with ds.open(f"virtual:{medium}") as recorder:
        for _ in range(2):
            start = recorder.medium().next_writable_address or 0
            ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(640), start=start)
        blocks = [track.blocks - unread for track in recorder.medium().tracks[:2]]
        (whole,) = Benchmark(recorder, BenchmarkKind.READ, repeat=1).run()
        (part,) = Benchmark(recorder, BenchmarkKind.READ, start=100, sectors=blocks[0], repeat=1).run()
        with pytest.raises(ds.MediaError, match="nothing is recorded at sector"):
            Benchmark(recorder, BenchmarkKind.READ, start=1 << 20).run()
    assert whole.size == sum(blocks) * 2048 == whole.curve.transferred
    assert (part.start, part.size) == (100, blocks[0] * 2048)
    assert part.curve.samples[-1].lba == start + 100


def test_the_longest_command_of_a_curve_is_that_of_all_so_far() -> None:
    with ds.open("virtual:dvd+r?capacity=65536&speed=16") as recorder:
        ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(8192))
        (trial,) = Benchmark(recorder, BenchmarkKind.READ, repeat=1).run()
    longest = [sample.latency_max for sample in trial.curve.samples]
    assert len(longest) > 3
    assert longest == sorted(longest)
    assert trial.curve.latency(1) == longest[-1]


def test_a_simulated_write_leaves_the_disc_blank() -> None:
    with ds.open("virtual:dvd-r?speed=4") as recorder:
        assert Benchmark.kind_for(recorder.medium()) is BenchmarkKind.SIMULATE
        trials = Benchmark(recorder, BenchmarkKind.SIMULATE, sectors=4096, repeat=2).run()
        assert recorder.medium().blank
    assert [trial.start for trial in trials] == [0, 0]


def test_what_is_on_a_rewritable_disc_is_lost_only_if_that_is_said() -> None:
    with ds.open("virtual:dvd+rw") as recorder:
        ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(64))
        with pytest.raises(ds.MediumNotBlank):
            Benchmark(recorder, BenchmarkKind.WRITE, sectors=64).run()
        assert Benchmark.kind_for(recorder.medium()) is BenchmarkKind.READ
        assert len(Benchmark(recorder, BenchmarkKind.WRITE, sectors=64, erase=True).run()) == 3


@pytest.mark.parametrize(("medium", "erasable"), [("dvd+r", False), ("cd-r", False), ("dvd-rw", True), ("cd-rw", True)])
def test_what_is_on_a_disc_is_hidden_behind_sessions_only_if_that_is_said(medium: str, erasable: bool) -> None:
    with ds.open(f"virtual:{medium}") as recorder:
        ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(512))
        before = recorder.medium()
        for erase in (False, *([] if erasable else [True])):
            with pytest.raises(ds.MediumNotBlank, match="test data would hide"):
                Benchmark(recorder, BenchmarkKind.WRITE, sectors=512, erase=erase).run()
        assert recorder.medium() == before
        permit = {"erase": True} if erasable else {"append": True}
        assert len(Benchmark(recorder, BenchmarkKind.WRITE, sectors=512, **permit).run()) == 3
        assert recorder.medium().sessions == 4


@pytest.mark.parametrize(
    ("medium", "words"),
    [("dvd+r", ["--append"]), ("dvd-rw", ["--append", "--erase"]), ("dvd+rw", ["--erase"])],
)
def test_the_command_line_tells_what_permits_to_write(
    medium: str, words: list[str], tmp_path: Path, discstack: Any
) -> None:
    address = f"virtual:{medium}?file={tmp_path / 'disc.img'}"
    (tmp_path / "hello.txt").write_text("hello")
    assert discstack("burn", str(tmp_path / "hello.txt"), "-d", address).code == 0
    refused = discstack("bench", address, "--write", "--size", "1MiB")
    assert refused.code == 5
    assert [word for word in ("--append", "--erase") if word in refused.err] == words
    assert discstack("bench", address, "--append").code == 2
    permitted = discstack("bench", address, "--write", "--size", "1MiB", words[-1])
    assert permitted.code == 0, permitted.err


def test_a_blank_rewritable_disc_takes_all_trials() -> None:
    with ds.open("virtual:bd-re") as recorder:
        assert len(Benchmark(recorder, BenchmarkKind.WRITE, sectors=64).run()) == 3


def test_trials_that_do_not_fit_are_refused_before_the_first() -> None:
    with ds.open("virtual:dvd+r?capacity=16384") as recorder:
        with pytest.raises(ds.UnsupportedMedium, match="3 trials of 8192 sectors need"):
            Benchmark(recorder, BenchmarkKind.WRITE, sectors=8192).run()
        assert recorder.medium().blank


@pytest.mark.parametrize("size", [2048, 48 << 10, 0, -1])
def test_a_transfer_that_does_not_suit_the_medium_is_refused_before_anything_is_written(size: int) -> None:
    with ds.open("virtual:dvd+rw") as recorder:
        writer = ds.DataWriter(recorder, transfer_bytes=size)
        with pytest.raises(ds.UnsupportedMedium, match="multiples of 32768"):
            writer.write(Pattern(64))
        writer.transfer_bytes = 1 << 30
        with pytest.raises(ds.UnsupportedMedium, match="one command carries"):
            writer.write(Pattern(64))
        assert recorder.medium().blank


def test_a_failing_drive_leaves_the_trials_before_it() -> None:
    with ds.open("virtual:dvd+r?capacity=65536&fault=medium-error:3500-3515") as recorder:
        benchmark = Benchmark(recorder, BenchmarkKind.WRITE, sectors=1024)
        with pytest.raises(ds.MediumError):
            benchmark.run()
    assert len(benchmark.trials) == 1


def test_cancelling_ends_a_benchmark_between_trials_too() -> None:
    with ds.open("virtual:dvd+r?capacity=65536&speed=8") as recorder:
        benchmark = Benchmark(recorder, BenchmarkKind.WRITE, sectors=1024, repeat=5)

        def stop_at_second_done(event: ds.Event) -> None:
            if isinstance(event, ds.PhaseStarted) and event.phase is ds.Phase.DONE and len(benchmark.trials) == 1:
                benchmark.cancel()

        with pytest.raises(ds.Cancelled, match=r"^cancelled$"):
            benchmark.run(on_event=stop_at_second_done)
    assert len(benchmark.trials) == 2


def test_the_command_line_measures_and_saves_what_it_measured(discstack: Any, tmp_path: Path) -> None:
    words = ("--size", "8MiB", "--repeat", "2", "--csv", "samples.csv", "--graph", "all.html")
    done = discstack("bench", SLOW, "--write", "--transfer", "32KiB", "--transfer", "64KiB", *words)
    assert done.code == 0, done.err
    assert "DVD+R, write, 8.4 MB x 2" in done.out
    rows = [line.split() for line in done.out.splitlines() if " KiB " in line and "fastest" in line and ":" not in line]
    assert [row[:2] for row in rows[:2]] == [["32", "KiB"], ["64", "KiB"]]
    with open(tmp_path / "samples.csv", encoding="utf-8", newline="") as file:
        samples = list(csv.DictReader(file))
    assert {row["trial"] for row in samples} == {"1", "2", "3", "4"}
    assert sum(int(row["transferred"]) for row in samples) == 4 * (8 << 20)
    assert b"plotly" in (tmp_path / "all.html").read_bytes()
    read = discstack("bench", SLOW, "--json", "--size", "1MiB", "--repeat", "1")
    assert read.code == 0, read.err
    assert read.json["kind"] == "read"
    assert read.json["trials"][0]["size"] == 1 << 20
    assert ds.Curve.from_json(read.json["trials"][0]["curve"]).transferred == 1 << 20


def test_nothing_is_written_without_being_asked_for(discstack: Any) -> None:
    done = discstack("bench", SLOW)
    assert done.code == 5
    assert "there is nothing to read, no test writing" in done.err
    assert discstack("bench", SLOW, "--erase").code == 2
    assert discstack("bench", SLOW, "--simulate").code == 5
    assert discstack("bench", SLOW, "--write", "--start", "5").code == 2
    assert discstack("bench", SLOW, "--size", "many").code == 2
    assert discstack("info", SLOW, "--json").json["medium"]["blank"]


def test_a_ring_is_refused_where_the_disc_is_read(discstack: Any) -> None:
    drive = "virtual:dvd+r?file=disc.img"
    with ds.open(drive) as recorder:
        ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(64))
    refused = discstack("bench", drive, "--ring", "2MiB", "--ring", "16MiB")
    assert refused.code == 2
    assert "--ring is about writing; what is read goes through no ring" in refused.err


def test_a_trial_that_fails_is_an_error_and_what_was_measured_is_told(discstack: Any) -> None:
    done = discstack("bench", SLOW + "&fault=medium-error:3500-3515", "--write", "--size", "2MiB", "--json")
    assert done.code == 4
    assert '"kind": "write"' in done.out


@pytest.mark.parametrize("words", [("--csv", "/no/such/folder/samples.csv"), ("--graph", "/no/such/folder/all.html")])
def test_a_file_that_cannot_be_written_is_known_before_anything_is(discstack: Any, words: tuple[str, str]) -> None:
    done = discstack("bench", SLOW, "--write", "--size", "1MiB", "--repeat", "1", *words)
    assert done.code != 0
    assert str(Path("/no/such/folder")) in done.err
    assert discstack("info", SLOW, "--json").json["medium"]["blank"]


def test_a_benchmark_that_is_refused_leaves_no_files_and_older_ones_as_they_were(discstack: Any) -> None:
    Path("older.csv").write_text("older")
    words = ("bench", "virtual:bd-r", "--write", "--size", "100GB")
    for names in (("new.csv", "new.html"), ("older.csv", "new.svg"), ("new.csv", "/no/such/folder/all.html")):
        assert discstack(*words, "--csv", names[0], "--graph", names[1]).code != 0
    assert not [*Path().glob("new.*")]
    assert Path("older.csv").read_text() == "older"


def test_a_graph_of_several_trials_is_refused_where_one_fits(discstack: Any) -> None:
    done = discstack("bench", SLOW, "--write", "--size", "1MiB", "--graph", "all.json")
    assert done.code == 2
    assert "holds one curve" in done.err
    assert discstack("info", SLOW, "--json").json["medium"]["blank"]


@pytest.mark.linux("/dev/full")
def test_what_was_measured_is_told_where_it_cannot_be_saved(discstack: Any) -> None:
    done = discstack("bench", SLOW, "--write", "--size", "1MiB", "--repeat", "1", "--json", "--csv", "/dev/full")
    assert done.code != 0
    assert '"kind": "write"' in done.out
    assert "No space left" in done.err


@pytest.mark.linux("/dev/full")
def test_the_error_of_the_drive_is_told_where_nothing_can_be_saved_either(discstack: Any) -> None:
    words = ("--write", "--size", "2MiB", "--csv", "/dev/full")
    done = discstack("bench", SLOW + "&fault=medium-error:3500-3515", *words)
    assert done.code == 4
    assert "WRITE ERROR" in done.err
    assert "No space left" in done.err


def test_a_drive_that_cannot_be_slowed_says_so_as_it_reads() -> None:
    seen: list[Event] = []
    with ds.open(
        "virtual:dvd+r?capacity=65536&fault=opcode=BB,sense=5/20/00,times=0;opcode=B6,sense=5/20/00,times=0"
    ) as recorder:
        ds.DataWriter(recorder, verify=ds.VerifyLevel.NONE).write(Pattern(512))
        settings = (Setting(speed=1385),)
        Benchmark(recorder, BenchmarkKind.READ, settings=settings, repeat=1).run(on_event=seen.append)
    assert any("reads at its own speed" in event.message for event in seen if isinstance(event, Notice))
    assert Phase.VERIFYING not in [event.phase for event in seen if isinstance(event, PhaseStarted)]
