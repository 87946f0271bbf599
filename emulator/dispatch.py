"""The dispatch table: for each opcode what must hold before, and who answers.

The dispatcher does unit attention, readiness and the refusal of unknown commands once; handlers hold the happy path.
A handler names the CDB fields that it wants as keyword-only parameters; one that the CDB lacks fails here, at import.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from discstack.emulator.commands import (
    configuration,
    disc,
    modes,
    recording,
    sectors,
    security,
    speed,
    structure,
    toc,
    transfer,
    unit,
)
from discstack.emulator.conditions import INVALID_FIELD_IN_CDB, INVALID_OPCODE, Refusal
from discstack.emulator.drive import Drive
from discstack.emulator.request import Request
from discstack.mmc.spec import commands
from discstack.mmc.spec.cdb import REGISTRY, lookup
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, GOOD, Reply

Precondition = Callable[[Drive], Sense | None]
Handler = Callable[..., bytes | memoryview]

CONTROL_NACA_LINK: Final = 0x05  # control byte: neither ACA nor linked commands, SAM-5 5.2


def no_attention(drive: Drive) -> Sense | None:
    """Report a unit attention once."""
    return drive.attentions.popleft() if drive.attentions else None


def medium_present(drive: Drive) -> Sense | None:
    """Want a disc in a closed tray."""
    return drive.absence()


def idle(drive: Drive) -> Sense | None:
    """Want no operation to be running."""
    return drive.busy_condition()


ANY: Final = ()
UNIT: Final = (no_attention,)
IDLE: Final = (no_attention, idle)
LOADED: Final = (no_attention, medium_present)
READY: Final = (no_attention, medium_present, idle)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who answers a command, with which fields of its CDB, under which preconditions."""

    handler: Handler
    preconditions: tuple[Precondition, ...]
    fields: tuple[str, ...]


def serve(handler: Handler, preconditions: tuple[Precondition, ...]) -> Entry:
    """Make an entry; the handler's keyword-only parameters are the fields."""
    parameters = inspect.signature(handler).parameters.values()
    return Entry(handler, preconditions, tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY))


TABLE: Final[dict[int, Entry]] = {
    commands.TEST_UNIT_READY.opcode: serve(unit.test_unit_ready, READY),
    commands.REQUEST_SENSE.opcode: serve(unit.request_sense, ANY),
    commands.FORMAT_UNIT.opcode: serve(recording.format_unit, READY),
    commands.INQUIRY.opcode: serve(unit.inquiry, ANY),
    commands.MODE_SELECT_6.opcode: serve(modes.mode_select_6, UNIT),
    commands.MODE_SENSE_6.opcode: serve(modes.mode_sense_6, UNIT),
    commands.START_STOP_UNIT.opcode: serve(unit.start_stop_unit, IDLE),
    commands.PREVENT_ALLOW_MEDIUM_REMOVAL.opcode: serve(unit.prevent_allow_medium_removal, UNIT),
    commands.READ_FORMAT_CAPACITIES.opcode: serve(disc.read_format_capacities, IDLE),
    commands.READ_CAPACITY.opcode: serve(disc.read_capacity, READY),
    commands.READ_10.opcode: serve(transfer.read, READY),
    commands.WRITE_10.opcode: serve(transfer.write_10, READY),
    commands.SEEK_10.opcode: serve(transfer.seek, READY),
    commands.WRITE_AND_VERIFY_10.opcode: serve(transfer.write_and_verify, READY),
    commands.VERIFY_10.opcode: serve(transfer.verify, READY),
    commands.SYNCHRONIZE_CACHE_10.opcode: serve(transfer.synchronize_cache, READY),
    commands.READ_BUFFER.opcode: serve(transfer.read_buffer, UNIT),
    commands.READ_TOC_PMA_ATIP.opcode: serve(toc.read_toc_pma_atip, READY),
    commands.GET_CONFIGURATION.opcode: serve(configuration.get_configuration, ANY),
    commands.GET_EVENT_STATUS_NOTIFICATION.opcode: serve(unit.get_event_status_notification, ANY),
    commands.LOG_SENSE.opcode: serve(unit.log_sense, UNIT),
    commands.READ_DISC_INFORMATION.opcode: serve(disc.read_disc_information, READY),
    commands.READ_TRACK_INFORMATION.opcode: serve(disc.read_track_information, READY),
    commands.RESERVE_TRACK.opcode: serve(recording.reserve_track, READY),
    commands.SEND_OPC_INFORMATION.opcode: serve(recording.send_opc_information, READY),
    commands.MODE_SELECT_10.opcode: serve(modes.mode_select_10, UNIT),
    commands.MODE_SENSE_10.opcode: serve(modes.mode_sense_10, UNIT),
    commands.CLOSE_TRACK_SESSION.opcode: serve(recording.close_track_session, READY),
    commands.READ_BUFFER_CAPACITY.opcode: serve(transfer.read_buffer_capacity, LOADED),
    commands.REPORT_LUNS.opcode: serve(unit.report_luns, ANY),
    commands.BLANK.opcode: serve(recording.blank, READY),
    commands.READ_12.opcode: serve(transfer.read, READY),
    commands.WRITE_12.opcode: serve(transfer.write_12, READY),
    commands.GET_PERFORMANCE.opcode: serve(speed.get_performance, READY),
    commands.READ_DISC_STRUCTURE.opcode: serve(structure.read_disc_structure, READY),
    commands.SEND_DISC_STRUCTURE.opcode: serve(structure.send_disc_structure, READY),
    commands.REPORT_KEY.opcode: serve(security.report_key, UNIT),
    commands.SET_STREAMING.opcode: serve(speed.set_streaming, UNIT),
    commands.SET_CD_SPEED.opcode: serve(speed.set_cd_speed, UNIT),
    commands.MECHANISM_STATUS.opcode: serve(unit.mechanism_status, UNIT),
    commands.READ_CD.opcode: serve(sectors.read_cd, READY),
    commands.READ_CD_MSF.opcode: serve(sectors.read_cd_msf, READY),
    commands.READ_SUB_CHANNEL.opcode: serve(sectors.read_sub_channel, READY),
    commands.SEND_CUE_SHEET.opcode: serve(recording.send_cue_sheet, READY),
}


def _check_table() -> None:
    for cdb in REGISTRY.values():
        entry = TABLE.get(cdb.opcode)
        if entry is not None and (unknown := set(entry.fields) - set(cdb.field_names)):
            raise TypeError(f"{cdb.name} has no field {', '.join(sorted(unknown))}")


_check_table()


def execute(drive: Drive, request: Request) -> Reply:
    """Run one command; the answer is always a Reply."""
    drive.poll()
    try:
        data = _answer(drive, request)
    except Refusal as refusal:
        return Reply(CHECK_CONDITION, refusal.condition.build(), b"", len(request.incoming) or len(request.outgoing))
    return _deliver(request, data)


def _answer(drive: Drive, request: Request) -> bytes | memoryview:
    if not request.cdb or (entry := TABLE.get(request.cdb[0])) is None:
        raise Refusal(INVALID_OPCODE)
    cdb = lookup(request.cdb)
    if cdb is None or len(request.cdb) != cdb.length or request.cdb[-1] & CONTROL_NACA_LINK:
        raise Refusal(INVALID_FIELD_IN_CDB)
    for precondition in entry.preconditions:
        if (condition := precondition(drive)) is not None:
            raise Refusal(condition)
    fields: dict[str, Any] = cdb.parse(request.cdb)
    data = entry.handler(drive, request, **{name: fields[name] for name in entry.fields})
    return data[: fields.get("allocation_length", len(data))]


def _deliver(request: Request, data: bytes | memoryview) -> Reply:
    """Put the answer where the host wants it; what a READ filled lies there already."""
    room = request.incoming
    count = min(len(data), len(room))
    if count and not isinstance(data, memoryview):
        room[:count] = data[:count]
    return Reply(GOOD, b"", room[:count], len(room) - count)
