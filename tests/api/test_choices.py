"""What a writer was asked for is what its job is told, whichever of the choices it is."""

from __future__ import annotations

import inspect
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import Program, ProgramTrack, TrackForm
from discstack.mmc.job import BurnJob, WriteCommand
from discstack.mmc.overwrite import Zeros

DATA: Mapping[str, Any] = {
    "erase": True,
    "close": True,
    "leave_open": True,
    "overburn": True,
    "mode": discstack.WriteMode.DISC_AT_ONCE,
    "layer_break": 1600,
    "command": WriteCommand.WRITE_AND_VERIFY,
    "simulate": True,
    "speed": 1111,
    "verify": discstack.VerifyLevel.QUICK,
    "verify_speed": 2222,
    "xa": True,
    "underrun_protection": False,
    "ring_bytes": 3333,
    "transfer_bytes": 4444,
}
AUDIO: Mapping[str, Any] = {
    "erase": True,
    "close": False,
    "simulate": True,
    "overburn": True,
    "speed": 1111,
    "sub_channels": SubChannelForm.RAW,
    "verify": discstack.VerifyLevel.FULL,
    "verify_speed": 2222,
    "underrun_protection": False,
    "ring_bytes": 3333,
    "transfer_bytes": 4444,
}
OF_PROGRAMS = ("gapless", "cd_text", "graphics")  # choices that say what the program is, not how it is written
PROGRAM = Program(tracks=(ProgramTrack(source=Zeros(400), form=TrackForm.MODE_1),))


class Told(Exception):
    """Carries the job that would have been carried out."""


def tell(job: object) -> None:
    raise Told(job)


def job_of(writer: Any, content: object, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    module, procedure = {
        discstack.DataWriter: ("discstack.data_writer", "burn"),
        discstack.AudioWriter: ("discstack.audio_writer", "burn_program"),
    }[type(writer)]
    monkeypatch.setattr(f"{module}.{procedure}", tell)
    with pytest.raises(Told) as caught:
        writer.write(content, **options)
    return caught.value.args[0]


def choices_of(writer: type) -> list[str]:
    return [name for name in inspect.signature(writer).parameters if name not in ("recorder", *OF_PROGRAMS)]


@pytest.mark.parametrize("name", choices_of(discstack.DataWriter))
def test_every_choice_of_a_data_writer_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        usual = job_of(discstack.DataWriter(recorder), Zeros(40), monkeypatch)
        told = job_of(discstack.DataWriter(recorder, **{name: DATA[name]}), Zeros(40), monkeypatch)
    fields = [field for field in BurnJob.__dataclass_fields__ if field != "source"]
    differing = {field: getattr(told, field) for field in fields if getattr(told, field) != getattr(usual, field)}
    assert differing == {name: DATA[name]}


@pytest.mark.parametrize("name", choices_of(discstack.AudioWriter))
def test_every_choice_of_an_audio_writer_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        usual = job_of(discstack.AudioWriter(recorder), PROGRAM, monkeypatch)
        told = job_of(discstack.AudioWriter(recorder, **{name: AUDIO[name]}), PROGRAM, monkeypatch)
    fields = [field for field in usual.__dataclass_fields__ if field != "mode"]
    differing = {field: getattr(told, field) for field in fields if getattr(told, field) != getattr(usual, field)}
    assert differing == {name: AUDIO[name]}
    assert usual.mode is CdWriteMode.SESSION_AT_ONCE
    assert told.mode is (CdWriteMode.RAW if name == "sub_channels" else CdWriteMode.SESSION_AT_ONCE)


def test_where_an_image_begins_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        assert job_of(discstack.DataWriter(recorder), Zeros(40), monkeypatch, start=96).start == 96


@pytest.mark.parametrize("verify", ["full", None, True])
def test_what_is_no_level_is_refused_and_does_not_quietly_verify_nothing(verify: Any) -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        for write in (
            lambda: discstack.DataWriter(recorder, verify=verify).write(Zeros(40)),
            lambda: discstack.AudioWriter(recorder, verify=verify).write(PROGRAM),
            lambda: discstack.AudioWriter(recorder, verify=verify).prepare(),
            lambda: discstack.RawWriter(recorder, verify=verify).write(PROGRAM),
        ):
            with pytest.raises(TypeError, match=r"verify is one of VerifyLevel.NONE, .*, not"):
                write()
        assert recorder.medium().blank


@pytest.mark.parametrize("speed", [0, -4])
def test_a_speed_that_is_none_is_refused(speed: int) -> None:
    with discstack.open("virtual:cd-rw?capacity=4096") as recorder:
        for choices in ({"speed": speed}, {"verify_speed": speed}):
            with pytest.raises(ValueError, match=f"a speed is in kB/s, and more than 0: not {speed}"):
                discstack.DataWriter(recorder, **choices).write(Zeros(40))
            with pytest.raises(ValueError, match=f"a speed is in kB/s, and more than 0: not {speed}"):
                discstack.AudioWriter(recorder, **choices).write(PROGRAM)
        assert recorder.medium().blank


@pytest.mark.parametrize("speed", [0, -4])
def test_a_speed_that_is_none_is_refused_by_readers_too(speed: int, tmp_path: Path) -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        discstack.DataWriter(recorder).write(Zeros(40))
        reader = discstack.DiscReader(recorder)
        for read in (
            lambda: reader.read(io.BytesIO(), speed=speed),
            lambda: reader.verify(Zeros(40), speed=speed),
            lambda: discstack.CdReader(recorder).save(tmp_path / "disc.cue", speed=speed),
        ):
            with pytest.raises(ValueError, match=f"a speed is in kB/s, and more than 0: not {speed}"):
                read()


def test_one_file_for_a_list_of_them_is_refused() -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        for file in ("one.wav", Path("album.cue")):
            with pytest.raises(TypeError, match=r"audio files come as a list, a cue sheet by CueSheet\.load"):
                discstack.AudioWriter(recorder).write(file)  # type: ignore[arg-type]


def test_blocks_are_read_one_after_the_other() -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        discstack.DataWriter(recorder).write(Zeros(40))
        with pytest.raises(ValueError, match="one after the other, not 2 on each time"):
            discstack.DiscReader(recorder).read(io.BytesIO(), blocks=range(0, 40, 2))


@pytest.mark.parametrize("source", ["image.iso", b"bytes", None])
def test_what_is_no_image_is_refused_with_what_would_be_one(source: Any) -> None:
    with discstack.open("virtual:cd-r?capacity=4096") as recorder:
        with pytest.raises(TypeError, match="is no image, and no stream of one; ImageFile opens one in a file"):
            discstack.DataWriter(recorder).write(source)
        assert recorder.medium().blank
