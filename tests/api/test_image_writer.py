"""Images that are written into files: what is heard of it, and that nothing is written over for nothing."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack import (
    Cancelled,
    Done,
    Event,
    FileProgress,
    FileSystemImage,
    Image,
    ImageWriter,
    LayoutError,
    Phase,
    PhaseStarted,
    SourceError,
)
from discstack.cli.output import Display

SECTOR = 2048
Discstack = Callable[..., Any]


def image_of(folder: Path, **options: Any) -> Image:
    composed = FileSystemImage(**options)
    composed.root.add_tree(folder)
    return composed.create_result()


@pytest.fixture
def every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make events as often as anything is written."""
    monkeypatch.setattr("discstack.file_narrator.INTERVAL", 0.0)


def into_file(image: Image, target: Path, hear: Callable[[Event], None]) -> int:
    return ImageWriter(image).write(target, on_event=hear)


def into_memory(image: Image, target: Path, hear: Callable[[Event], None]) -> int:
    return ImageWriter(image).write(io.BytesIO(), on_event=hear)


def into_device(image: Image, target: Path, hear: Callable[[Event], None]) -> int:
    with open(os.devnull, "ab", buffering=0) as file:
        return ImageWriter(image).write(file, on_event=hear)


@pytest.mark.parametrize("way", [into_file, into_memory, into_device])
@pytest.mark.parametrize("digests", [False, True])
def test_events_tell_bytes_and_files_up_to_the_end(
    folder: Path, tmp_path: Path, every_event: None, way: Callable[..., int], digests: bool
) -> None:
    image, heard = image_of(folder, digests=digests), list[Event]()
    written = way(image, tmp_path / "x.iso", heard.append)
    assert written == image.size
    first, *moves, last = heard
    assert isinstance(first, PhaseStarted)
    assert first.phase is Phase.WRITING
    assert isinstance(last, Done)
    counts = [event.bytes for event in moves if isinstance(event, FileProgress)]
    assert len(counts) == len(moves)
    assert counts == sorted(counts)
    assert counts[-1] == image.size
    assert moves[-1].fraction == 1.0  # type: ignore[attr-defined]
    named = {event.current_file for event in moves if isinstance(event, FileProgress)}
    assert "/big.bin" in named
    assert named <= {None} | {f"/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*")}


def test_growing_tells_the_new_files_only(folder: Path, tmp_path: Path, every_event: None) -> None:
    path = tmp_path / "x.iso"
    ImageWriter(image_of(folder)).write(path)
    grown = FileSystemImage()
    grown.import_file_system(path)
    grown.root.create_file("new", b"n" * 9000)
    image, heard = grown.create_result(), list[Event]()
    written = ImageWriter(image).grow(path, on_event=heard.append)
    assert written == sum(map(len, image.parts)) * SECTOR
    moves = [event for event in heard if isinstance(event, FileProgress)]
    assert moves[-1].bytes == moves[-1].total_bytes == written
    assert {event.current_file for event in moves} <= {None, "/new"}
    assert moves[-1].current_file == "/new"


def test_a_cancelled_image_ends_with_an_error(folder: Path, tmp_path: Path, every_event: None) -> None:
    writer = ImageWriter(image_of(folder))
    with pytest.raises(Cancelled, match="cancelled after"):
        writer.write(tmp_path / "x.iso", on_event=lambda event: writer.cancel())


def test_a_cancel_that_comes_before_leaves_what_is_there_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(b"what was there")
    writer = ImageWriter(image_of(folder))
    writer.cancel()
    with pytest.raises(Cancelled, match="before it began"):
        writer.write(path)
    assert path.read_bytes() == b"what was there"
    monkeypatch.setattr(Image, "check_target", lambda *_: writer.cancel())  # while the sources are looked at
    with pytest.raises(Cancelled, match="cancelled after 0 of"):
        writer.write(path)
    assert path.read_bytes() == b"what was there"
    monkeypatch.undo()
    assert writer.write(path) == path.stat().st_size


def test_a_path_is_opened_in_the_form_that_the_system_takes_at_any_length(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discstack.fs.image.openable", lambda path: f"{path} extended")
    written = ImageWriter(image_of(folder)).write(tmp_path / "x.iso")
    assert (tmp_path / "x.iso extended").stat().st_size == written
    assert not (tmp_path / "x.iso").exists()


def change(folder: Path) -> None:
    (folder / "one byte").write_bytes(b"more than one")


def remove(folder: Path) -> None:
    (folder / "one byte").unlink()


def replace(folder: Path) -> None:
    (folder / "one byte").unlink()
    (folder / "one byte").mkdir()


@pytest.mark.parametrize("spoil", [change, remove, replace])
def test_an_image_is_not_written_over_when_a_source_is_not_what_it_was(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    old = tmp_path / "x.iso"
    old.write_bytes(b"the only copy")
    image = image_of(folder)
    spoil(folder)
    with pytest.raises(SourceError, match="one byte"):
        ImageWriter(image).write(old)
    assert old.read_bytes() == b"the only copy"
    with pytest.raises(SourceError, match="one byte"):
        image.write_to(old)
    assert old.read_bytes() == b"the only copy"


def test_the_command_keeps_the_old_image_when_a_source_vanishes(
    discstack: Discstack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert discstack("image", "folder", "-o", "x.iso").code == 0
    old = Path("x.iso").read_bytes()
    create = FileSystemImage.create_result

    def then_spoil(self: FileSystemImage) -> Image:
        image = create(self)
        (folder / "sector.bin").unlink()
        return image

    monkeypatch.setattr(FileSystemImage, "create_result", then_spoil)
    for words in ((), ("-M", "x.iso")):
        (folder / "sector.bin").write_bytes(b"again")
        refused = discstack("image", "folder", "-o", "x.iso", *words)
        assert refused.code == 7
        assert "sector.bin" in refused.err
        assert Path("x.iso").read_bytes() == old


RANGE = "-append_partition 2 0x83 --interval:local_fs:0s-15s::x.iso"


@pytest.mark.parametrize("words", ["x.iso", "link.iso", f"{RANGE} folder"])
def test_an_image_does_not_grow_by_itself(discstack: Any, folder: Path, words: str) -> None:
    """It would change while it is read."""
    assert discstack("image", "folder", "-o", "x.iso").code == 0
    os.link("x.iso", "link.iso")
    before = Path("x.iso").read_bytes()
    refused = discstack("image", "-M", "x.iso", "-o", "x.iso", *words.split())
    assert (refused.code, "x.iso is one of the sources" in refused.err) == (7, True)
    assert Path("x.iso").read_bytes() == before
    assert discstack("image", "-M", "x.iso", "-o", "x.iso", "folder/sector.bin").code == 0


def test_a_source_and_what_is_added_to_are_never_truncated(folder: Path, tmp_path: Path) -> None:
    image = image_of(folder)
    with pytest.raises(LayoutError, match="is one of the sources"):
        image.write_to(folder / "big.bin")
    path = tmp_path / "x.iso"
    image.write_to(path)
    grown = FileSystemImage()
    grown.import_file_system(path)
    with pytest.raises(LayoutError, match="holds what the image is added to"):
        grown.create_result().write_to(path)
    assert path.stat().st_size == image.size


@pytest.mark.linux("a pseudo-terminal")
@pytest.mark.usefixtures("every_event")
def test_the_bar_names_the_file_on_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pty

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    ours, theirs = pty.openpty()
    image = image_of(folder)
    with open(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Display() as display:

            def show(event: Event) -> None:
                display(event)
                assert display.live
                display.live.refresh()

            ImageWriter(image).write(io.BytesIO(), on_event=show)
        terminal.write("the end")
    shown = b""
    while b"the end" not in shown:
        shown += os.read(ours, 1 << 16)
    os.close(ours)
    assert b"writing" in shown
    assert b"/big.bin" in shown
