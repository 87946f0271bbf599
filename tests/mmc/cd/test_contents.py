"""What a drive tells of a CD, where it does not tell all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.contents import cd_contents, holds_audio_alone
from discstack.mmc.errors import ResponseError
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, Command, Reply

CAPACITY = 13000
HEADER, ENTRY = 4, 11  # bytes of the raw table of contents, MMC-6 6.25.3.4
RAW_TOC = "opcode=43,format=2"


def disc(studio: Any, fault: str) -> Any:
    lab = studio.lab
    ready = lab.drive("cd-r", CAPACITY)
    lab.run(burn_program(studio.job(studio.track(300, 1), studio.track(300, 2))), ready)
    return lab.copy_of(ready, "cd-r", CAPACITY, fault=fault)


@pytest.mark.parametrize("entries", range(5), ids=["nothing", "A0", "A1", "A2", "the first track"])
def test_tracks_of_a_table_that_was_cut_off_are_not_lost_in_silence(studio: Any, entries: int) -> None:
    tap = disc(studio, f"{RAW_TOC},keep={HEADER + entries * ENTRY},times=0")
    with pytest.raises(ResponseError, match="session 1"):
        studio.lab.run(cd_contents(), tap)


def test_a_whole_table_is_believed(studio: Any) -> None:
    tap = disc(studio, f"{RAW_TOC},keep={HEADER + 5 * ENTRY},times=0")
    assert [track.number for track in studio.lab.run(cd_contents(), tap).tracks] == [1, 2]


def test_q_that_comes_late_makes_no_copy_of_a_track(studio: Any) -> None:
    """Where it is of the track before, which may have another copy bit."""
    tap = studio.lab.drive("cd-r", 20000)
    tracks = studio.track(400, 1), studio.track(400, 2, copy_permitted=True), studio.track(400, 3, copied=True)
    studio.lab.run(burn_program(studio.job(*tracks)), tap)
    execute = tap.execute

    def late(command: Any) -> Any:
        reply = execute(command)
        if command.cdb[0] != 0xBE or command.cdb[10] != 1 or command.cdb[5] == command.cdb[4] == 0:
            return reply
        before = int.from_bytes(command.cdb[2:6], "big") - 2
        earlier = execute(replace(command, cdb=command.cdb[:2] + before.to_bytes(4, "big") + command.cdb[6:]))
        blocks = range(0, len(reply.data), 2448)
        mixed = (bytes(reply.data[at : at + 2352]) + earlier.data[at + 2352 : at + 2448] for at in blocks)
        return replace(reply, data=b"".join(mixed))

    tap.execute = late
    assert [track.copied for track in studio.lab.run(cd_contents(), tap).tracks] == [False, False, True]


def test_a_disc_of_audio_is_known_by_a_drive_that_tells_nothing_of_a_session_without_tracks(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", CAPACITY)
    studio.lab.run(burn_program(studio.job(studio.track(), close=False)), tap)
    execute = tap.execute

    def refused(command: Command) -> Reply:
        if command.cdb[0] == 0x52 and command.cdb[1] == 1 and command.cdb[5] == 2:
            return Reply(CHECK_CONDITION, Sense(0x5, 0x24).build())
        return execute(command)

    tap.execute = refused
    assert studio.lab.run(holds_audio_alone(), tap)
