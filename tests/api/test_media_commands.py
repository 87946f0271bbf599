"""Formatting, closing and repairing from the command line, and burns that choose among a disc's ways."""

from __future__ import annotations

import re
import wave
from pathlib import Path
from typing import Any

import pytest

import discstack as ds


def test_a_disc_is_formatted_written_over_and_shown(discstack: Any, folder: Path) -> None:
    drive = "virtual:bd-r?file=disc&capacity=65536"
    listed = discstack("format", drive, "--list")
    assert "32h with spare areas" in listed.out
    assert discstack("format", drive, "--pow", "--json").json["medium"]["name"] == "BD-R (pseudo-overwrite)"
    assert discstack("burn", str(folder), "-d", drive, "--streaming").code == 0
    refused = discstack("burn", str(folder), "-d", drive)
    assert refused.code == 5
    assert "nobody said that it may be overwritten" in refused.err
    assert discstack("burn", str(folder), "-d", drive, "--erase").code == 0
    assert "can still be written" in discstack("info", drive).out


@pytest.mark.parametrize(
    ("medium", "before", "advice"),
    [
        ("dvd+r", (), "--append keeps that and adds files or folders"),
        ("dvd+rw", (), "--append keeps that and adds files or folders; --erase lets it be lost"),
        ("dvd-rw", ("--close",), "--erase lets it be lost"),
        ("bd-r", ("--close",), None),
    ],
)
def test_what_permits_a_burn_over_data_is_said_where_there_is_something(
    discstack: Any, folder: Path, medium: str, before: tuple[str, ...], advice: str | None
) -> None:
    drive = f"virtual:{medium}?file=disc&capacity=30080"
    assert discstack("burn", str(folder), *before, "--verify", "none", "-d", drive).code == 0
    image = ds.FileSystemImage()
    image.root.create_file("x", b"x")
    image.create_result().write_to("x.iso")
    for source in ("x.iso", str(folder)):
        refused = discstack("burn", source, "-d", drive)
        assert refused.code == 5
        assert [line.strip() for line in refused.err.splitlines() if "--append" in line or "--erase" in line] == (
            [advice] if advice else []
        )


def test_a_test_write_is_told_to_erase_before_it(discstack: Any, folder: Path) -> None:
    drive = "virtual:dvd-rw?file=disc&capacity=30080"
    assert discstack("burn", str(folder), "--close", "--verify", "none", "-d", drive).code == 0
    for words in ((), ("--erase",)):
        refused = discstack("burn", str(folder), "--simulate", *words, "-d", drive)
        assert refused.code == 5
        notes = [line.strip() for line in refused.err.splitlines() if "erase " in line or "--erase" in line]
        assert notes[-1] == "discstack erase makes room before a test"
        assert "--erase" not in refused.err
    assert discstack("erase", drive).code == 0
    assert discstack("burn", str(folder), "--simulate", "-d", drive).code == 0


def test_a_disc_with_an_open_session_is_closed_before_anything_is_added(discstack: Any, folder: Path) -> None:
    drive = "virtual:cd-r?file=disc"
    assert discstack("burn", str(folder), "--mode", "packets", "--leave-open", "-d", drive).code == 0
    assert "--append" in discstack("burn", str(folder), "-d", drive).err  # to its track
    assert "track closed" in discstack("close", "--track", drive).out
    refused = discstack("burn", str(folder), "-d", drive)
    assert refused.code == 5
    assert "its session is open: close it first" in refused.err
    assert "discstack close closes the session, then --append" in refused.err
    assert "discstack close" in discstack("burn", str(folder), "--append", "-d", drive).err
    assert "session closed" in discstack("close", drive).out
    assert discstack("burn", str(folder), "--append", "-d", drive).code == 0


def test_an_open_session_is_closed_before_one_of_audio(discstack: Any, folder: Path) -> None:
    drive = "virtual:cd-r?file=disc"
    assert discstack("burn", str(folder), "--mode", "packets", "--leave-open", "-d", drive).code == 0
    assert discstack("close", "--track", drive).code == 0
    with wave.open("tone.wav", "wb") as tone:
        tone.setparams((2, 2, 44100, 0, "NONE", ""))
        tone.writeframes(bytes(300 * 2352))
    refused = discstack("audio", "tone.wav", "-d", drive)
    assert (refused.code, "close it first, then another one can follow" in refused.err) == (5, True)


def test_a_disc_is_closed_step_by_step(discstack: Any, folder: Path) -> None:
    drive = "virtual:dvd+r-dl?file=disc"
    burnt = discstack("burn", str(folder), "-d", drive, "--layer-break", "80000", "--verify-speed", "4x", "--json").json
    assert burnt["layer_break"] == 80000
    nothing = discstack("close", drive)
    assert nothing.code == 5
    assert "nothing to close" in nothing.err
    assert "what can be done with it: append, close disc" in nothing.err
    assert "finalized" in discstack("close", drive, "--disc").out
    assert discstack("repair", drive).code == 5


def test_a_disc_is_written_at_once(discstack: Any, folder: Path) -> None:
    burnt = discstack("burn", str(folder), "-d", "virtual:dvd-rw?file=disc", "--mode", "at-once", "--json").json
    assert (burnt["mode"], burnt["medium"]["state"]) == ("disc at once", "finalized")
    refused = discstack("burn", str(folder), "-d", "virtual:dvd+r", "--mode", "at-once")
    assert refused.code == 5
    assert "nothing was written" in refused.err


@pytest.mark.parametrize(
    "words",
    [
        ["--type", "zz"],
        ["--type", "40"],
        ["--type", "30.4"],
        ["--blocks", "32"],
        ["--type", "30", "--full"],
        ["--spare", "many"],
        ["--list", "--full"],
        ["--list", "--spare", "none"],
        ["--list", "--type", "31"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(discstack: Any, words: list[str]) -> None:
    assert discstack("format", "virtual:bd-re", *words).code == 2


def test_a_type_is_chosen_by_its_number(discstack: Any) -> None:
    done = discstack("format", "virtual:bd-re", "--type", "31", "--json")
    assert done.json["medium"]["capacity_blocks"] == 12219392


def test_info_tells_what_structures_mean_besides_their_fields(discstack: Any) -> None:
    found = discstack("info", "virtual:bd-r", "--all", "--json").json
    units = found["disc"]["answers"]["BD structures"]["00h"]["units"]
    assert [(unit["blocks"], unit["media_id"]) for unit in units] == [(12219392, "DISCST/001")]
    assert found["drive"]["answers"]["region"]["regions"] == []
    firmware = found["features"]["answers"]["configuration"]["features"][-1]
    assert firmware["created"] == "2025-01-01 00:00:00"
    shown = discstack("info", "virtual:dvd+r-dl", "--disc").out
    assert "layer 0 blocks" in shown
    assert "media id                                      DISCSTAC/001" in shown


def test_a_disc_in_a_file_is_described_and_copied_without_a_drive(discstack: Any, folder: Path) -> None:
    assert discstack("burn", str(folder), "-d", "virtual:dvd+r?file=disc").code == 0
    shown = discstack("emulate", "--describe", "disc").out
    assert "dvd+r" in shown
    assert "appendable" in shown
    (copied,) = discstack("emulate", "--copy", "disc", "other", "--json").json
    assert (copied["path"], copied["medium"], copied["state"]) == ("other", "dvd+r", "appendable")
    assert discstack("close", "virtual:dvd+r?file=other", "--disc").code == 0
    both = discstack("emulate", "--describe", "disc", "other", "--json").json
    assert [disc["state"] for disc in both] == ["appendable", "finalized"]
    assert both[0]["serial"] != both[1]["serial"]


@pytest.mark.parametrize(
    "words",
    [
        ["--copy", "disc"],
        ["--copy", "--describe", "disc"],
        ["--describe", "--attach", "disc"],
        ["--describe", "disc", "--trace", "log"],
    ],
)
def test_discs_in_files_are_not_described_and_copied_and_attached_at_once(discstack: Any, words: list[str]) -> None:
    assert discstack("emulate", *words).code == 2


def test_what_is_no_disc_is_not_described(discstack: Any, folder: Path) -> None:
    refused = discstack("emulate", "--describe", "nothing")
    assert refused.code != 0
    assert "is no virtual disc" in refused.err


def test_a_cd_may_be_overburnt(discstack: Any, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"x" * 700_000)
    drive = "virtual:cd-r?file=disc&capacity=500"
    assert discstack("burn", "data", "-d", drive).code != 0
    done = discstack("burn", "data", "-d", drive, "--overburn", "--close", "--json")
    assert (done.code, done.json["mode"]) == (0, "disc at once")
    assert any("more than the disc says that it holds" in notice for notice in done.json["notices"])


@pytest.mark.parametrize("mode", ["packets", "variable-packets"])
def test_a_cd_is_written_in_packets(discstack: Any, tmp_path: Path, mode: str) -> None:
    (tmp_path / "data").write_bytes(b"x" * 700_000)
    drive = "virtual:cd-r?file=disc&capacity=20000"
    assert discstack("burn", "data", "-d", drive, "--mode", mode).code == 0
    (tmp_path / "more").write_bytes(b"y" * 700_000)
    assert discstack("burn", "more", "-d", drive, "--append", "--mode", mode, "--close").code == 0
    assert discstack("ls", drive).out.split() == ["/data", "/more"]


def test_an_old_drive_is_described_and_refused(discstack: Any, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"x")
    drive = "virtual:cd-r?file=disc&personality=philips-cdd2600"
    assert discstack("info", drive).code == 0
    assert discstack("burn", "data", "-d", drive).code != 0
    old = "virtual:cd-r?file=other&personality=old-mitsumi"
    assert "CD-R" in discstack("info", old).out
    assert discstack("burn", "data", "-d", old).code == 0


@pytest.mark.parametrize(
    ("medium", "words", "set_to"),
    [
        ("dvd+r", ("verify", "--speed", "4x"), ["0x15a4", "0xffff"]),
        ("dvd+r", ("verify",), []),
        ("bd-re", ("verify",), ["0x463e", "0xffff"]),
        ("bd-re", ("verify", "--speed", "max"), ["0xffff", "0xffff"]),
        ("bd-r", ("read", "-o", "copy", "--speed", "17982kB/s"), ["0x463e", "0xffff"]),
    ],
)
def test_a_disc_is_read_no_faster_than_asked(
    discstack: Any, folder: Path, tmp_path: Path, medium: str, words: tuple[str, ...], set_to: list[str]
) -> None:
    drive = f"virtual:{medium}?file=disc"
    assert discstack("burn", str(folder), "-d", drive, "--verify", "none").code == 0
    assert discstack(words[0], drive, *words[1:], "--trace", "trace").code == 0
    trace = (tmp_path / "trace").read_text()
    assert re.findall(r"SET CD SPEED logical_unit_read_speed=(\w+)", trace) == set_to


def test_drives_have_serial_numbers_of_their_own_that_stay(discstack: Any) -> None:
    def serial(drive: str) -> str:
        found = discstack("info", drive, "--all", "--json").json["drive"]["answers"]["serial number"]
        return str(found["product_serial_number"])

    first, second = serial("virtual:dvd+r?file=one"), serial("virtual:dvd+r?file=two")
    assert first != second
    assert serial("virtual:dvd+r?file=one") == first
    assert serial("virtual:dvd+r?file=one&serial=K4711") == "K4711"


def test_commands_that_take_no_time_on_a_virtual_clock_are_said_to(discstack: Any, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"1")
    burnt = discstack("burn", "small", "-d", "virtual:dvd+r").out
    assert "none of which took any time on the drive's clock" in burnt
    assert "0 us" not in burnt


@pytest.mark.parametrize("medium", ["dvd-rw", "dvd+rw", "dvd-ram", "bd-re"])
@pytest.mark.parametrize("views", [(), ("--udf-only",), ("--udf-only", "--udf=2.50")])
def test_what_can_be_written_over_is_read_to_where_its_volume_ends(
    discstack: Any, folder: Path, tmp_path: Path, medium: str, views: tuple[str, ...]
) -> None:
    drive = f"virtual:{medium}?file=disc"
    if medium == "dvd-rw":
        assert discstack("format", drive).code == 0
    assert discstack("image", str(folder), "-o", "image", *views).code == 0
    assert discstack("burn", "image", "-d", drive).code == 0
    assert discstack("read", drive, "-o", "copy").code == 0
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "image").read_bytes()
    assert discstack("verify", drive).code == 0


def test_a_disc_without_a_volume_is_read_to_where_it_is_formatted_to(discstack: Any, tmp_path: Path) -> None:
    drive = "virtual:dvd-rw?file=disc"
    data = bytes(range(256)) * 8 * 32
    (tmp_path / "data").write_bytes(data)
    assert discstack("format", drive).code == 0
    with ds.open(drive) as recorder:
        ds.DataWriter(recorder).write(ds.ImageFile("data"))
    assert discstack("read", drive, "-o", "copy").code == 0
    assert (tmp_path / "copy").read_bytes() == data


@pytest.mark.parametrize("medium", ["dvd-rw", "dvd+rw", "dvd-ram", "bd-re"])
def test_a_volume_of_udf_alone_grows_on_a_disc(discstack: Any, folder: Path, tmp_path: Path, medium: str) -> None:
    drive = f"virtual:{medium}?file=disc"
    (tmp_path / "more").write_bytes(b"more" * 5000)
    if medium == "dvd-rw":
        assert discstack("format", drive).code == 0
    assert discstack("burn", str(folder), "-d", drive, "--udf-only").code == 0
    grown = discstack("burn", "more", "-d", drive, "--udf-only", "--append")
    assert grown.code == 0, grown.err
    assert discstack("verify", drive, "--tree", str(folder), "--tree", "more").code == 0
    assert discstack("verify", drive).code == 0


def test_what_a_drive_does_not_know_is_named_on_one_line_and_explained_in_json(discstack: Any) -> None:
    said = discstack("info", "virtual:dvd+r", "--all").out
    (line,) = [line for line in said.splitlines() if "CD-TEXT" in line]
    assert line.startswith("not known to the drive, or not with this medium: ")
    assert line.endswith("BD structures")
    assert "no answer" not in said
    refusals = discstack("info", "virtual:dvd+r", "--all", "--json").json["disc"]["refusals"]
    assert "5/24/00" in refusals["CD-TEXT"]


def test_info_spells_the_times_of_a_cd(discstack: Any) -> None:
    drive = "virtual:cd-r?file=disc"
    Path("track.bin").write_bytes(bytes(2352 * 300))
    Path("album.cue").write_text('FILE "track.bin" BINARY\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n')
    assert discstack("audio", "album.cue", "-d", drive).code == 0
    words = " ".join(discstack("info", drive, "--all").out.split())
    assert "lead in 97:26:66 last lead out 79:59:74" in words  # where this disc's pre-groove has them
    assert "point 162, psec 6, time 00:00:00, p time 00:06:00" in words  # the lead-out, after 300 sectors and the gap
    found = discstack("info", drive, "--all", "--json").json["disc"]["answers"]
    assert found["absolute time in pre-groove"]["lead_in"] == "97:26:66"


def test_an_answer_that_is_lacking_for_another_reason_is_told_with_it(discstack: Any) -> None:
    said = discstack("info", "virtual:dvd+r?fault=opcode%3D25,sense%3D3/11/00,times%3D0", "--disc").out
    assert "capacity: no answer: READ CAPACITY" in said


def test_a_track_that_a_broken_job_left_is_shown_as_far_as_it_is_written(discstack: Any) -> None:
    Path("data").write_bytes(bytes(16 * 2048))
    assert discstack("raw", "virtual:dvd+r?file=disc", "2a 00 00000000 00 0010 00", "--out", "data").code == 0
    shown = discstack("info", "virtual:dvd+r?file=disc").out
    assert "1: 0-15, open" in shown
    assert "close track" in shown
    assert discstack("close", "virtual:dvd+r?file=disc", "--track").code == 0
    shown = discstack("info", "virtual:dvd+r?file=disc").out
    assert "1: 0-15\n" in shown
    assert "close track" not in shown


def test_run_out_is_no_damage_for_a_drive_that_only_reads(discstack: Any, folder: Path) -> None:
    """Such drives take every CD for a pressed one."""
    assert discstack("burn", str(folder), "-d", "virtual:cd-r?file=cd.img", "--close").code == 0
    reader = "virtual:cd-r?file=cd.img&fault=profile:0008"
    read = discstack("read", reader, "-o", "cd.iso", "--json")
    last = read.json["sectors"]
    assert (read.code, read.json["left_out"]) == (0, [f"{last}-{last + 1}"])
    assert discstack("verify", reader).code == 0
    assert discstack("verify", reader, "cd.iso").code == 0
    with ds.open(reader) as recorder:
        medium = ds.read_volume(recorder).medium
        end = bytearray(4 * 2048)
        medium.read_at(medium.sectors - 4, end)
    assert end[-2 * 2048 :] == bytes(2 * 2048)


def test_a_gap_between_sessions_that_a_drive_does_not_know_of_can_be_skipped(discstack: Any, folder: Path) -> None:
    for more in ((), ("--append",)):
        assert discstack("burn", str(folder), "-d", "virtual:dvd+r?file=disc", "--verify", "none", *more).code == 0
    reader = "virtual:dvd+r?file=disc&fault=profile:0010"
    stopped = discstack("read", reader, "-o", "image")
    assert stopped.code == 4
    assert "--skip-bad writes zeros for what cannot be read" in stopped.err
    assert discstack("read", reader, "-o", "image", "--skip-bad").code == 4
    assert discstack("ls", "image").out == discstack("ls", reader).out


def test_a_cd_without_a_table_of_contents_is_verified_as_far_as_it_is_written(discstack: Any, folder: Path) -> None:
    drive = "virtual:cd-r?file=cd.img"
    assert discstack("burn", str(folder), "-d", drive, "--mode", "packets", "--leave-open").code == 0
    assert discstack("verify", drive).code == 0


def test_what_is_left_out_behind_a_track_is_told_and_nothing_else_is_left_out(discstack: Any, folder: Path) -> None:
    """In the midst of a track, sectors that cannot be read were taken for its run-out and called read."""
    drive = "virtual:cd-r?file=disc"
    assert discstack("burn", str(folder), "--verify", "none", "-d", drive).code == 0
    whole = discstack("read", drive, "-o", "whole", "--json").json
    count = whole["sectors"]
    assert whole["left_out"] == [f"{count}-{count + 1}"]
    assert Path("whole").stat().st_size == count * 2048
    assert f"whole: sectors 0-{count - 1}, " in discstack("read", drive, "-o", "whole").err
    assert discstack("verify", drive, "--json").json["sectors"] == count
    assert discstack("read", drive, "-o", "none", "--start", str(count)).code == 5
    part = discstack("read", f"{drive}&fault=medium-error:3-4", "-o", "part", "--sectors", "5", "--skip-bad", "--json")
    assert (part.code, part.json["sectors"], part.json["skipped"], part.json["left_out"]) == (4, 5, ["3-4"], [])
    assert Path("part").read_bytes()[: 3 * 2048] == Path("whole").read_bytes()[: 3 * 2048]
    assert discstack("read", f"{drive}&fault=medium-error:3-4", "-o", "part", "--sectors", "5").code == 4


def test_a_range_that_begins_or_ends_between_two_sessions_is_as_long_as_was_asked_for(
    discstack: Any, folder: Path
) -> None:
    drive = "virtual:dvd+r?file=disc"
    assert discstack("burn", str(folder), "--verify", "none", "-d", drive).code == 0
    assert discstack("burn", str(folder), "--verify", "none", "--append", "-d", drive).code == 0
    with ds.open(drive) as recorder:
        first, second, *_ = recorder.medium().tracks
    for start, sectors in ((first.end - 2, 4), (second.start - 2, 20), (first.end + 1, 3)):
        words = ("--start", str(start), "--sectors", str(sectors))
        assert discstack("read", drive, "-o", "part", *words, "--json").json["sectors"] == sectors
        assert Path("part").read_bytes() == Path("disc").read_bytes()[start * 2048 : (start + sectors) * 2048]
