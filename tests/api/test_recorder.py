"""A recorder as threads and long-running programs use it."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import discstack
from discstack.emulator.open import open_virtual
from discstack.mmc import actions
from discstack.mmc.overwrite import Zeros
from discstack.mmc.spec.commands import INQUIRY, READ_10
from discstack.mmc.spec.layout import StructureError
from discstack.transport.base import Command, Reply, Transport

MOMENT = 0.2  # seconds
UNREADABLE = bytes.fromhex("70 00 03 00 00 00 00 0A 00 00 00 00 11 00")


class Wrapped:
    """A transport that can be closed while the drive behind it stays as it is."""

    def __init__(self, drive: Transport) -> None:
        self.max_transfer, self.usual_transfer, self.clock = drive.max_transfer, drive.usual_transfer, drive.clock
        self._drive: Transport | None = drive

    def execute(self, command: Command, /) -> Reply:
        if self._drive is None:
            raise discstack.DeviceGone("it was closed")
        return self._drive.execute(command)

    def close(self) -> None:
        self._drive = None


class Opened:
    """An address like that of a drive of the machine: opened to look, and anew for a job."""

    shared = True

    def __init__(self, drive: Transport) -> None:
        self._drive = drive

    def open(self, *, write: bool) -> Transport:
        return Wrapped(self._drive)

    def unmount(self) -> None:
        pass


def test_the_typed_commands_of_a_recorder_wait_for_a_job_of_another_thread() -> None:
    with discstack.open("virtual:dvd+r?capacity=4096") as recorder:
        kept, answered = recorder.drive, threading.Event()

        def ask() -> None:
            kept.inquiry()
            recorder.drive.inquiry()
            answered.set()

        asking = threading.Thread(target=ask)
        with recorder.exclusive():
            asking.start()
            assert not answered.wait(MOMENT)
        asking.join()
        assert answered.is_set()


def test_the_drive_of_a_recorder_outlives_a_job_that_opened_it_anew() -> None:
    virtual = open_virtual("dvd+r", capacity=4096)
    with discstack.Recorder(Opened(virtual)) as recorder:
        drive = recorder.drive
        assert drive.identify().state is discstack.DiscState.BLANK
        discstack.DataWriter(recorder).write(Zeros(100))
        assert drive.identify().state is discstack.DiscState.APPENDABLE
        with recorder.exclusive():
            drive.run(actions.prevent_removal(prevent=False))
    virtual.close()


def test_who_leaves_the_drive_of_a_recorder_leaves_the_recorder_open() -> None:
    with discstack.open("virtual:dvd+r?capacity=4096") as recorder:
        with recorder.drive as drive:
            assert drive.inquiry().product_identification == recorder.product_id
        assert recorder.medium().blank


def test_a_command_moves_data_in_one_direction() -> None:
    with (
        discstack.open("virtual:dvd+r?capacity=4096") as recorder,
        pytest.raises(ValueError, match="to the drive or from it, not both"),
    ):
        recorder.execute(INQUIRY.build(allocation_length=36), allocation=36, data=b"36 bytes that would not be sent")


@pytest.mark.parametrize("timeout", [0.0, -1.0])
def test_a_command_has_some_time(timeout: float) -> None:
    with (
        discstack.open("virtual:dvd+r?capacity=4096") as recorder,
        pytest.raises(ValueError, match="a time-out is more than 0"),
    ):
        recorder.execute(bytes(6), timeout=timeout)


def test_an_answer_is_copied_and_pickled_with_its_data() -> None:
    with discstack.open("virtual:dvd+r?capacity=4096") as recorder:
        reply = recorder.execute(INQUIRY.build(allocation_length=36), allocation=36)
        refusal = recorder.execute(bytes([0xE7, *bytes(9)]))
    assert bytes(reply.data[8:16]) == b"DISCSTAK"
    assert refusal.sense
    for answer in (reply, refusal):
        assert pickle.loads(pickle.dumps(answer)) == copy.deepcopy(answer) == copy.copy(answer) == answer


ERRORS: tuple[Exception, ...] = (
    discstack.IllegalRequest(
        bytes(6), Reply(status=2, sense=bytes.fromhex("70 00 05 00 00 00 00 0A 00 00 00 00 20 00"))
    ),
    discstack.StatusError(bytes(6), Reply(status=8)),
    discstack.ResponseError(bytes(6), StructureError("disc information", b"\1\2", "shorter than 8 bytes")),
    discstack.ShortTransfer(bytes(6), 2048),
    discstack.MediumFull("too much", excess=7),
    discstack.VerificationError("it differs", [range(16, 32)]),
    discstack.Cancelled("cancelled"),
    discstack.CapacityError(312, 10),
    discstack.CueError("a.cue", 1, 2, "nonsense"),
    discstack.LayoutError("no image"),
    discstack.SourceError("/a", "it is gone"),
    discstack.AudioFormatError("/a.wav", "no audio"),
    discstack.VolumeError("no file system"),
    discstack.TransportTimeout("no answer", errno=62),
    discstack.DiscFileError("no disc"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("passed_on", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_an_error_gets_into_another_process_as_it_is(error: Exception, passed_on: Callable[[Any], Any]) -> None:
    error.__notes__ = ["what else was found"]
    got = passed_on(error)
    assert type(got) is type(error)
    assert (str(got), repr(got), got.args) == (str(error), repr(error), error.args)
    assert got.__dict__.keys() == error.__dict__.keys()
    told = {name: value for name, value in error.__dict__.items() if name != "__notes__"}
    assert {name: got.__dict__[name] for name in told} == told
    assert got.__notes__ == error.__notes__


def test_an_error_is_spelled_alike_in_a_process_that_knows_of_no_drive_yet() -> None:
    error = discstack.MediumError(READ_10.build(lba=64, transfer_length=1), Reply(status=2, sense=UNREADABLE))
    words = [sys.executable, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer))"]
    told = subprocess.run(words, input=pickle.dumps(error), stdout=subprocess.PIPE, check=True).stdout
    assert told.decode().strip() == str(error)
    assert str(error).startswith("READ (10) lba=0x40 transfer_length=0x1: MEDIUM ERROR 3/11/00")
