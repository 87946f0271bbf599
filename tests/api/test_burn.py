"""The main job, as a user does it: the command line, a virtual drive, and readers that are not ours."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.cli import main
from discstack.emulator.transport import VirtualTransport
from discstack.transport.base import Command, Reply

Discstack = Callable[..., Any]
Process = subprocess.Popen[str]

MEDIA = ("cd-r", "cd-rw", "dvd+r", "dvd+rw", "bd-r", "bd-re")
DISC = "virtual:dvd+r?file=disc.img"
TEST_UNIT_READY, WRITE_10, SEND_OPC_INFORMATION, CLOSE_TRACK_SESSION = 0x00, 0x2A, 0x54, 0x5B  # opcodes


def hashes(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def extract_udf(image: Path, into: Path) -> None:
    subprocess.run(["7z", "x", "-tudf", f"-o{into}", str(image)], check=True, stdout=subprocess.DEVNULL)


def extract_joliet(image: Path, into: Path) -> None:
    into.mkdir()
    subprocess.run(["bsdtar", "-xf", str(image), "-C", str(into)], check=True)


@pytest.mark.parametrize("medium", MEDIA)
def test_a_folder_is_burnt_and_other_readers_find_it_all(
    discstack: Discstack, folder: Path, tmp_path: Path, medium: str
) -> None:
    burnt = discstack("burn", "folder", "-d", f"virtual:{medium}?file=disc.img", "--json")
    assert burnt.code == 0, burnt.err
    result = burnt.json
    assert result["verified_sectors"] == result["sectors"] > 0
    extract_udf(tmp_path / "disc.img", tmp_path / "udf")
    assert hashes(tmp_path / "udf") == hashes(folder)
    assert (tmp_path / "udf/empty folder").is_dir()
    extract_joliet(tmp_path / "disc.img", tmp_path / "joliet")
    assert sorted(hashes(tmp_path / "joliet").values()) == sorted(hashes(folder).values())


READERS = {
    "isoinfo": ["isoinfo", "-J", "-f", "-i", "disc.img"],
    "xorriso": ["xorriso", "-indev", "disc.img", "-find", "/"],
    "7z": ["7z", "l", "-tiso", "disc.img"],
    "bsdtar": ["bsdtar", "-tf", "disc.img"],
    "grub": ["grub-fstest", "disc.img", "ls", "(loop0)/deep/er/and/deeper/"],
}


@pytest.mark.parametrize("medium", ["cd-rw", "dvd+r", "bd-re"])
def test_a_burnt_disc_is_listed_by_every_reader(
    discstack: Discstack, folder: Path, tmp_path: Path, medium: str
) -> None:
    burnt = discstack("burn", "folder", "-d", f"virtual:{medium}?file=disc.img", "-V", "LISTED")
    assert burnt.code == 0, burnt.err
    for name, words in READERS.items():
        listed = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
        assert listed.returncode == 0, f"{name}: {listed.stderr}"
        assert "a rather long name that no short view can" in listed.stdout, name
    told = subprocess.run(["udfinfo", "disc.img"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "label=LISTED" in told.stdout
    assert "integrity=closed" in told.stdout
    if medium == "dvd+r":  # the others hold more behind the image: a post-gap, or the rest of the medium
        assert told.stderr == ""


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r"])
def test_a_disc_that_can_only_be_added_to_is_not_written_over(
    discstack: Discstack, folder: Path, tmp_path: Path, medium: str
) -> None:
    drive = f"virtual:{medium}?file=disc.img"
    assert discstack("burn", "folder", "-d", drive).code == 0
    before = (tmp_path / "disc.img").read_bytes()
    again = discstack("burn", "folder", "-d", drive, "--erase")
    assert again.code == 5
    assert "holds data" in again.err
    assert (tmp_path / "disc.img").read_bytes() == before


@pytest.mark.parametrize("medium", ["cd-rw", "dvd+rw", "bd-re"])
def test_a_rewritable_disc_is_written_over_only_if_allowed(
    discstack: Discstack, folder: Path, tmp_path: Path, medium: str
) -> None:
    drive = f"virtual:{medium}?file=disc.img"
    assert discstack("burn", "folder", "-d", drive).code == 0
    before = (tmp_path / "disc.img").read_bytes()
    refused = discstack("burn", "folder", "-d", drive)
    assert refused.code == 5
    assert "holds data" in refused.err
    assert (tmp_path / "disc.img").read_bytes() == before
    (folder / "big.bin").write_bytes(b"another one")
    allowed = discstack("burn", "folder", "-d", drive, "--erase")
    assert allowed.code == 0, allowed.err
    extract_udf(tmp_path / "disc.img", tmp_path / "udf")
    assert hashes(tmp_path / "udf") == hashes(folder)


@pytest.mark.parametrize("medium", ["cd-rw", "dvd+rw", "bd-re"])
@pytest.mark.parametrize("how", [(), ("--full",)])
def test_an_erased_disc_is_burnt_like_a_new_one(
    discstack: Discstack, folder: Path, tmp_path: Path, medium: str, how: tuple[str, ...]
) -> None:
    drive = f"virtual:{medium}?file=disc.img&capacity=4096"
    assert discstack("burn", "folder", "-d", drive).code == 0
    erased = discstack("erase", drive, "--json", *how)
    assert erased.code == 0, erased.err
    assert erased.json["medium"]["blank"]
    assert discstack("burn", "folder", "-d", drive).code == 0
    extract_udf(tmp_path / "disc.img", tmp_path / "udf")
    assert hashes(tmp_path / "udf") == hashes(folder)


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r"])
def test_a_write_once_disc_cannot_be_erased(discstack: Discstack, folder: Path, medium: str) -> None:
    drive = f"virtual:{medium}?file=disc.img"
    assert discstack("burn", "folder", "-d", drive).code == 0
    erased = discstack("erase", drive)
    assert erased.code == 5
    assert "cannot be erased" in erased.err


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r"])
def test_a_closed_disc_is_finalized(discstack: Discstack, folder: Path, medium: str) -> None:
    burnt = discstack("burn", "folder", "-d", f"virtual:{medium}?file=disc.img", "--close", "--json")
    assert burnt.code == 0, burnt.err
    assert burnt.json["medium"]["state"] == "finalized"


def test_a_test_write_leaves_the_disc_blank(discstack: Discstack, folder: Path) -> None:
    drive = "virtual:cd-r?file=disc.img"
    burnt = discstack("burn", "folder", "-d", drive, "--simulate", "--json")
    assert burnt.code == 0, burnt.err
    assert burnt.json["simulated"]
    assert not burnt.json["verified"]
    assert burnt.json["medium"]["state"] == "blank"


def test_a_tray_that_stays_shut_hides_nothing_of_the_burn(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(_: discstack.Recorder) -> None:
        raise discstack.TransportError("the tray is stuck")

    monkeypatch.setattr(discstack.Recorder, "eject", stuck)
    with pytest.raises(SystemExit) as ended:
        main(["burn", str(folder), "-d", "virtual:dvd+r", "--eject"])
    assert ended.value.code == 3
    shown = capsys.readouterr()
    assert "sectors read back and right" in shown.out
    assert "the tray is stuck" in shown.err


def test_json_tells_what_the_image_does_not_hold_as_it_was(discstack: Discstack, folder: Path) -> None:
    burnt = discstack("burn", "folder", "-J", "-d", "virtual:dvd+r", "--json")
    assert burnt.err == ""
    assert {"RENAMED", "renamed"} & {issue["change"] for issue in burnt.json["issues"]}


def test_test_writing_is_refused_where_the_medium_has_none(discstack: Discstack, folder: Path) -> None:
    burnt = discstack("burn", "folder", "-d", "virtual:dvd+r?file=disc.img", "--simulate")
    assert burnt.code == 5
    assert "no test writing" in burnt.err


def test_what_does_not_fit_is_refused_before_the_first_write(
    discstack: Discstack, folder: Path, tmp_path: Path
) -> None:
    burnt = discstack("burn", "folder", "-d", "virtual:dvd+r?file=disc.img&capacity=320", "--trace", "trace")
    assert burnt.code in (5, 7)
    assert "too many" in burnt.err
    assert "WRITE (10)" not in (tmp_path / "trace").read_text()


def test_a_trace_spells_every_command(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    assert discstack("burn", "folder", "-d", "virtual:dvd+r?file=disc.img", "--trace", "trace").code == 0
    trace = (tmp_path / "trace").read_text()
    for name in ("GET CONFIGURATION", "WRITE (10) ", "SYNCHRONIZE CACHE (10)", "CLOSE TRACK/SESSION", "READ (10) lba"):
        assert name in trace


def test_how_much_a_write_carries_can_be_said(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    drive, trace = "virtual:bd-r?file=disc.img", tmp_path / "trace"
    refused = discstack("burn", str(folder), "-d", drive, "--transfer", "100KiB")
    assert refused.code != 0
    assert "multiples of 65536 bytes, not in 102400" in refused.err
    done = discstack("burn", str(folder), "-d", drive, "--transfer", "256KiB", "--ring", "1MiB", "--trace", str(trace))
    assert done.code == 0, done.err
    lengths = re.findall(r"WRITE \(10\).*transfer_length=(0x[0-9a-f]+)", trace.read_text())
    assert {int(length, 16) for length in lengths[:-1]} == {128}


def test_an_image_file_is_burnt_as_an_image(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    made = discstack("image", "folder", "-o", "folder.iso", "-V", "TEST")
    assert made.code == 0, made.err
    burnt = discstack("burn", "folder.iso", "-d", "virtual:bd-re?file=disc.img")
    assert burnt.code == 0, burnt.err
    assert "burnt as one" in burnt.err
    image = (tmp_path / "folder.iso").read_bytes()
    assert (tmp_path / "disc.img").read_bytes()[: len(image)] == image
    assert discstack("verify", "virtual:bd-re?file=disc.img", "folder.iso").code == 0


def test_as_file_packs_an_image_file(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    assert discstack("image", "folder", "-o", "folder.iso").code == 0
    assert discstack("burn", "folder.iso", "-d", "virtual:dvd+r?file=disc.img", "--as-file").code == 0
    extract_udf(tmp_path / "disc.img", tmp_path / "udf")
    assert (tmp_path / "udf/folder.iso").read_bytes() == (tmp_path / "folder.iso").read_bytes()


def test_an_image_goes_to_a_pipe_as_to_a_file(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    assert discstack("image", "folder", "-o", "folder.iso").code == 0
    words = [sys.executable, "-m", "discstack", "image", "folder", "-o", "-"]
    piped = subprocess.run(words, cwd=tmp_path, check=True, stdout=subprocess.PIPE).stdout
    assert piped == (tmp_path / "folder.iso").read_bytes()


@pytest.mark.parametrize("medium", MEDIA)
def test_a_disc_is_read_back_into_a_file(discstack: Discstack, folder: Path, tmp_path: Path, medium: str) -> None:
    drive = f"virtual:{medium}?file=disc.img"
    assert discstack("image", "folder", "-o", "folder.iso").code == 0
    assert discstack("burn", "folder.iso", "-d", drive).code == 0
    read = discstack("read", drive, "-o", "copy")
    assert read.code == 0, read.err
    image, copy = (tmp_path / "folder.iso").read_bytes(), (tmp_path / "copy").read_bytes()
    assert copy[: len(image)] == image
    assert not any(copy[len(image) :])
    assert discstack("verify", drive).code == 0


def test_a_disc_that_differs_from_an_image_fails_verification(
    discstack: Discstack, folder: Path, tmp_path: Path
) -> None:
    drive = "virtual:dvd+r?file=disc.img"
    assert discstack("image", "folder", "-o", "folder.iso").code == 0
    assert discstack("burn", "folder.iso", "-d", drive).code == 0
    with (tmp_path / "folder.iso").open("r+b") as file:
        file.seek(700 * 2048)
        file.write(b"changed")
    verified = discstack("verify", drive, "folder.iso")
    assert verified.code == 6
    assert "512-" in verified.err


def test_reading_a_blank_disc_is_an_error(discstack: Discstack) -> None:
    read = discstack("read", "virtual:dvd+r", "-o", "copy")
    assert read.code == 5
    assert "nothing to read" in read.err


def test_errors_are_json_too(discstack: Discstack) -> None:
    read = discstack("read", "virtual:dvd+r", "-o", "copy", "--json")
    assert read.code == 5
    assert read.json["error"]["type"] == "MediaError"


@pytest.mark.parametrize(
    "words",
    [
        ("burn", "folder", "-d", "sr0"),
        ("burn", "folder", "-d", "virtual:floppy"),
        ("burn", "folder"),
        ("info", "virtual:dvd+r?colour=red"),
        ("decode", "cdb", "xyz"),
        ("burn", "folder", "-d", "virtual:dvd+r", "--speed", "fast"),
        ("image", "folder", "-o", "-", "--json"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2(
    discstack: Discstack, folder: Path, words: tuple[str, ...]
) -> None:
    outcome = discstack(*words)
    assert outcome.code == 2
    assert "Error" in outcome.err


def test_a_missing_source_is_named(discstack: Discstack) -> None:
    burnt = discstack("burn", "nowhere", "-d", "virtual:dvd+r")
    assert burnt.code == 7
    assert "nowhere" in burnt.err


def test_a_missing_drive_is_named(discstack: Discstack, folder: Path) -> None:
    burnt = discstack("burn", "folder", "-d", "/dev/nowhere")
    assert burnt.code == 3
    assert "/dev/nowhere" in burnt.err


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start `discstack burn folder` with more words, wait until its trace has a line, and give the process."""
    running = []

    def call(line: str, *words: str, count: int = 1) -> Process:
        trace = tmp_path / "trace"
        command = [sys.executable, "-m", "discstack", "burn", "folder", *words, "--trace", str(trace)]
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        running.append(process)
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline and not (trace.exists() and trace.read_text().count(line) >= count):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        return process

    yield call
    for process in running:
        process.kill()
        process.communicate()


def grow(folder: Path, name: str, size: int) -> None:
    with (folder / name).open("wb") as file:
        file.truncate(size)


@pytest.mark.linux("signals that one process sends another")
@pytest.mark.parametrize(
    ("medium", "number", "code"), [*((medium, signal.SIGINT, 130) for medium in MEDIA), ("dvd+r", signal.SIGTERM, 143)]
)
def test_a_signal_cancels_cleanly_and_the_disc_is_in_a_known_state(
    discstack: Discstack, start: Callable[..., Process], folder: Path, medium: str, number: int, code: int
) -> None:
    drive = f"virtual:{medium}?file=disc.img"
    rewritable = medium in ("dvd+rw", "bd-re")
    if rewritable:  # so that it is formatted: that takes long
        assert discstack("burn", "folder", "-d", drive).code == 0
    grow(folder, "much.bin", 600 << 20 if medium.startswith("cd") else 4000 << 20)  # at least 20 seconds of writing
    process = start("WRITE (10)", "-d", f"{drive}&realtime=10&speed=4", *(["--erase"] if rewritable else []), count=6)
    process.send_signal(number)
    _, err = process.communicate(timeout=200)
    assert process.returncode == code, err
    assert "cancelled while writing; the drive has taken" in err
    assert "the disc is now:" in err
    after = discstack("info", drive, "--json")
    assert after.code == 0, after.err
    assert after.json["medium"]["state"] in ("appendable", "overwritable")


@pytest.fixture
def when_sent(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let things happen when a virtual drive is sent a command: `(opcode, act)`, one after the other."""

    def watch(*steps: tuple[int, Callable[[], object]]) -> None:
        left, execute = list(steps), VirtualTransport.execute

        def watched(transport: VirtualTransport, command: Command, /) -> Reply:
            if left and command.cdb[0] == left[0][0]:
                left.pop(0)[1]()
            return execute(transport, command)

        monkeypatch.setattr(VirtualTransport, "execute", watched)

    return watch


@pytest.mark.parametrize(
    ("opcode", "words", "state"),
    [(SEND_OPC_INFORMATION, "calibrating", "blank"), (CLOSE_TRACK_SESSION, "verifying", "appendable")],
)
def test_a_signal_outside_of_the_writing_waits_for_what_is_begun(
    discstack: Discstack, when_sent: Callable[..., None], folder: Path, opcode: int, words: str, state: str
) -> None:
    when_sent((opcode, lambda: signal.raise_signal(signal.SIGINT)))
    burnt = discstack("burn", "folder", "-d", DISC)
    assert burnt.code == 130, burnt.err
    assert f"cancelled while {words}" in burnt.err
    assert f"the disc is now: DVD+R, {state}" in burnt.err
    assert discstack("info", DISC, "--json").json["medium"]["state"] == state


def test_a_second_signal_leaves_the_rest_undone_and_still_says_what_the_disc_is(
    discstack: Discstack, when_sent: Callable[..., None], folder: Path
) -> None:
    terminate = partial(signal.raise_signal, signal.SIGTERM)
    when_sent((CLOSE_TRACK_SESSION, terminate), (TEST_UNIT_READY, terminate))
    burnt = discstack("burn", "folder", "-d", DISC)
    assert burnt.code == 143, burnt.err
    assert "interrupted" in burnt.err
    assert "the disc is not done yet, and what it will be is not known: TEST UNIT READY" in burnt.err
    assert "wait until the drive is done" in burnt.err
    assert "Traceback" not in burnt.err


def test_a_file_that_vanishes_while_it_is_burnt_is_named(
    discstack: Discstack, when_sent: Callable[..., None], folder: Path
) -> None:
    grow(folder, "a much.bin", 200 << 20)  # more than is read ahead
    for number in range(100):  # more than are open ahead of their turn
        (folder / f"b {number}").write_bytes(b"b")
    (folder / "z last.bin").write_bytes(b"z" * 100_000)
    when_sent((WRITE_10, (folder / "z last.bin").unlink))
    burnt = discstack("burn", "folder", "-d", DISC)
    assert burnt.code == 7, burnt.err
    assert "z last.bin" in burnt.err
    assert "the disc is now:" in burnt.err


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("discstack bu", "plain,burn"),
        ("discstack nonsense", ""),
        ("discstack burn pho", "file,pho"),
        ("discstack burn photos -d /dev/s", "file,/dev/s"),
    ],
)
def test_bash_completes_commands_and_files(words: str, completed: str) -> None:
    environment = {
        **os.environ,
        "_DISCSTACK_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    program = [sys.executable, "-c", "from discstack.cli import main; main()"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (completed, "")
