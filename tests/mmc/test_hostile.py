"""Drives that answer nonsense: whatever the bytes, each question ends with a value or a typed error, and soon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import cycle
from pkgutil import walk_packages
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc import inspection, performance, queries, spec
from discstack.mmc.burn import burn
from discstack.mmc.errors import DriveError, ResponseError
from discstack.mmc.identify import identify
from discstack.mmc.job import BurnJob
from discstack.mmc.operations import erase, format_medium
from discstack.mmc.overwrite import Zeros
from discstack.mmc.procedure import run
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.layout import Structure, StructureError
from discstack.transport.base import Command, Reply

MOST_COMMANDS = 3000
ONE_ANSWER = {
    "inquiry": queries.inquiry,
    "configuration": queries.configuration,
    "disc information": queries.disc_information,
    "track information": lambda: queries.track_information(1),
    "format capacities": queries.format_capacities,
    "capacity": queries.read_capacity,
    "table of contents": lambda: queries.toc(0),
    "ATIP": queries.atip,
    "disc structure": lambda: queries.disc_structure(0),
    "buffer": queries.read_buffer_capacity,
    "mode page": lambda: queries.mode_page(5),
    "write parameters": queries.write_parameters,
    "capabilities": queries.capabilities,
    "write speeds": performance.write_speeds,
    "performance": performance.writing,
    "events": queries.drain_events,
    "serial number": inspection.serial_number,
    "mode pages": inspection.mode_pages,
    "mechanism": inspection.mechanism,
    **inspection.DISC,
}
# Lengths that are too small, too large and just right lie close to these.
answers = st.one_of(
    st.binary(max_size=96),
    st.integers(0, 600).map(bytes),
    st.integers(0, 600).map(lambda size: b"\xff" * size),
    st.builds(lambda length, rest: length.to_bytes(2, "big") + rest, st.integers(0, 0xFFFF), st.binary(max_size=80)),
    st.builds(lambda length, rest: length.to_bytes(4, "big") + rest, st.integers(0, 2000), st.binary(max_size=80)),
)


class Liar:
    """Answers GOOD to all commands, and to those that want data with what comes next in its list."""

    max_transfer = usual_transfer = 4096

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.answers = cycle(answers)
        self.commands = 0
        self.time = 0.0
        self.clock = self

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float, /) -> None:
        self.time += seconds

    def execute(self, command: Command, /) -> Reply:
        self.commands += 1
        assert self.commands < MOST_COMMANDS, "no end in sight"
        if command.direction is not Direction.FROM_DEVICE:
            return Reply()
        buffer = memoryview(bytearray(command.allocation) if command.data is None else command.data).cast("B")
        assert len(buffer) <= self.max_transfer
        data = next(self.answers)[: len(buffer)]
        buffer[: len(data)] = data
        return Reply(data=buffer[: len(data)], residual=len(buffer) - len(data))

    def close(self) -> None:
        pass


@pytest.mark.parametrize("question", ONE_ANSWER.values(), ids=ONE_ANSWER)
@given(st.lists(answers, min_size=1, max_size=4))
def test_a_question_ends_with_a_value_or_a_response_error(question: Callable[[], Any], said: list[bytes]) -> None:
    kept = b""
    try:
        run(question(), Liar(said))
    except ResponseError as error:
        kept = error.raw
    assert kept in {data[: len(kept)] for data in said}


@pytest.mark.parametrize("table", [inspection.DRIVE, inspection.FEATURES, inspection.MODES, inspection.DISC])
@given(st.lists(answers, min_size=1, max_size=8))
def test_an_inspection_always_ends(table: Any, said: list[bytes]) -> None:
    found = run(inspection.inspect(table), Liar(said))
    assert found.answers.keys() | found.refusals.keys() == table.keys()


def configured(profile: int) -> bytes:
    return (4).to_bytes(4, "big") + bytes(2) + profile.to_bytes(2, "big")


JOBS: dict[str, Callable[[], Any]] = {
    "identify": identify,
    "burn": lambda: burn(BurnJob(source=Zeros(40), ring_bytes=1 << 17)),
    "erase": erase,
    "format": format_medium,
}


@pytest.mark.parametrize("job", JOBS)
@given(
    profile=st.sampled_from([0x09, 0x0A, 0x1A, 0x1B, 0x41, 0x43, 0x10, 0x00, 0xFFFF]),
    said=st.lists(answers, min_size=1, max_size=8),
)
def test_a_job_on_such_a_drive_ends_with_a_typed_error(job: str, profile: int, said: list[bytes]) -> None:
    inquiry = bytes.fromhex("05 80 05 02 1F") + bytes(31)
    first = [configured(profile)] * 2 if job == "identify" else [inquiry, *[configured(profile)] * 2]
    transport = Liar(said)
    transport.answers = cycle([*first, *said])
    try:
        run(JOBS[job](), transport)
    except DriveError:
        return
    assert job == "identify"


def structures() -> dict[str, type[Structure]]:
    for module in walk_packages(spec.__path__, "discstack.mmc.spec."):
        import_module(module.name)

    def below(kind: type[Structure]) -> dict[str, type[Structure]]:
        found = {kind.__name__: kind}
        for child in kind.__subclasses__():
            if child.__module__.startswith("discstack."):
                found |= below(child)
        return found

    return {name: kind for name, kind in below(Structure).items() if hasattr(kind, "layout")}


@pytest.mark.parametrize("kind", structures().values(), ids=structures())
@given(answers)
def test_any_bytes_are_a_structure_or_none(kind: type[Structure], data: bytes) -> None:
    kept = b""
    try:
        kind.parse(data)
    except StructureError as error:
        kept = error.raw
    assert kept == data[: len(kept)]
