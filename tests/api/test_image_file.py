import os
from pathlib import Path

import pytest

from discstack.fs.errors import LayoutError, SourceError
from discstack.image_file import ImageFile, file_system_of


def drain(image: ImageFile, piece: int) -> bytes:
    stream, parts = image.stream(), []
    buffer = bytearray(piece)
    while count := stream.readinto(memoryview(buffer)):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


@pytest.mark.parametrize("size", [1, 2047, 2048, 2049, 100_000])
@pytest.mark.parametrize("piece", [2048, 6144, 1 << 20])
def test_a_file_is_streamed_and_its_last_sector_filled_up(tmp_path: Path, size: int, piece: int) -> None:
    data = os.urandom(size)
    path = tmp_path / "image"
    path.write_bytes(data)
    image = ImageFile(path)
    assert image.sectors == -(-size // 2048)
    assert drain(image, piece) == data.ljust(image.sectors * 2048, b"\0")


def test_a_file_that_was_cut_meanwhile_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(bytes(8192))
    image = ImageFile(path)
    stream = image.stream()
    buffer = memoryview(bytearray(4096))
    assert stream.readinto(buffer) == 4096
    os.truncate(path, 5000)
    with pytest.raises(SourceError, match="ended after 5000 of 8192 bytes"):
        stream.readinto(buffer)


def test_a_file_that_was_replaced_before_it_was_opened_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(bytes(4096))
    image = ImageFile(path)
    path.unlink()
    path.write_bytes(b"x" * 4096)
    with pytest.raises(SourceError, match="changed since"):
        image.stream().readinto(memoryview(bytearray(4096)))


def volume(sectors: int, of: int, block_size: int = 2048) -> bytes:
    """Return an image whose primary volume descriptor speaks of so many blocks."""
    fields = [b"\x01CD001\x01".ljust(80, b"\0"), of.to_bytes(4, "little"), of.to_bytes(4, "big"), bytes(40)]
    fields.append(block_size.to_bytes(2, "little"))
    return bytes(16 * 2048) + b"".join(fields).ljust(2048 * (sectors - 16), b"\0")


@pytest.mark.parametrize(
    ("image", "start"), [(volume(40, 40), 0), (volume(40, 160, 512), 0), (volume(40, 540), 500), (bytes(4096), 0)]
)
def test_a_whole_image_is_found_so(tmp_path: Path, image: bytes, start: int) -> None:
    (tmp_path / "image").write_bytes(image)
    ImageFile(tmp_path / "image").check_whole(start)


@pytest.mark.parametrize(("image", "start"), [(volume(39, 40), 0), (volume(39, 160, 512), 0), (volume(40, 541), 500)])
def test_an_image_that_was_cut_off_is_found_so(tmp_path: Path, image: bytes, start: int) -> None:
    path = tmp_path / "image"
    path.write_bytes(image)
    with pytest.raises(LayoutError, match=r"is cut off: it has .* fill it up: truncate -s 8") as told:
        ImageFile(path).check_whole(start)
    os.truncate(path, int(str(told.value).split()[-2]))
    ImageFile(path).check_whole(start)


def test_a_missing_or_empty_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere: (No such file|File not found|The system cannot find)"):
        ImageFile(tmp_path / "nowhere")
    (tmp_path / "empty").touch()
    with pytest.raises(LayoutError, match="is empty"):
        ImageFile(tmp_path / "empty")


@pytest.mark.parametrize(
    ("descriptors", "found"),
    [
        ([b"\x01CD001"], "ISO 9660"),
        ([b"\x00BEA01", b"\x00NSR02", b"\x00TEA01"], "UDF"),
        ([b"\x00BEA01", b"\x00NSR03", b"\x00TEA01"], "UDF"),
        ([b"\x00BEA01", b"\x00TEA01"], None),
        ([b"nothing"], None),
        ([], None),
    ],
)
def test_an_image_is_known_by_its_first_descriptors(
    tmp_path: Path, descriptors: list[bytes], found: str | None
) -> None:
    path = tmp_path / "image"
    path.write_bytes(bytes(16 * 2048) + b"".join(descriptor.ljust(2048, b"\0") for descriptor in descriptors))
    assert file_system_of(path) == found


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    assert file_system_of(tmp_path) is None


def test_a_file_that_cannot_be_read_is_a_source_that_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "image").write_bytes(bytes(2048 * 20))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(SourceError, match="Permission denied"):
        file_system_of(tmp_path / "image")
