"""Reading from QEMU's emulated drives, ATAPI and SCSI: device servers that are not ours, and no burners."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.mmc import inspection
from tests.qemu import PROGRAM, AtapiDrive, ScsiDrive

DVD_BLOCKS = 1 << 19  # what QEMU takes for a DVD is larger than any CD


@dataclass(frozen=True)
class QemuAddress:
    """A drive of QEMU's, with an image in it."""

    kind: type[AtapiDrive | ScsiDrive]
    image: Path
    shared: bool = False

    def open(self, *, write: bool) -> Any:
        return self.kind(self.image)

    def unmount(self) -> None:
        """Nobody mounts it."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "folder").mkdir()
    for number, size in enumerate((0, 1, 2048, 300_001)):
        (folder / f"folder/{number}.bin").write_bytes(bytes((number + at) % 251 for at in range(size)))
    return folder


@pytest.fixture(scope="module")
def disc(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image by other people, so that nothing here is our own writer's."""
    image = tmp_path_factory.mktemp("image") / "disc.iso"
    subprocess.run(["genisoimage", "-quiet", "-R", "-J", "-udf", "-V", "OTHERS", "-o", image, files], check=True)
    return image


@pytest.fixture(params=[AtapiDrive, ScsiDrive])
def recorder(request: pytest.FixtureRequest, disc: Path) -> Iterator[discstack.Recorder]:
    if missing := [name for name in (PROGRAM, "genisoimage") if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    with discstack.Recorder(QemuAddress(request.param, disc)) as recorder:
        yield recorder


def test_disc_is_read_verified_and_extracted(
    recorder: discstack.Recorder, disc: Path, files: Path, tmp_path: Path
) -> None:
    medium = recorder.medium()
    blocks = disc.stat().st_size // 2048
    assert (recorder.vendor_id, medium.name, medium.state.value) == ("QEMU", "CD-ROM", "read-only")
    assert (medium.capacity_blocks, medium.sessions) == (blocks, 1)
    reader = discstack.DiscReader(recorder)
    copy = io.BytesIO()
    reader.read(copy)
    assert copy.getvalue() == disc.read_bytes()
    assert reader.verify(discstack.ImageFile(disc)) == blocks
    volume = discstack.read_volume(recorder)
    assert (volume.volume_id, volume.notes) == ("OTHERS", ())
    discstack.extract_tree(volume.root, tmp_path / "out")
    assert found_in(tmp_path / "out") == found_in(files)


def test_a_table_of_contents_is_no_answer_to_what_else_was_asked(recorder: discstack.Recorder) -> None:
    """The ATAPI drive gives the ordinary table of contents whatever is asked for; the SCSI one knows three formats."""
    disc = recorder.inspect(inspection.DISC)
    assert [track.track_number for track in disc.answers["table of contents"].tracks] == [1, 0xAA]
    for name in ("program memory area", "absolute time in pre-groove", "CD-TEXT"):
        assert name not in disc.answers
        assert name in disc.refusals
    if recorder.inspect(inspection.DRIVE).answers["inquiry"].product_identification.startswith("QEMU DVD-ROM"):
        assert "the ordinary table of contents" in disc.refusals["CD-TEXT"]


def test_nothing_is_written_and_the_reason_told(recorder: discstack.Recorder, files: Path) -> None:
    image = discstack.FileSystemImage()
    image.root.add_tree(files)
    with pytest.raises(discstack.MediaError, match="cannot write to this medium: CD-ROM, read-only"):
        discstack.DataWriter(recorder).write(image.create_result())
    with pytest.raises(discstack.UnsupportedMedium, match="cannot write to this medium: CD-ROM, read-only"):
        discstack.Eraser(recorder).erase()


@pytest.mark.parametrize("kind", [AtapiDrive, ScsiDrive])
def test_what_a_drive_has_no_answer_to_does_not_keep_the_rest_back(kind: type[Any], tmp_path: Path) -> None:
    """SCSI: the host adapter takes REPORT KEY for a command that sends, and fails it."""
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    with (tmp_path / "dvd.img").open("wb") as file:
        file.truncate(DVD_BLOCKS * 2048)
    with discstack.Recorder(QemuAddress(kind, tmp_path / "dvd.img")) as recorder:
        assert recorder.medium().name == "DVD-ROM"
        drive, disc = (recorder.inspect(questions) for questions in (inspection.DRIVE, inspection.DISC))
    assert ("DID_ERROR" in drive.refusals["region"]) == (kind is ScsiDrive)
    assert {"buffer", "region"} <= drive.refusals.keys()
    assert disc.answers["capacity"].blocks == DVD_BLOCKS
    assert disc.answers["DVD structures"]["00h"].layer_0_blocks == DVD_BLOCKS


def found_in(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
