"""What a writer was asked for is what its job is told, whichever of the choices it is."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
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
