"""The curve of a job: what a burn's events add up to, saved and loaded."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.cli.curve import reserving
from discstack.curve import Curve, MarkKind
from discstack.events import Notice, PhaseStarted, Writing
from discstack.native import Priority
from discstack.native.histogram import BUCKETS

SLOW = "virtual:dvd+r?capacity=8192&speed=2.4"  # with events enough, on a virtual clock


class Zeros:
    def __init__(self, sectors: int) -> None:
        self.sectors = sectors

    def readinto(self, buffer: memoryview) -> int:
        return len(buffer)


def writing(**fields: Any) -> Writing:
    latencies = [0] * BUCKETS
    for bucket, number in fields.pop("latencies", {}).items():
        latencies[bucket] = number
    usual: dict[str, Any] = {
        "elapsed": 0.0,
        "run": 0,
        "lba": 0,
        "sectors": 0,
        "total_sectors": 1000,
        "sector_size": 2048,
        "speed": 0.0,
        "average_speed": 0.0,
        "remaining": None,
        "ring_fill": 0,
        "ring_size": 1 << 20,
        "ring_low": 0,
        "drive_fill": 0,
        "drive_buffer": 0,
        "transfer": 65536,
        "commands": 0,
        "stalls": 0,
        "stall_time": 0.0,
        "busy": 0,
        "busy_time": 0.0,
        "latency_max": 0.0,
        "priority": Priority.NORMAL,
        "current_file": None,
    }
    return Writing(**{**usual, **fields}, latencies=tuple(latencies))


def burn(recorder: discstack.Recorder, sectors: int = 8000) -> tuple[discstack.Curve, discstack.BurnResult]:
    collect = discstack.CurveRecorder("a burn", facts={"medium": "DVD+R"})
    writer = discstack.DataWriter(recorder, verify=discstack.VerifyLevel.NONE)
    result = writer.write(Zeros(sectors), on_event=collect)
    return collect.curve(), result


def test_a_curve_adds_up_to_what_the_burn_counted() -> None:
    with discstack.open(SLOW) as recorder:
        curve, result = burn(recorder)
    counters = result.counters
    assert len(curve.samples) > 10
    assert curve.transferred == 8000 * 2048
    assert (curve.commands, curve.stalls, curve.busy) == (counters.commands, counters.stalls, counters.busy)
    assert curve.latencies == counters.latencies
    assert curve.latency(0.99) == counters.latency(0.99)
    assert curve.samples[-1].latency_max == counters.latency_max
    assert [sample.lba for sample in curve.samples] == sorted(sample.lba for sample in curve.samples)
    assert curve.samples[-1].lba == 8000
    assert curve.facts == {"medium": "DVD+R", "transfer": 65536, "priority": "normal"}
    words = [mark.text for mark in curve.marks if mark.kind is discstack.MarkKind.PHASE]
    assert words == ["validating", "calibrating", "buffering", "writing", "finalising", "done"]


def test_a_sample_counts_from_the_one_before_it() -> None:
    collect = discstack.CurveRecorder("by hand")
    collect(writing(elapsed=1.0, sectors=32, commands=1, busy=2, busy_time=0.5, latencies={3: 1}, latency_max=1e-5))
    collect(writing(elapsed=2.0, sectors=96, commands=3, busy=2, busy_time=0.5, stalls=1, latencies={3: 2, 7: 1}))
    first, second = collect.curve().samples
    assert (first.transferred, first.commands, first.busy, first.busy_time, first.latencies) == (
        65536,
        1,
        2,
        0.5,
        ((3, 1),),
    )
    assert (second.transferred, second.commands, second.busy, second.stalls) == (131072, 2, 0, 1)
    assert second.latencies == ((3, 1), (7, 1))
    assert second.latency_max == 1e-5


def test_a_new_run_counts_from_nothing() -> None:
    collect = discstack.CurveRecorder("by hand")
    collect(writing(sectors=500, commands=20, stalls=3, latencies={5: 20}))
    collect(writing(run=1, sectors=32, commands=1, latencies={5: 1}))
    assert [(sample.transferred, sample.commands, sample.stalls) for sample in collect.curve().samples] == [
        (500 * 2048, 20, 3),
        (32 * 2048, 1, 0),
    ]


def test_marks_tell_when_something_happened_and_events_go_on() -> None:
    seen: list[discstack.Event] = []
    collect = discstack.CurveRecorder("by hand", then=seen.append)
    events = [PhaseStarted(elapsed=0.5, phase=discstack.Phase.WRITING), Notice(elapsed=2.0, message="slow")]
    for event in events:
        collect(event)
    collect.failed(ValueError())
    assert [(mark.elapsed, mark.kind.value, mark.text) for mark in collect.curve().marks] == [
        (0.5, "phase", "writing"),
        (2.0, "notice", "slow"),
        (2.0, "error", "ValueError"),
    ]
    assert seen == events


def test_a_saved_curve_is_loaded_as_it_was(tmp_path: Path) -> None:
    with discstack.open(SLOW) as recorder:
        curve, _ = burn(recorder, 2000)
    curve.save(tmp_path / "curve.json")
    assert discstack.Curve.load(tmp_path / "curve.json") == curve
    data = json.loads((tmp_path / "curve.json").read_text())
    assert len(data["latency_bounds"]) == BUCKETS - 1
    assert [len(row) for row in data["samples"]] == [len(data["columns"])] * len(curve.samples)


@pytest.mark.parametrize(
    "data", [{}, {"format": "discstack curve", "version": 2, "columns": [], "samples": []}, [], "curve", None]
)
def test_what_is_no_curve_is_refused(data: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no discstack curve of version 1"):
        discstack.Curve.from_json(data)
    (tmp_path / "x.json").write_bytes(b"\xff{")
    with pytest.raises(ValueError, match="no discstack curve: "):
        discstack.Curve.load(tmp_path / "x.json")


@pytest.mark.parametrize(
    "change", [{"samples": 3}, {"samples": [[1]]}, {"marks": [{}]}, {"marks": [{"kind": "?"}]}, {"samples": [None]}]
)
def test_a_curve_that_was_damaged_is_refused(change: dict[str, Any]) -> None:
    whole = json.loads(json.dumps(discstack.CurveRecorder("nothing").curve().to_json()))
    assert not discstack.Curve.from_json(whole).samples
    with pytest.raises(ValueError, match="is damaged"):
        discstack.Curve.from_json({**whole, **change})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("elapsed", "x"),
        ("lba", None),
        ("lba", 1.5),
        ("speed", [1]),
        ("file", 7),
        ("latencies", [["a", 1]]),
        ("latencies", [[1]]),
        ("latencies", [[BUCKETS, 1]]),
        ("latencies", [[-1, 1]]),
        ("latencies", [[1, "x"]]),
        ("latencies", 3),
        ("title", 7),
        ("facts", 3),
        ("text", None),
        ("elapsed of a mark", "x"),
    ],
)
def test_a_number_that_was_damaged_is_found_before_anything_is_drawn(field: str, value: Any) -> None:
    collect = discstack.CurveRecorder("by hand")
    collect(PhaseStarted(elapsed=0.5, phase=discstack.Phase.WRITING))
    collect(writing(elapsed=1.0, sectors=32, commands=1, latencies={3: 1}))
    whole = json.loads(json.dumps(collect.curve().to_json()))
    assert Curve.from_json(whole) == collect.curve()
    if field in whole:
        whole[field] = value
    elif field in whole["columns"]:
        whole["samples"][0][whole["columns"].index(field)] = value
    else:
        whole["marks"][0][field.split()[0]] = value
    with pytest.raises(ValueError, match="is damaged"):
        Curve.from_json(whole)


def test_an_empty_curve_has_no_latency() -> None:
    curve = discstack.CurveRecorder("nothing").curve()
    assert (curve.transferred, curve.latency(0.5), curve.samples) == (0, 0.0, ())


def test_two_runs_of_one_job_are_told_apart() -> None:
    """The new data of a grown volume, and then its descriptors."""
    events: list[discstack.Event] = []
    with discstack.open("virtual:dvd+rw?capacity=8192") as recorder:
        for name in ("first", "second"):
            image = discstack.FileSystemImage()
            if name == "second":
                image.import_file_system(recorder)
            image.root.create_file(name, b"x" * 100_000)
            image.choose_defaults(recorder)
            events.clear()
            discstack.DataWriter(recorder).write(image.create_result(), on_event=events.append)
    flow = [event for event in events if isinstance(event, Writing)]
    assert {event.run for event in flow} == {0, 1}
    assert all(event.average_speed >= 0 for event in flow)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_bytes(bytes(3_000_000))
    return tmp_path / "tree"


def test_burn_saves_its_curve(discstack: Any, tree: Path) -> None:
    done = discstack("burn", "tree", "-d", SLOW, "--json", "--curve", "curve.json")
    assert done.code == 0, done.err
    curve = Curve.load("curve.json")
    assert curve.facts["medium"] == "DVD+R"
    counters = done.json["counters"]
    assert curve.commands == counters["commands"] == sum(row["commands"] for row in counters["latencies"])
    assert counters["latency_p50"] <= counters["latency_p99"] <= counters["latency_max"]


def test_the_curve_of_a_burn_that_fails_is_saved_too(discstack: Any, tree: Path) -> None:
    done = discstack("burn", "tree", "-d", SLOW + "&fault=medium-error:640-655", "--curve", "curve.json")
    assert done.code != 0
    curve = Curve.load("curve.json")
    assert curve.marks[-1].kind is MarkKind.ERROR
    assert 0 < curve.transferred < 3_000_000


def test_a_burn_that_is_refused_leaves_no_curve_and_an_older_one_as_it_was(discstack: Any, tree: Path) -> None:
    drive = "virtual:dvd+r?file=disc"
    assert discstack("burn", "tree", "-d", drive, "--curve", "older.json").code == 0
    older = Path("older.json").read_bytes()
    for name in ("new.json", "new.html", "new.svg", "older.json"):
        assert discstack("burn", "tree", "-d", drive, "--curve", name).code != 0
    assert not [*Path().glob("new.*")]
    assert Path("older.json").read_bytes() == older


def test_the_error_of_the_drive_is_told_where_its_curve_cannot_be_drawn(
    discstack: Any, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(curve: Curve, path: Path) -> None:
        raise ValueError("no such letter")

    monkeypatch.setattr(Curve, "save", broken)
    done = discstack("burn", "tree", "-d", SLOW + "&fault=medium-error:640-655", "--curve", "curve.json")
    assert done.code == 4
    assert "WRITE ERROR" in done.err
    assert "the curve is not saved: no such letter" in done.err


def test_a_curve_that_cannot_be_saved_is_known_before_the_burn(discstack: Any, tree: Path) -> None:
    done = discstack("burn", "tree", "-d", "virtual:dvd+r?file=disc", "--curve", "/no/such/folder/curve")
    assert done.code != 0
    assert "/no/such/folder" in done.err
    assert discstack("info", "virtual:dvd+r?file=disc", "--json").json["medium"]["blank"]


def test_a_burn_is_told_of_where_its_curve_cannot_be_saved_in_the_end(
    discstack: Any, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(curve: Curve, path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Curve, "save", full)
    done = discstack("burn", "tree", "-d", SLOW, "--json", "--curve", "curve.json")
    assert done.code != 0
    assert "No space left" in done.err
    assert '"verified": true' in done.out


@pytest.mark.linux("symbolic links")
def test_what_is_taken_back_is_the_file_that_a_link_leads_to_not_the_link(tmp_path: Path) -> None:
    link, file = tmp_path / "link.json", tmp_path / "file.json"
    link.symlink_to(file)
    with reserving([str(link)], lambda: False):
        assert file.exists()
    assert (link.is_symlink(), file.exists()) == (True, False)
