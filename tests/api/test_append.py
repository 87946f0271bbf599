"""Sessions added to discs and volumes grown on overwritable ones, seen by our reader and by other people's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pycdlib
import pytest

import discstack
from discstack import View, VolumeView
from discstack.cli import main

SECTOR = 2048
SEQUENTIAL = ("cd-r", "dvd+r", "bd-r")
OVERWRITABLE = ("dvd+rw", "bd-re")
VIEWS = (VolumeView.UDF, VolumeView.ROCK_RIDGE, VolumeView.JOLIET, VolumeView.ISO9660)
ALL_VIEWS = frozenset(View)
Contents = dict[str, bytes]


def run(*command: str | Path) -> str:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=200, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    assert done.returncode == 0, f"{command}: {done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode()


def contents(root: discstack.Directory) -> Contents:
    found = {}
    for node in root.walk():
        if isinstance(node, discstack.File):
            with node.open() as file:
                found[node.path] = file.read()
    return found


class Disc:
    """A disc that grows session by session, and what should be on it."""

    def __init__(self, medium: str, path: Path) -> None:
        self.medium, self.path = medium, path
        self.recorder = discstack.open(f"virtual:{medium}?file={path}")
        self.wanted: Contents = {}
        self.old: dict[int, Contents] = {}  # by the start of each session
        self.results: list[discstack.BurnResult] = []

    def burn(
        self,
        number: int,
        *,
        remove: str | None = None,
        rename: tuple[str, str] | None = None,
        views: frozenset[View] = ALL_VIEWS,
    ) -> None:
        """Add a file of some sectors and a small one to what is there, if anything is."""
        image = discstack.FileSystemImage(volume_id="SESSIONS", views=views)
        if number > 1:
            image.import_file_system(self.recorder)
        image.choose_defaults(self.recorder)
        new = {f"/data of session {number}": bytes([number]) * (9000 * number), f"/small {number}": b"%d" % number}
        for path, data in new.items():
            image.root.create_file(path[1:], data)
        if remove is not None:
            image.root.remove(remove)
            del self.wanted[remove]
        if rename is not None:
            image.root.rename(*rename)
            self.wanted["/" + rename[1]] = self.wanted.pop(rename[0])
        self.wanted |= new
        planned = image.create_result()
        self.results.append(discstack.DataWriter(self.recorder).write(planned))
        self.old[planned.start] = dict(self.wanted)


@pytest.fixture
def disc(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disc]:
    """A disc of the medium that the test asks for, with three sessions."""
    made = Disc(request.param, tmp_path / "disc")
    with made.recorder:
        made.burn(1)
        made.burn(2, remove="/small 1")
        made.burn(3, rename=("/data of session 1", "renamed"))
        yield made


@pytest.mark.parametrize("disc", [*SEQUENTIAL, "cd-rw", *OVERWRITABLE], indirect=True)
def test_every_view_of_the_last_session_has_old_and_new_files(disc: Disc) -> None:
    for view in (None, VolumeView.UDF, VolumeView.ROCK_RIDGE, VolumeView.JOLIET):
        volume = discstack.read_volume(disc.recorder, view=view)
        assert contents(volume.root) == disc.wanted
        assert volume.notes == ()
        assert volume.volume_id == "SESSIONS"


@pytest.mark.parametrize(
    ("disc", "profile"), [("cd-r", "0008"), ("dvd+r", "0010"), ("dvd-r", "0010"), ("bd-r", "0040")], indirect=["disc"]
)
def test_a_reader_that_knows_no_tracks_finds_the_last_session_by_the_table_of_contents(
    disc: Disc, profile: str
) -> None:
    disc.recorder.close()
    refusals = ";".join(f"opcode={opcode},sense=5/20/00,times=0" for opcode in ("51", "52"))
    with discstack.open(f"virtual:{disc.medium}?file={disc.path}&fault=profile:{profile};{refusals}") as reader:
        assert reader.medium().tracks == ()
        assert contents(discstack.read_volume(reader).root) == disc.wanted


@pytest.mark.parametrize("disc", ["cd-r"], indirect=True)
def test_a_reader_without_a_table_of_contents_reads_the_first_session(disc: Disc) -> None:
    disc.recorder.close()
    silent = "fault=profile:0008;opcode=43,sense=5/20/00,times=0"
    with discstack.open(f"virtual:{disc.medium}?file={disc.path}&{silent}") as reader:
        assert contents(discstack.read_volume(reader).root) == disc.old[0]


@pytest.mark.parametrize("disc", SEQUENTIAL, indirect=True)
def test_earlier_sessions_can_still_be_read(disc: Disc) -> None:
    assert len(disc.old) == 3
    for start, wanted in disc.old.items():
        assert contents(discstack.read_volume(disc.recorder, start=start).root) == wanted


@pytest.mark.parametrize("medium", SEQUENTIAL)
def test_a_session_without_udf_does_not_show_that_of_a_later_one(medium: str, tmp_path: Path) -> None:
    disc, path = Disc(medium, tmp_path / "disc"), tmp_path / "disc.iso"
    with disc.recorder:
        for number, views in enumerate((ALL_VIEWS, {View.ISO9660}, ALL_VIEWS), 1):
            disc.burn(number, views=frozenset(views))
        with path.open("wb") as file:
            discstack.DiscReader(disc.recorder).read(file, skip_bad=True)
        for start, wanted in disc.old.items():
            for source in (disc.recorder, path):
                assert contents(discstack.read_volume(source, start=start).root) == wanted


@pytest.mark.parametrize("disc", [*SEQUENTIAL, "dvd-r", "dvd-rw"], indirect=True)
def test_image_of_a_disc_shows_its_last_session(disc: Disc, tmp_path: Path) -> None:
    path = tmp_path / "disc.iso"
    with path.open("wb") as file:
        discstack.DiscReader(disc.recorder).read(file, skip_bad=True)
    assert contents(discstack.read_volume(path).root) == disc.wanted


@pytest.mark.parametrize("disc", [*SEQUENTIAL, *OVERWRITABLE], indirect=True)
def test_old_data_is_not_copied(disc: Disc) -> None:
    """What the third session takes is its own data and the structures, of which UDF's need 258 sectors at most."""
    volume = discstack.read_volume(disc.recorder)
    addresses = {}
    for node in volume.root.walk():
        if isinstance(node, discstack.File):
            addresses[node.path] = node.source.extents[0].lba  # type: ignore[attr-defined]
    last = disc.results[-1]
    assert addresses["/renamed"] < disc.results[1].start
    assert addresses["/small 2"] < last.start
    assert addresses["/data of session 3"] > last.start
    assert last.blocks < 14 + 258 + 40


@pytest.mark.parametrize("disc", SEQUENTIAL, indirect=True)
def test_xorriso_and_isoinfo_load_every_session(disc: Disc, tmp_path: Path) -> None:
    for start, wanted in disc.old.items():
        listed = run("xorriso", "-load", "sbsector", str(start), "-indev", disc.path, "-find", "/", "-type", "f")
        assert {line.strip("'") for line in listed.splitlines()} == set(wanted)
        target = tmp_path / str(start)
        run("xorriso", "-osirrox", "on", "-load", "sbsector", str(start), "-indev", disc.path, "-extract", "/", target)
        assert {f"/{path.name}": path.read_bytes() for path in target.iterdir()} == wanted
        for words in (("-R",), ("-J",)):
            listed = run("isoinfo", *words, "-f", "-T", str(start), "-i", disc.path)
            assert {line.removesuffix(";1") for line in listed.splitlines()} == set(wanted)


@pytest.mark.parametrize("disc", OVERWRITABLE, indirect=True)
def test_7z_isoinfo_and_xorriso_see_the_grown_volume(disc: Disc, tmp_path: Path) -> None:
    with disc.path.open("rb") as file:
        length = discstack.read_volume(disc.recorder).sectors
        grown = tmp_path / "grown.iso"
        grown.write_bytes(file.read(length * SECTOR))
    for kind in ("-tUDF", "-tISO"):
        target = tmp_path / kind
        run("7z", "x", "-y", kind, f"-o{target}", grown)
        assert {f"/{path.name}": path.read_bytes() for path in target.iterdir()} == disc.wanted
    assert set(run("isoinfo", "-R", "-f", "-i", grown).splitlines()) == set(disc.wanted)
    listed = run("xorriso", "-indev", grown, "-find", "/", "-type", "f")
    assert {line.strip("'") for line in listed.splitlines()} == set(disc.wanted)
    assert "integrity=closed" in run("udfinfo", grown)


def test_descriptors_of_a_grown_volume_are_written_after_the_data(tmp_path: Path) -> None:
    disc = Disc("dvd+rw", tmp_path / "disc")
    with disc.recorder:
        disc.burn(1)
        disc.burn(2)
    second = disc.results[-1]
    assert second.start == -(-disc.results[0].blocks // 32) * 32
    assert [(further.start, further.blocks) for further in second.further] == [(0, 288)]


def test_image_for_another_disc_is_refused(tmp_path: Path) -> None:
    one, two = Disc("dvd+rw", tmp_path / "one"), Disc("dvd+rw", tmp_path / "two")
    with one.recorder, two.recorder:
        for disc in (one, two):
            disc.burn(1)
        image = discstack.FileSystemImage()
        image.import_file_system(one.recorder)
        image.choose_defaults(one.recorder)
        planned = image.create_result()
        one.burn(2)
        with pytest.raises(discstack.SourceError, match="was written to since"):
            discstack.DataWriter(one.recorder).write(planned)
        assert contents(discstack.read_volume(one.recorder).root) == one.wanted


def test_closed_disc_takes_no_import_for_more(tmp_path: Path) -> None:
    disc = Disc("dvd+r", tmp_path / "disc")
    with disc.recorder:
        image = discstack.FileSystemImage()
        image.root.create_file("only", b"x")
        discstack.DataWriter(disc.recorder, close=True).write(image.create_result())
        with pytest.raises(discstack.MediaError, match="nothing can be added"):
            discstack.FileSystemImage().import_file_system(disc.recorder)
        assert contents(discstack.read_volume(disc.recorder).root) == {"/only": b"x"}


def test_new_files_win_over_imported_ones_of_the_same_name(tmp_path: Path) -> None:
    disc = Disc("bd-r", tmp_path / "disc")
    with disc.recorder:
        disc.burn(1)
        image = discstack.FileSystemImage()
        image.root.create_file("small 1", b"replaced")
        image.root.create_directory("data of session 1")
        with pytest.raises(discstack.LayoutError, match="is in the tree already"):
            image.import_file_system(disc.recorder)
        image.root.remove("data of session 1")
        image.import_file_system(disc.recorder)
        image.choose_defaults(disc.recorder)
        discstack.DataWriter(disc.recorder).write(image.create_result())
        found = contents(discstack.read_volume(disc.recorder).root)
        assert found == {**disc.wanted, "/small 1": b"replaced"}


def test_image_file_grows_in_place_or_becomes_a_new_one(tmp_path: Path) -> None:
    first = discstack.FileSystemImage(volume_id="GROWN")
    first.root.create_file("old", b"old" * 5000)
    path = tmp_path / "image.iso"
    first.create_result().write_to(path)
    before = path.read_bytes()
    image = discstack.FileSystemImage(views=frozenset({View.ISO9660, View.UDF}))
    image.import_file_system(path)
    image.root.create_file("new", b"new" * 5000)
    planned = image.create_result()
    planned.write_to(tmp_path / "other.iso")
    assert planned.write_parts(path) < len(before) + 288 * SECTOR
    assert path.read_bytes() == (tmp_path / "other.iso").read_bytes()
    volume = discstack.read_volume(path)
    assert contents(volume.root) == {"/old": b"old" * 5000, "/new": b"new" * 5000}
    assert volume.views == (VolumeView.UDF, VolumeView.ROCK_RIDGE, VolumeView.ISO9660)
    assert volume.volume_id == "GROWN"


def command(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert isinstance(stopped.value.code, int)
    said = capsys.readouterr()
    return stopped.value.code, said.out + said.err


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders that have one name in common."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, names in ((one, ("first", "common")), (two, ("second", "common"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{name} of {folder.name}")
    return one, two


@pytest.mark.parametrize("medium", ["dvd+r", "dvd+rw"])
def test_burn_appends_on_request_only(
    medium: str, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = f"virtual:{medium}?file={tmp_path / 'disc'}"
    assert command(capsys, "burn", folders[0], "-d", drive)[0] == 0
    assert command(capsys, "burn", folders[1], "-d", drive)[0] == 5
    assert command(capsys, "burn", folders[1], "-d", drive, "--rename", "first=zero")[0] == 2
    assert command(capsys, "burn", folders[1], "-d", drive, "--append", "--remove", "none such")[0] == 2
    words = ("--append", "--rename", "first=zero", "--from-view", "joliet")
    code, said = command(capsys, "burn", folders[1], "-d", drive, *words)
    assert code == 0
    assert "sectors read back and right" in said
    with discstack.open(drive) as recorder:
        found = contents(discstack.read_volume(recorder).root)
    assert found == {"/zero": b"first of one", "/second": b"second of two", "/common": b"common of two"}
    code, listed = command(capsys, "ls", drive)
    assert (code, listed) == (0, "/common\n/second\n/zero\n")


def test_an_audio_cd_gets_a_session_of_data(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CD Extra; audio is left as it is, and what is added later goes on from the data."""
    path, samples = tmp_path / "disc", (bytes(range(256)) * 2757)[: 2352 * 300]
    drive, cue = f"virtual:cd-r?file={path}", tmp_path / "album.cue"
    (tmp_path / "album.bin").write_bytes(samples)
    cue.write_text('FILE "album.bin" BINARY\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n')
    assert command(capsys, "audio", cue, "-d", drive, "--multi")[0] == 0
    assert command(capsys, "burn", folders[0], "-d", drive, "--append", "--remove", "first")[0] == 2
    code, said = command(capsys, "burn", folders[0], "-d", drive, "--append", "--xa")
    assert (code, "its first session with data" in said) == (0, True)
    with discstack.open(drive) as recorder:
        volume = discstack.read_volume(recorder)
    session = tmp_path / "session"
    session.write_bytes(path.read_bytes()[volume.start * SECTOR :])
    numbers = ("-i", session, "-N", str(volume.start), "-R")
    assert set(run("isoinfo", *numbers, "-f").split()) == {"/common", "/first"}
    assert run("isoinfo", *numbers, "-x", "/first") == "first of one"
    assert command(capsys, "burn", folders[1], "-d", drive, "--append", "--close")[0] == 0
    with discstack.open(drive) as recorder:
        found = contents(discstack.read_volume(recorder).root)
    assert found == {"/first": b"first of one", "/second": b"second of two", "/common": b"common of two"}
    assert command(capsys, "read", drive, "-o", tmp_path / "back.cue")[0] == 0
    assert (tmp_path / "back.bin").read_bytes() == samples
    assert [line.strip() for line in (tmp_path / "back.cue").read_text().splitlines() if "TRACK" in line] == [
        "TRACK 01 AUDIO",
        "TRACK 02 MODE2/2352",
        "TRACK 03 MODE1/2352",
    ]


def test_packets_left_open_behind_audio_are_gone_on_with(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No table of contents tells of them; taken for an audio CD's first data, the second burn lost the first one."""
    drive, samples = f"virtual:cd-rw?file={tmp_path / 'disc'}", tmp_path / "album.bin"
    samples.write_bytes(bytes(2352 * 300))
    (tmp_path / "album.cue").write_text('FILE "album.bin" BINARY\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n')
    assert command(capsys, "audio", tmp_path / "album.cue", "-d", drive, "--multi")[0] == 0
    words = ("-d", drive, "--append", "--udf=1.50", "--udf-vat", "--mode", "variable-packets", "--leave-open")
    for folder in folders:
        assert command(capsys, "burn", folder, *words)[0] == 0
    with discstack.open(drive) as recorder:
        found = contents(discstack.read_volume(recorder).root)
    assert found == {"/first": b"first of one", "/second": b"second of two", "/common": b"common of two"}


def test_only_a_cd_with_nothing_but_audio_is_followed(disc_of_data: discstack.Recorder) -> None:
    with pytest.raises(discstack.MediaError, match="no CD with nothing but audio"):
        discstack.FileSystemImage().follow_audio(disc_of_data)


@pytest.fixture(params=["cd-r", "dvd+r"])
def disc_of_data(request: pytest.FixtureRequest) -> Iterator[discstack.Recorder]:
    with discstack.open(f"virtual:{request.param}") as recorder:
        image = discstack.FileSystemImage()
        image.root.create_file("a", b"a")
        discstack.DataWriter(recorder).write(image.create_result())
        yield recorder


@pytest.mark.parametrize("medium", ["dvd+r", "cd-r", "bd-re"])
def test_the_first_session_may_be_appended_too(
    medium: str, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = f"virtual:{medium}?file={tmp_path / 'disc'}"
    code, said = command(capsys, "burn", folders[0], "-d", drive, "--append", "--remove", "first")
    assert (code, "there are no files on the disc to keep" in said) == (2, True)
    code, said = command(capsys, "burn", folders[0], "-d", drive, "--append")
    assert (code, "this is its first session" in said) == (0, True)
    assert command(capsys, "burn", folders[1], "-d", drive, "--append")[0] == 0
    with discstack.open(drive) as recorder:
        found = contents(discstack.read_volume(recorder).root)
    assert found == {"/first": b"first of one", "/second": b"second of two", "/common": b"common of two"}


@pytest.mark.parametrize("words", [("-V", "NAME"), ("-J",), ("--udf",), ("--manifest", "list"), ("-x", "*.o")])
def test_an_image_takes_no_word_about_what_an_image_is_like(
    words: tuple[str, ...], folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, drive = tmp_path / "x.iso", f"virtual:dvd+r?file={tmp_path / 'disc'}"
    assert command(capsys, "image", folders[0], "-o", image)[0] == 0
    code, said = command(capsys, "burn", image, "-d", drive, *words)
    assert (code, "an image is burnt as it is" in said) == (2, True)
    assert not (tmp_path / "disc").exists()
    assert command(capsys, "burn", image, "-d", drive)[0] == 0


def test_image_grows_or_gets_a_session(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, grown, session = (tmp_path / name for name in ("old.iso", "grown.iso", "session.iso"))
    assert command(capsys, "image", folders[0], "-o", old)[0] == 0
    assert command(capsys, "image", folders[1], "-M", old, "--remove", "first", "-o", grown)[0] == 0
    wanted = {"/second": b"second of two", "/common": b"common of two"}
    assert contents(discstack.read_volume(grown).root) == wanted
    assert command(capsys, "image", folders[1], "-M", old, "-C", "0,1000", "-o", session)[0] == 0
    disc = tmp_path / "disc.img"
    disc.write_bytes(old.read_bytes().ljust(1000 * SECTOR, b"\0") + session.read_bytes())
    volume = discstack.read_volume(disc)
    assert volume.start == 1000
    assert contents(volume.root) == {**wanted, "/first": b"first of one"}
    assert command(capsys, "image", folders[1], "-M", old, "-o", old)[0] == 0
    assert contents(discstack.read_volume(old).root) == {**wanted, "/first": b"first of one"}
    for words in (("-C", "0,1000"), ("--remove", "x"), ("-M", old, "-C", "7"), ("-M", old, "-C", "0,10")):
        assert command(capsys, "image", folders[1], "-o", tmp_path / "none", *words)[0] in (2, 7)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("medium", ["dvd+r", "bd-re"])
def test_it_is_told_that_a_disc_will_show_the_first_session_of_an_image_that_has_several(
    medium: str, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, session = tmp_path / "old.iso", tmp_path / "session.iso"
    assert command(capsys, "image", folders[0], "-o", old)[0] == 0
    assert command(capsys, "image", folders[1], "-M", old, "-C", "0,1008", "-o", session)[0] == 0
    code, said = command(capsys, "burn", old, "-d", f"virtual:{medium}?file={tmp_path / 'disc1'}")
    assert (code, "several sessions" in said) == (0, False)
    old.write_bytes(old.read_bytes().ljust(1008 * SECTOR, b"\0") + session.read_bytes())
    drive = f"virtual:{medium}?file={tmp_path / 'disc2'}"
    code, said = command(capsys, "burn", old, "-d", drive)
    assert (code, "the disc will show the first, and not the last, at sector 1008" in said) == (0, True)
    assert command(capsys, "ls", drive) == (0, "/common\n/first\n")


def by_pycdlib(folder: Path, image: Path) -> None:
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", udf="2.60")
    for number, path in enumerate(sorted(folder.iterdir())):
        paths = {"joliet_path": f"/{path.name}", "udf_path": f"/{path.name}"}
        iso.add_file(str(path), f"/FILE{number}.;1", rr_name=path.name, **paths)
    iso.write(str(image))
    iso.close()


def by_program(*words: str) -> Callable[[Path, Path], None]:
    return lambda folder, image: void(run(*(str({"IMAGE": image, "FOLDER": folder}.get(word, word)) for word in words)))


def void(_: str) -> None:
    """Forget what a program said."""


WRITERS = {
    "genisoimage": by_program("genisoimage", "-quiet", "-R", "-J", "-udf", "-pad", "-o", "IMAGE", "FOLDER"),
    "genisoimage without extensions": by_program("genisoimage", "-quiet", "-l", "-o", "IMAGE", "FOLDER"),
    "xorriso": by_program("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", "IMAGE", "FOLDER"),
    "pycdlib": by_pycdlib,
}


@pytest.mark.parametrize("session", [False, True], ids=["grown", "next session"])
@pytest.mark.parametrize("writer", WRITERS)
def test_image_of_another_program_is_added_to(writer: str, session: bool, tmp_path: Path) -> None:
    folder, old, new = tmp_path / "folder", tmp_path / "old.iso", tmp_path / "new.iso"
    folder.mkdir()
    # large enough that the last ones lie where UDF's partition may be
    wanted = {f"/FILE_{number}.DAT": bytes([65 + number]) * (number * 200_000 + 1) for number in range(5)}
    for path, data in wanted.items():
        (folder / path[1:]).write_bytes(data)
    WRITERS[writer](folder, old)
    start = -(-old.stat().st_size // SECTOR // 32) * 32 + 64
    image = discstack.FileSystemImage()
    image.import_file_system(old, next_session=start if session else None)
    image.root.create_file("NEW.TXT", b"new")
    image.root.remove("FILE_1.DAT")
    wanted = {path: data for path, data in wanted.items() if path != "/FILE_1.DAT"} | {"/NEW.TXT": b"new"}
    planned = image.create_result()
    planned.write_to(new)
    assert sum(map(len, planned.parts)) * SECTOR < 1_600_000  # the last files alone have 1.4 MB, and are not copied
    before = old.read_bytes()
    if session:
        assert new.read_bytes()[: len(before)] == before
    for view in VIEWS:
        volume = discstack.read_volume(new, view=view)
        assert volume.start == (start if session else 0)
        assert contents(volume.root) == wanted
    where = ("-load", "sbsector", str(start)) if session else ()
    target = tmp_path / "out"
    run("xorriso", "-osirrox", "on", *where, "-indev", new, "-extract", "/", target)
    assert {f"/{path.name}": path.read_bytes() for path in target.iterdir()} == wanted
    words = ("-T", str(start)) if session else ()
    assert set(run("isoinfo", "-R", "-f", *words, "-i", new).splitlines()) == set(wanted)
    if not session:
        run("7z", "x", "-y", "-tUDF", f"-o{tmp_path / 'udf'}", new)
        assert {f"/{path.name}": path.read_bytes() for path in (tmp_path / "udf").iterdir()} == wanted
        run("bsdtar", "-xf", new, "-C", folder)
        assert {name: (folder / name[1:]).read_bytes() for name in wanted} == wanted


def test_names_stay_the_same_through_an_import(tmp_path: Path) -> None:
    names = [
        "a name that is so long that no view of ISO 9660 and no Joliet can hold all of it.text",
        "Grüße.txt",
        "x~1",
    ]
    first = discstack.FileSystemImage()
    for name in names:
        first.root.create_file(name, name.encode())
    path = tmp_path / "image.iso"
    first.create_result().write_to(path)
    before = {view: set(contents(discstack.read_volume(path, view=view).root)) for view in VIEWS}
    for view in (VolumeView.UDF, VolumeView.ROCK_RIDGE):
        image = discstack.FileSystemImage()
        image.import_file_system(path, view=view)
        image.create_result().write_to(tmp_path / "again.iso")
        after = {view: set(contents(discstack.read_volume(tmp_path / "again.iso", view=view).root)) for view in VIEWS}
        assert after == before


def test_a_volume_does_not_grow_without_the_udf_that_it_has(tmp_path: Path) -> None:
    """What is left as it was would go on showing the old files, and most systems look at UDF first."""
    first = discstack.FileSystemImage()
    first.root.create_file("old", b"old")
    path = tmp_path / "image.iso"
    first.create_result().write_to(path)
    image = discstack.FileSystemImage(views=frozenset({View.ISO9660, View.JOLIET}))
    image.import_file_system(path)
    with pytest.raises(discstack.LayoutError, match="has UDF, which would go on showing"):
        image.create_result()
    session = discstack.FileSystemImage(views=frozenset({View.ISO9660, View.JOLIET}))
    session.import_file_system(path, next_session=1000)
    assert session.create_result().start == 1000


def test_names_that_udf_lacks_are_told_to_be_left_behind(tmp_path: Path) -> None:
    first = discstack.FileSystemImage(hidden={View.UDF: ["hidden*"]})
    for name in ("kept", "hidden", "no text \udce9"):
        first.root.create_file(name, name.encode("utf-8", "surrogateescape"))
    first.root.create_directory("hidden folder").create_file("below", b"below")
    path = tmp_path / "image.iso"
    first.create_result().write_to(path)
    others, note = discstack.FileSystemImage().import_file_system(path).notes
    assert "1 names are others in UDF" in str(others)
    assert "names that only Rock Ridge has: 2, such as /hidden; left out" in str(note)
    assert discstack.FileSystemImage().import_file_system(path, view=VolumeView.ROCK_RIDGE).notes == ()


def test_what_is_on_another_disc_is_not_written_over(tmp_path: Path) -> None:
    """A volume that grew is a whole image to every other disc, which keeps its data unless that may be lost."""
    one, two = Disc("dvd+rw", tmp_path / "one"), Disc("dvd+rw", tmp_path / "two")
    with one.recorder, two.recorder:
        one.burn(1)
        two.burn(1)
        image = discstack.FileSystemImage()
        image.import_file_system(one.recorder)
        image.root.create_file("new", b"new")
        planned = image.create_result()
        with pytest.raises(discstack.MediumNotBlank):
            discstack.DataWriter(two.recorder).write(planned)
        assert contents(discstack.read_volume(two.recorder).root) == two.wanted
        discstack.DataWriter(two.recorder, erase=True).write(planned)
        assert contents(discstack.read_volume(two.recorder).root) == one.wanted | {"/new": b"new"}
        assert contents(discstack.read_volume(one.recorder).root) == one.wanted


def test_session_of_another_disc_is_refused(tmp_path: Path) -> None:
    one, two = Disc("dvd+r", tmp_path / "one"), Disc("dvd+r", tmp_path / "two")
    with one.recorder, two.recorder:
        one.burn(1)
        two.burn(1)
        image = discstack.FileSystemImage()
        image.import_file_system(one.recorder)
        with pytest.raises(ValueError, match="next session of another disc"):
            discstack.DataWriter(two.recorder).write(image.create_result())


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "dvd+rw"])
def test_disc_that_another_programs_image_was_burnt_to_is_added_to(medium: str, tmp_path: Path) -> None:
    folder, old = tmp_path / "folder", tmp_path / "old.iso"
    folder.mkdir()
    wanted = {f"/FILE_{number}.DAT": bytes([65 + number]) * (number * 200_000 + 1) for number in range(4)}
    for path, data in wanted.items():
        (folder / path[1:]).write_bytes(data)
    WRITERS["xorriso"](folder, old)
    with discstack.open(f"virtual:{medium}?file={tmp_path / 'disc'}") as recorder:
        discstack.DataWriter(recorder).write(discstack.ImageFile(old))
        image = discstack.FileSystemImage()
        image.import_file_system(recorder)
        image.choose_defaults(recorder)
        image.root.create_file("NEW.TXT", b"new")
        discstack.DataWriter(recorder).write(image.create_result())
        for view in VIEWS:
            assert contents(discstack.read_volume(recorder, view=view).root) == wanted | {"/NEW.TXT": b"new"}


@pytest.mark.parametrize("disc", ["cd-r", "dvd+rw"], indirect=True)
def test_whole_disc_with_what_is_added_can_be_written_to_a_file(disc: Disc, tmp_path: Path) -> None:
    image = discstack.FileSystemImage()
    image.import_file_system(disc.recorder)
    image.root.create_file("new", b"new")
    planned = image.create_result()
    planned.write_to(tmp_path / "whole.img")
    volume = discstack.read_volume(tmp_path / "whole.img")
    assert volume.start == planned.start
    assert contents(volume.root) == disc.wanted | {"/new": b"new"}


@pytest.mark.parametrize("mode", ["packets", "variable-packets"])
def test_a_volume_with_a_virtual_allocation_table_grows_in_an_open_track(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, mode: str
) -> None:
    drive = f"virtual:cd-r?file={tmp_path / 'disc.img'}"
    for number in range(1, 4):
        (folder := tmp_path / str(number)).mkdir()
        (folder / f"file {number}").write_bytes(bytes([number]) * 5000)
        words = ["--append", "--udf=1.50", "--udf-vat", "--mode", mode, "--leave-open"][: 5 if number == 3 else 6]
        assert command(capsys, "burn", folder, "-d", drive, *words)[0] == 0
        with discstack.open(drive) as recorder:
            found = contents(discstack.read_volume(recorder).root)
        assert found == {f"/file {n}": bytes([n]) * 5000 for n in range(1, number + 1)}
    with discstack.open(drive) as recorder:
        status = recorder.medium()
        assert (status.sessions, status.open_session, len(status.tracks)) == (1, False, 1)


@pytest.mark.linux("symbolic links")
def test_what_goes_on_in_an_open_track_is_in_udf_alone_and_not_mixed_with_what_rock_ridge_showed_before(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Readers find Rock Ridge where the session begins: what it had there came back under its old name."""
    drive, words = f"virtual:cd-r?file={tmp_path / 'disc.img'}", ["--udf=1.50", "-R", "--udf-vat", "--leave-open"]
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
        (tmp_path / name / f"link to {name}").symlink_to(name)
    assert command(capsys, "burn", tmp_path / "old", "-d", drive, "--mode", "packets", *words)[0] == 0
    assert command(capsys, "ls", drive)[1].startswith("/link to old\n/old\n")
    changes = ("--append", "--rename", "old=other", "--remove", "link to old")
    code, said = command(capsys, "burn", tmp_path / "new", "-d", drive, "--mode", "packets", *words, *changes)
    assert (code, "what is added is in UDF alone" in said) == (0, True)
    assert "/link to new" in said  # UDF lacks it, unless it is asked to have it
    assert command(capsys, "ls", drive) == (0, "/new\n/other\n")
    assert command(capsys, "close", drive)[0] == 0
    with discstack.open(drive) as recorder:
        assert contents(discstack.read_volume(recorder).root) == {"/new": b"new", "/other": b"old"}


def test_a_session_in_fixed_packets_is_whole_packets_long_wherever_it_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its table is the last block that is recorded, and on a CD no next session starts at a multiple of a packet."""
    drive = f"virtual:cd-r?file={tmp_path / 'disc.img'}"
    for number, mode in ((1, "incremental"), (2, "packets")):
        (folder := tmp_path / str(number)).mkdir()
        (folder / f"file {number}").write_bytes(bytes([number]) * 5000)
        words = ["--append", "--udf=1.50", "--udf-vat", "--mode", mode]
        assert command(capsys, "burn", folder, "-d", drive, *words)[0] == 0
    with discstack.open(drive) as recorder:
        last = recorder.medium().tracks[-1]
        found = contents(discstack.read_volume(recorder, view=VolumeView.UDF).root)
    assert last.start % 32
    assert found == {f"/file {n}": bytes([n]) * 5000 for n in (1, 2)}


def test_nothing_is_added_where_nobody_would_find_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Readers look for a volume at the start of the last session, which is open here."""
    drive = f"virtual:cd-r?file={tmp_path / 'disc.img'}"
    (folder := tmp_path / "folder").mkdir()
    (folder / "file").write_bytes(b"a")
    assert command(capsys, "burn", folder, "-d", drive, "--mode", "packets", "--leave-open")[0] == 0
    with discstack.open(drive) as recorder:
        with pytest.raises(discstack.MediaError, match="close it first"):
            discstack.FileSystemImage().import_file_system(recorder)
        discstack.Closer(recorder).close_session()
        discstack.FileSystemImage().import_file_system(recorder)


@pytest.mark.parametrize("grow", [True, False], ids=["grown", "next session"])
def test_what_is_taken_over_can_be_hidden_in_a_view_or_marked(grow: bool, tmp_path: Path) -> None:
    path = tmp_path / "image.iso"
    first = discstack.FileSystemImage()
    for name in ("plain", "not in udf", "not in joliet", "marked"):
        first.root.create_file(name, name.encode())
    first.create_result().write_to(path)
    hidden = {View.UDF: ["not in udf"], View.JOLIET: ["*joliet"]}
    again = discstack.FileSystemImage(hidden=hidden, marked_hidden=["marked"])
    again.import_file_system(path, next_session=None if grow else 1000)
    planned = again.create_result()
    if grow:
        planned.write_parts(path)
    else:
        with path.open("r+b") as file:
            file.seek(1000 * 2048)
            planned.write_to(file, part=planned.parts[0])
    names = {
        view: {node.name for node in discstack.read_volume(path, view=view).root.children()}
        for view in (VolumeView.UDF, VolumeView.JOLIET, VolumeView.ROCK_RIDGE)
    }
    everything = {"plain", "not in udf", "not in joliet", "marked"}
    assert names == {
        VolumeView.UDF: everything - {"not in udf"},
        VolumeView.JOLIET: everything - {"not in joliet"},
        VolumeView.ROCK_RIDGE: everything,
    }
    assert [node.name for node in discstack.read_volume(path).root.children() if node.hidden] == ["marked"]
    if grow:
        listed = subprocess.run(["7z", "l", "-ba", "-tudf", path], check=True, capture_output=True, text=True).stdout
        assert "not in joliet" in listed
        assert "not in udf" not in listed


def test_an_image_of_another_program_is_burnt_where_it_was_made_for(
    discstack: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a").write_text("first")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/b").write_text("second")
    drive = "virtual:cd-r?file=disc"
    start = discstack("burn", "one", "-d", drive, "--json").json["medium"]["next_writable_address"]
    words = ("-quiet", "-R", "-C", f"0,{start}", "-M", "disc", "-o", "two.iso", "two")
    subprocess.run(["genisoimage", *words], cwd=tmp_path, check=True, capture_output=True)
    for wrong in ((), ("--start", str(start + 1))):
        assert discstack("burn", "two.iso", "-d", drive, *wrong).code == 5
    burnt = discstack("burn", "two.iso", "-d", drive, "--start", str(start), "--json").json
    assert (burnt["start"], burnt["verified"]) == (start, True)
    assert sorted(discstack("ls", drive).out.split()) == ["/a", "/b"]
    assert discstack("burn", "two", "-d", drive, "--start", str(start)).code == 2


def test_an_image_goes_anywhere_on_a_disc_to_be_written_over(discstack: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a").write_text("content")
    assert discstack("image", "a", "-o", "a.iso").code == 0
    image = (tmp_path / "a.iso").read_bytes()
    drive = "virtual:dvd+rw?file=disc&capacity=8192"
    assert discstack("burn", "a.iso", "-d", drive, "--start", "1024").code == 0  # blank
    again = discstack("burn", "a.iso", "-d", drive, "--start", "2048")  # what lies there nobody knows
    assert (again.code, "may hold data" in again.err) == (5, True)
    assert discstack("burn", "a.iso", "-d", drive, "--start", "2049", "--erase").code == 5
    assert discstack("burn", "a.iso", "-d", drive, "--start", "2048", "--erase").code == 0
    assert discstack("verify", drive, "a.iso", "--start", "2048").code == 0
    disc = (tmp_path / "disc").read_bytes()
    assert disc[1024 * 2048 :][: len(image)] == image
    assert not disc[: 1024 * 2048].strip(b"\0")
