"""Asking a drive and a disc everything that there is to ask, for people and for bug reports.

Nothing here changes anything. The questions are tables; a question that the drive refuses, or answers with nonsense, or
the system's command filter keeps back, is no error: the reason takes the place of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from discstack.mmc import performance, queries
from discstack.mmc.cd.contents import cd_contents
from discstack.mmc.command import ask
from discstack.mmc.errors import CommandError, DriveTimeout, IllegalRequest, ResponseError
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.commands import INQUIRY, MECHANISM_STATUS, MODE_SENSE_10, READ_TOC_PMA_ATIP
from discstack.mmc.spec.disc_structure import DiscStructure, DiscStructureList, PhysicalFormatInformation
from discstack.mmc.spec.event_status import EventStatus, NotificationClass
from discstack.mmc.spec.inquiry import UnitSerialNumber
from discstack.mmc.spec.mechanism import MechanismStatus
from discstack.mmc.spec.mode_pages import ModePage
from discstack.mmc.spec.mode_parameters import ModeParameters10
from discstack.mmc.spec.toc import Atip, CdText, Pma, RawToc, Toc, TocFormat
from discstack.mmc.spec.track_information import TrackInformation
from discstack.transport.base import DeviceGone, TransportError, TransportTimeout

T = TypeVar("T")
Question = Callable[[], Procedure[Any]]

ALL_PAGES: Final = 0x3F
SERIAL_NUMBER_LENGTH: Final = 255
MODE_HEADER: Final = 8
MECHANISM_HEADER: Final = 8
DVD, BD = 0, 1  # media types of READ DISC STRUCTURE
LIST_OF_FORMATS: Final = 0xFF
MOST_STRUCTURES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Answers by question, and for the questions without an answer the reason.

    `foreign` are those of the latter that the drive knows nothing of, or not with this medium.
    """

    answers: Mapping[str, Any]
    refusals: Mapping[str, str]
    foreign: tuple[str, ...] = ()


def inspect(questions: Mapping[str, Question]) -> Procedure[Inspection]:
    """Ask all questions of a table."""
    answers: dict[str, Any] = {}
    refusals: dict[str, str] = {}
    foreign = []
    for name, question in questions.items():
        try:
            answers[name] = yield from persist(question, swallow_attentions=True)
        except (DeviceGone, TransportTimeout):  # no other question would fare better
            raise
        except (CommandError, ResponseError, DriveTimeout, TransportError) as error:
            refusals[name] = str(error)
            if isinstance(error, IllegalRequest):
                foreign.append(name)
    return Inspection(answers=answers, refusals=refusals, foreign=tuple(foreign))


def serial_number() -> Procedure[UnitSerialNumber]:
    """Ask for the unit serial number (SPC-4 7.8.17)."""
    page = UnitSerialNumber.code
    return (yield from ask(INQUIRY, UnitSerialNumber.parse, SERIAL_NUMBER_LENGTH, evpd=True, page_code=page))


def mode_pages() -> Procedure[tuple[ModePage, ...]]:
    """Ask for all mode pages with their current values (SPC-4 6.12)."""
    parameters = yield from queries.counted(
        MODE_SENSE_10, ModeParameters10.parse, MODE_HEADER, queries.behind(2), page_code=ALL_PAGES, dbd=True
    )
    return parameters.pages


def mechanism() -> Procedure[MechanismStatus]:
    """Ask for the state of the mechanism and its slots (MMC-6 6.10)."""
    return (
        yield from queries.counted(
            MECHANISM_STATUS,
            MechanismStatus.parse,
            MECHANISM_HEADER,
            lambda start: MECHANISM_HEADER + int.from_bytes(start[6:8], "big"),
        )
    )


def tracks() -> Procedure[tuple[TrackInformation, ...]]:
    """Ask for every logical track of the disc."""
    disc = yield from queries.disc_information()
    found: list[TrackInformation] = []
    for number in queries.track_numbers(disc):
        found += ((yield from queries.track_information(number)),)
    return tuple(found)


def toc(format: TocFormat, parse: Callable[[bytes], T]) -> Procedure[T]:
    """Ask for a format of READ TOC/PMA/ATIP, typed (MMC-6 6.25)."""
    return (
        yield from queries.counted(
            READ_TOC_PMA_ATIP, parse, 4, queries.behind(2), format=format, track_session_number=0
        )
    )


def events() -> Procedure[dict[str, EventStatus]]:
    """Take one event of each class that the drive knows; what it tells is told only once."""
    known = (yield from queries.event(NotificationClass.MEDIA)).supported_event_classes
    found = {}
    for kind in NotificationClass:
        if kind is not NotificationClass.NONE and known >> kind & 1:
            found[kind.name.lower().replace("_", " ")] = yield from queries.event(kind)
    return found


def structures(media_type: int) -> Procedure[dict[str, Any]]:
    """Ask for every readable disc structure that the drive lists (MMC-6 6.22), those of further layers too.

    Of one that it lists and then refuses the reason is the answer.
    """
    listed = yield from queries.disc_structure(LIST_OF_FORMATS, media_type=media_type)
    entries = listed.entries if isinstance(listed, DiscStructureList) else ()
    found: dict[str, Any] = {}
    for entry in entries[:MOST_STRUCTURES]:
        if not entry.rds or entry.format_code == LIST_OF_FORMATS:
            continue
        name = f"{entry.format_code:02X}h"
        first = found[name] = yield from _structure_or_reason(media_type, entry.format_code, 0)
        for layer in range(1, first.layers if isinstance(first, PhysicalFormatInformation) else 1):
            found[f"{name} of layer {layer}"] = yield from _structure_or_reason(media_type, entry.format_code, layer)
    return found


def _structure_or_reason(media_type: int, format_code: int, layer: int) -> Procedure[DiscStructure | str]:
    try:
        return (yield from queries.disc_structure(format_code, media_type=media_type, layer=layer))
    except (CommandError, ResponseError) as error:
        return f"no answer: {error}"


DRIVE: Final[Mapping[str, Question]] = {
    "inquiry": queries.inquiry,
    "serial number": serial_number,
    "mechanism": mechanism,
    "buffer": queries.read_buffer_capacity,
    "region": queries.region_state,
    "events": events,
}
FEATURES: Final[Mapping[str, Question]] = {"configuration": queries.configuration}
MODES: Final[Mapping[str, Question]] = {"mode pages": mode_pages}
DISC: Final[Mapping[str, Question]] = {
    "disc information": queries.disc_information,
    "tracks": tracks,
    "capacity": queries.read_capacity,
    "format capacities": queries.format_capacities,
    "table of contents": partial(toc, TocFormat.FORMATTED_TOC, Toc.parse),
    "sessions": queries.multi_session,
    "full table of contents": partial(toc, TocFormat.RAW_TOC, RawToc.parse),
    "program memory area": partial(toc, TocFormat.PMA, Pma.parse),
    "absolute time in pre-groove": partial(toc, TocFormat.ATIP, Atip.parse),
    "CD": cd_contents,
    "CD-TEXT": partial(toc, TocFormat.CD_TEXT, CdText.parse),
    "write speeds": performance.write_speeds,
    "write performance": performance.writing,
    "read performance": performance.reading,
    "pseudo-overwrite resources": queries.pow_resources,
    "DVD structures": partial(structures, DVD),
    "BD structures": partial(structures, BD),
}
