"""Traces on the command line: recorded, looked at, played again; and what is saved when a drive fails."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import discstack as package
from discstack.address import VirtualAddress
from discstack.cli import main
from discstack.emulator.faults import Fault
from discstack.transport.record.replay import read_recording

Discstack = Callable[..., Any]


@pytest.mark.parametrize(
    ("medium", "trace"), [("cd-r", "burn.trace"), ("dvd+r", "burn.pcapng"), ("bd-re", "burn.trace")]
)
def test_a_burn_is_recorded_and_played_again(discstack: Discstack, folder: Path, medium: str, trace: str) -> None:
    burnt = discstack("burn", "folder", "-d", f"virtual:{medium}", "--trace", trace, "--json")
    assert burnt.code == 0, burnt.err
    played = discstack("burn", "folder", "-d", f"replay:{trace}", "--json")
    assert played.code == 0, played.err
    assert played.json["medium"] == burnt.json["medium"]
    assert played.json["verified_sectors"] == burnt.json["sectors"]


@pytest.mark.linux("symbolic links")
@pytest.mark.parametrize(
    ("words", "record"),
    [
        ("burn folder", "folder/deep.png"),
        ("burn link", "folder/deep.png"),
        ("burn --graft-points at=folder", "folder/deep.png"),
        ("burn folder/deep.png", "hard.png"),
        ("burn image.png", "image.png"),
        ("audio folder/deep.png", "folder/deep.png"),
    ],
)
@pytest.mark.parametrize("option", ["--trace", "--curve"])
def test_what_is_recorded_takes_no_source_s_place(
    discstack: Discstack, folder: Path, words: str, record: str, option: str
) -> None:
    assert discstack("image", "folder", "-o", "image.png").code == 0
    (folder / "deep.png").write_bytes(b"a picture")
    Path("hard.png").hardlink_to(folder / "deep.png")
    Path("link").symlink_to("folder")
    before, status = Path(record).read_bytes(), Path(record).stat()
    refused = discstack(*words.split(), "-d", "virtual:dvd+r?file=disc", option, record)
    assert (refused.code, f"{record} is one of the sources" in refused.err) == (2, True)
    assert (Path(record).read_bytes(), Path(record).stat().st_mtime_ns) == (before, status.st_mtime_ns)


def test_a_burn_of_other_files_is_played_and_the_difference_told(
    discstack: Discstack, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert discstack("burn", "folder", "-d", "virtual:dvd+r", "--trace", "burn.trace", "--verify", "none").code == 0
    (folder / "big.bin").write_bytes(bytes((folder / "big.bin").stat().st_size))
    played = discstack("burn", "folder", "-d", "replay:burn.trace", "--verify", "none")
    assert played.code == 0, played.err
    assert "sends other data than was recorded" in caplog.text


@pytest.mark.parametrize("trace", ["burn.trace", "burn.pcapng"])
def test_a_burn_that_fails_is_recorded_and_fails_again_in_the_same_words(
    discstack: Discstack, folder: Path, trace: str
) -> None:
    drive = "virtual:dvd+r?fault=medium-error:320-330"
    burnt = discstack("burn", "folder", "-d", drive, "--trace", trace)
    played = discstack("burn", "folder", "-d", f"replay:{trace}")
    assert (burnt.code, played.code) == (4, 4)
    assert "WRITE (10) lba=0x140 transfer_length=0x20: MEDIUM ERROR 3/0C/00" in burnt.err
    assert played.err.startswith(burnt.err)  # and tells where its own last commands are


def test_what_was_not_asked_then_is_a_mismatch(discstack: Discstack, folder: Path) -> None:
    assert discstack("info", "virtual:dvd+r", "--trace", "info.trace").code == 0
    played = discstack("burn", "folder", "-d", "replay:info.trace")
    assert played.code == 3
    assert "recording" in played.err


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_shows_a_burn(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    assert discstack("burn", "folder", "-d", "virtual:dvd+r", "--trace", "burn.pcapng").code == 0
    words = ["tshark", "-r", str(tmp_path / "burn.pcapng"), "-V"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    for expected in ("Opcode: Write(10) (0x2a)", "Vendor Id: DISCSTAK", "Profile: DVD+R", "Opcode: Close Track (0x5b)"):
        assert expected in shown
    assert "Malformed" not in shown


def failing(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Let every virtual drive have a fault."""
    opened = VirtualAddress.open

    def broken(self: VirtualAddress, *, write: bool) -> Any:
        return opened(VirtualAddress(self.medium, {**self.options, "faults": [fault]}), write=write)

    monkeypatch.setattr(VirtualAddress, "open", broken)


def test_a_failing_burn_leaves_its_last_commands_and_they_show_the_failure_again(
    folder: Path, state_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, Fault(opcode=0x2A, lba=range(320, 321), sense=package.Sense(key=3, asc=0x0C, information=320)))
    for address in ("virtual:dvd+r?serial=SECRET", "replay:"):
        if address == "replay:":
            address += str(next(state_home.glob("*.trace")))
        with pytest.raises(SystemExit) as ended:
            main(["burn", str(folder), "-d", address.partition("?")[0]])
        assert ended.value.code == 4
        error = capsys.readouterr().err
        assert "WRITE (10) lba=0x140" in error
        assert "3/0C/00" in error
        assert "the last commands, serial numbers masked:" in error


def test_serial_numbers_are_in_no_file(
    folder: Path, state_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing(monkeypatch, Fault(opcode=0x54, sense=package.Sense(key=4, asc=0x44)))
    for words in (["--trace", str(tmp_path / "a.trace")], ["--trace", str(tmp_path / "a.pcapng")], []):
        with pytest.raises(SystemExit):
            main(["info", "virtual:dvd+r", "--all", *words])
        with pytest.raises(SystemExit):
            main(["burn", str(folder), "-d", "virtual:dvd+r", *words])
    files = [*state_home.glob("*.trace"), *tmp_path.glob("a.*")]
    assert len(files) == 3
    for path in files:
        assert b"DS0000000001" not in path.read_bytes()
        answers = b"".join(entry.payload.kept for entry in read_recording(path).entries)
        assert b"DS0000000001" not in answers


def test_what_a_user_can_mend_leaves_no_file(discstack: Discstack, folder: Path, state_home: Path) -> None:
    drive = "virtual:dvd+r?file=disc.img&capacity=4096"
    assert discstack("burn", "folder", "-d", drive, "--close").code == 0
    assert discstack("burn", "folder", "-d", drive).code == 5
    assert discstack("burn", "folder", "-d", "virtual:dvd+r?capacity=320").code in (5, 7)
    assert discstack("burn", "folder", "-d", "/dev/nowhere").code == 3
    assert not state_home.exists()


@pytest.mark.linux("a user without a home")
def test_a_user_without_a_home_hears_why_the_burn_failed(
    discstack: Discstack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    failed = discstack("burn", "folder", "-d", "virtual:dvd+r?fault=medium-error:0-500")
    assert failed.code == 4
    assert "MEDIUM ERROR" in failed.err
    assert "the last commands could not be saved: this user has no home" in failed.err


def test_old_files_make_room(state_home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Fault(opcode=0x54, sense=package.Sense(key=4, asc=0x44)))
    state_home.mkdir(parents=True)
    for number in range(30):
        (state_home / f"20200101-0000{number:02}-1.trace").write_text("old")
    with pytest.raises(SystemExit):
        main(["burn", str(folder), "-d", "virtual:dvd+r"])
    kept = sorted(path.name for path in state_home.iterdir())
    assert len(kept) == 20
    assert not kept[-1].startswith("2020")


def test_a_folder_that_cannot_be_written_is_mentioned(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, Fault(opcode=0x54, sense=package.Sense(key=4, asc=0x44)))
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(SystemExit) as ended:
        main(["burn", str(folder), "-d", "virtual:dvd+r"])
    assert ended.value.code == 4
    assert "the last commands could not be saved" in capsys.readouterr().err
