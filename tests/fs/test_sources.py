from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from discstack.fs import sources
from discstack.fs.bridge import build_image
from discstack.fs.errors import SourceError
from discstack.fs.image import Image
from discstack.fs.sources import read_into
from discstack.fs.tree import Directory

SIZE = 10_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "file.bin"
    path.parent.mkdir()
    path.write_bytes(bytes(range(250)) * (SIZE // 250))
    os.utime(path, (0, 1_600_000_000))
    return path


@pytest.fixture
def image(source: Path, image_of: Callable[..., Image]) -> Image:
    return image_of(source.parent)


def drain(image: Image, chunk: int) -> bytes:
    buffer, data = bytearray(chunk), b""
    with image.stream() as stream:
        while count := stream.readinto(buffer):
            data += buffer[:count]
    return data


def keep_time(path: Path) -> None:
    os.utime(path, (0, 1_600_000_000))


def shrink(path: Path) -> None:
    os.truncate(path, SIZE - 1)
    keep_time(path)


def grow(path: Path) -> None:
    os.truncate(path, SIZE + 1)
    keep_time(path)


def touch(path: Path) -> None:
    os.utime(path, ns=(0, 1_600_000_000 * 10**9 + 100))


def vanish(path: Path) -> None:
    path.unlink()


def be_replaced(path: Path) -> None:
    path.rename(path.with_name("old"))
    path.write_bytes(bytes(SIZE))
    keep_time(path)


def become_a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CHANGES = {
    shrink: "shrank from 10000 to 9999 bytes",
    grow: "grew from 10000 to 10001 bytes",
    touch: "was written to",
    vanish: "No such file or directory",
    be_replaced: "another file took its place",
    become_a_fifo: "no regular file any more",
}

every_change = pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=change.__name__, marks=[pytest.mark.linux("FIFOs")] if change is become_a_fifo else [])
        for change in CHANGES
    ],
)


@pytest.mark.parametrize("chunk", [2048, 1 << 20])
@every_change
def test_change_before_streaming_is_named(
    image: Image, source: Path, change: Callable[[Path], None], chunk: int
) -> None:
    change(source)
    with pytest.raises(SourceError, match=CHANGES[change]) as caught:
        drain(image, chunk)
    assert caught.value.path == str(source)


@every_change
def test_change_is_named_by_a_random_read(image: Image, source: Path, change: Callable[[Path], None]) -> None:
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    change(source)
    with pytest.raises(SourceError, match=CHANGES[change]):
        image.read_at(lba, bytearray(2048))


@every_change
def test_change_is_named_before_anything_is_read(image: Image, source: Path, change: Callable[[Path], None]) -> None:
    image.check_sources()
    change(source)
    with pytest.raises(SourceError, match=CHANGES[change]):
        image.check_sources()


@pytest.mark.parametrize("change", [shrink, grow, touch])
def test_change_while_streaming_is_named(image: Image, source: Path, change: Callable[[Path], None]) -> None:
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    buffer = bytearray(2048)
    with image.stream() as stream:
        while stream.position <= lba:
            stream.readinto(buffer)
        change(source)
        with pytest.raises(SourceError, match=CHANGES[change]):
            deque(iter(lambda: stream.readinto(buffer), 0), maxlen=0)


def test_source_that_may_not_be_read_is_named(image: Image, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("discstack.fs.sources.os.open", refuse)
    with pytest.raises(SourceError, match=r"file\.bin: Permission denied"):
        drain(image, 1 << 20)


def test_read_error_of_the_medium_is_named(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("discstack.fs.sources.read_into", fail)
    with pytest.raises(SourceError, match=r"file\.bin: Input/output error"):
        drain(image, 1 << 20)


def test_short_reads_are_continued(image: Image, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drain(image, 1 << 20)
    monkeypatch.setattr(sources, "read_into", lambda fd, buffer, offset: read_into(fd, buffer[:700], offset))
    assert drain(image, 1 << 20) == whole
    assert source.read_bytes() in whole


@pytest.mark.linux("/proc/self/fd")
def test_no_source_is_open_before_or_after_streaming(image: Image, source: Path) -> None:
    def held() -> bool:
        links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
        return any(os.path.exists(link) and os.path.realpath(link) == str(source) for link in links)

    assert not held()
    stream = image.stream()
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    while stream.position <= lba:
        stream.readinto(bytearray(2048))
    assert held()
    stream.close()
    assert not held()
    drain(image, 2048)
    assert not held()


@pytest.mark.linux("/proc/self/fd")
def test_many_files_need_one_descriptor_at_a_time(tmp_path: Path, image_of: Callable[..., Image]) -> None:
    for number in range(50):
        (tmp_path / str(number)).write_bytes(bytes(3000))
    image, opened = image_of(tmp_path), []
    with image.stream() as stream:
        while stream.readinto(bytearray(2048)):
            links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
            opened.append(sum(os.path.realpath(link).startswith(str(tmp_path)) for link in links))
    assert max(opened) == 1


def reader_image(data: bytes, size: int) -> Image:
    root = Directory()
    root.create_file("made", lambda: io.BytesIO(data), size=size)
    return build_image(root)


def test_reader_from_a_function_is_streamed() -> None:
    data = bytes(range(256)) * 20
    for chunk in (2048, 1 << 20):
        assert data in drain(reader_image(data, len(data)), chunk)


def test_reader_that_ends_early_is_named() -> None:
    with pytest.raises(SourceError, match="made: it ended after 5000 of 5001 bytes"):
        drain(reader_image(bytes(5000), 5001), 1 << 20)


def test_reader_that_goes_on_is_named() -> None:
    with pytest.raises(SourceError, match="made: it is longer than the 4999 bytes"):
        drain(reader_image(bytes(5000), 4999), 2048)
