"""Commands that ask and change nothing, one small procedure each, with typed answers.

Where the length of an answer is not known, it is asked for twice: first its header, then all that the header counts.
Many drives and bridges dislike an allocation length that is larger than the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from discstack.mmc.command import ask, command, interpret, received
from discstack.mmc.errors import CommandError, IllegalRequest, NotReady, ResponseError
from discstack.mmc.procedure import MaxTransfer, Procedure
from discstack.mmc.spec.capacities import BufferCapacity, Capacity, FormatCapacities
from discstack.mmc.spec.cdb import CDB
from discstack.mmc.spec.commands import (
    GET_CONFIGURATION,
    GET_EVENT_STATUS_NOTIFICATION,
    INQUIRY,
    MODE_SENSE_10,
    READ_BUFFER_CAPACITY,
    READ_CAPACITY,
    READ_DISC_INFORMATION,
    READ_DISC_STRUCTURE,
    READ_FORMAT_CAPACITIES,
    READ_TOC_PMA_ATIP,
    READ_TRACK_INFORMATION,
    REPORT_KEY,
    REQUEST_SENSE,
)
from discstack.mmc.spec.disc_information import DataType, DiscInformation, PowResourcesInformation
from discstack.mmc.spec.disc_structure import DiscStructure, parse_disc_structure
from discstack.mmc.spec.event_status import EventStatus
from discstack.mmc.spec.features import Configuration
from discstack.mmc.spec.inquiry import InquiryData
from discstack.mmc.spec.layout import StructureError
from discstack.mmc.spec.mode_pages import CapabilitiesPage, WriteParametersPage
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.region import RPC_STATE, RpcState
from discstack.mmc.spec.sense import Sense
from discstack.mmc.spec.toc import Atip, MultiSessionInformation, RawToc, TocFormat
from discstack.mmc.spec.track_information import AddressNumberType, TrackInformation
from discstack.transport.base import Reply

T = TypeVar("T")
P = TypeVar("P", CapabilitiesPage, WriteParametersPage)

INQUIRY_LENGTH: Final = 96
SENSE_LENGTH: Final = 18
TRACK_INFORMATION_LENGTH: Final = 48
CURRENT_FEATURES: Final = 1  # RT field: only the features that are current now
MODE_HEADER: Final = 8
MOST_TRACKS: Final = 200
WRITE_PARAMETERS, CAPABILITIES = 0x05, 0x2A  # mode pages
LARGEST: Final = 0xFFFF  # allocation length of two bytes
EVENT_CLASSES: Final = 0x7E
MOST_EVENTS: Final = 16
POW_LENGTH: Final = 16
INVALID_OPCODE, NO_MEDIUM = 0x20, 0x3A  # additional sense codes


def inquiry() -> Procedure[InquiryData]:
    """Ask for the standard INQUIRY data (SPC-4 6.6)."""
    return (yield from ask(INQUIRY, InquiryData.parse, INQUIRY_LENGTH))


def request_sense() -> Procedure[Sense]:
    """Ask for the sense data that the drive has in store (SPC-4 6.39)."""
    return (yield from ask(REQUEST_SENSE, Sense.parse, SENSE_LENGTH))


def counted(
    cdb: CDB, parse: Callable[[bytes], T], header: int, size: Callable[[bytes], int], **fields: Any
) -> Procedure[T]:
    """Ask for the `header` bytes from which `size` tells the whole length, then for that, as far as it can be moved.

    What comes short of that is asked for once more: a feature or a track that was cut off would not be missed.
    """
    first = command(cdb, allocation=header, **fields)
    reply: Reply = yield first
    start = received(reply)
    if len(start) < header:
        raise ResponseError(first.cdb, StructureError(cdb.name, start, f"shorter than {header} bytes"))
    most = min((yield MaxTransfer()), LARGEST)
    wanted = min(max(size(start), header), most)
    whole = command(cdb, allocation=wanted, **fields)
    data = received((yield whole))
    if len(data) < wanted:
        data = max(data, received((yield whole)), key=len)
    return interpret(whole, parse, data)


def behind(width: int) -> Callable[[bytes], int]:
    """Read a length that counts the bytes behind its own `width` bytes."""
    return lambda start: width + int.from_bytes(start[:width], "big")


def configuration(rt: int = 0) -> Procedure[Configuration]:
    """Ask for the features: all (0), the current ones (1) (MMC-6 6.5).

    Drives of MMC's first edition know none, and have only CDs: of them it is known what is in them. Raises the refusal
    of a device that has no answer either to what such drives are asked instead, or that writes DVDs.
    """
    try:
        return (yield from counted(GET_CONFIGURATION, Configuration.parse, 8, behind(4), rt=rt))
    except IllegalRequest as error:
        if error.sense.asc != INVALID_OPCODE:
            raise
        refusal = error
    try:
        profile = yield from _profile_of_cd()
    except ResponseError as error:
        raise refusal from error
    if profile is None:
        raise refusal
    return Configuration(current_profile=profile)


def current_configuration() -> Procedure[Configuration]:
    """Ask for the features that are current."""
    return (yield from configuration(CURRENT_FEATURES))


def _profile_of_cd() -> Procedure[Profile | None]:
    """Return the profile of a CD, as far as it matters: what the drive cannot write might as well be pressed.

    None for a drive that writes DVDs: what is in it need not be a CD.
    """
    try:
        disc, page = (yield from disc_information()), (yield from capabilities())
    except IllegalRequest:
        return Profile.CD_ROM
    except NotReady as error:
        if error.sense.asc != NO_MEDIUM:
            raise
        return Profile.NONE
    if page.dvd_r_write or page.dvd_ram_write:
        return None
    kind, writable = (Profile.CD_RW, page.cd_rw_write) if disc.erasable else (Profile.CD_R, page.cd_r_write)
    return kind if writable else Profile.CD_ROM


def disc_information() -> Procedure[DiscInformation]:
    """Ask for the standard disc information (MMC-6 6.21)."""
    return (yield from counted(READ_DISC_INFORMATION, DiscInformation.parse, 2, behind(2)))


def track_numbers(disc: DiscInformation) -> range:
    """Return the numbers of a disc's logical tracks; of more than MOST_TRACKS, the last ones."""
    last = disc.last_track_number_in_last_session
    return range(max(disc.number_of_first_track, 1, last - MOST_TRACKS + 1), last + 1)


def track_information(
    address: int, kind: AddressNumberType = AddressNumberType.LOGICAL_TRACK_NUMBER
) -> Procedure[TrackInformation]:
    """Ask for a logical track by its number, FFh for the invisible one (MMC-6 6.26).

    Or by a block address in it, or by its session, of which it is the first one.
    """
    return (
        yield from ask(
            READ_TRACK_INFORMATION,
            TrackInformation.parse,
            TRACK_INFORMATION_LENGTH,
            address_number_type=kind,
            address=address,
        )
    )


def format_capacities() -> Procedure[FormatCapacities]:
    """Ask how large the medium is and how it can be formatted (MMC-6 6.23); 4 bytes first, for picky USB bridges."""
    return (yield from counted(READ_FORMAT_CAPACITIES, FormatCapacities.parse, 4, lambda start: 4 + start[3]))


def read_capacity() -> Procedure[Capacity]:
    """Ask for the last address that can be read (MMC-6 6.18)."""
    return (yield from ask(READ_CAPACITY, Capacity.parse, 8))


def toc(format: int, number: int = 0, *, msf: bool = False) -> Procedure[bytes]:
    """Ask for one format of READ TOC/PMA/ATIP, as bytes with its header (MMC-6 6.25)."""
    return (
        yield from counted(READ_TOC_PMA_ATIP, bytes, 4, behind(2), format=format, track_session_number=number, msf=msf)
    )


def multi_session() -> Procedure[MultiSessionInformation]:
    """Ask where the last complete session starts (MMC-6 6.25.3.3)."""
    return (
        yield from counted(
            READ_TOC_PMA_ATIP,
            MultiSessionInformation.parse,
            4,
            behind(2),
            format=TocFormat.MULTI_SESSION_INFORMATION,
            track_session_number=0,
        )
    )


def raw_toc(session: int = 1) -> Procedure[RawToc]:
    """Ask what the lead-ins hold, from that of `session` on (MMC-6 6.25.3.4)."""
    return (
        yield from counted(
            READ_TOC_PMA_ATIP,
            RawToc.parse,
            4,
            behind(2),
            format=TocFormat.RAW_TOC,
            msf=True,
            track_session_number=session,
        )
    )


def atip() -> Procedure[Atip]:
    """Ask what the pre-groove of a recordable CD says (MMC-6 6.25.3.6)."""
    return (yield from counted(READ_TOC_PMA_ATIP, Atip.parse, 4, behind(2), format=TocFormat.ATIP, msf=True))


def disc_structure(format: int, *, media_type: int = 0, layer: int = 0, address: int = 0) -> Procedure[DiscStructure]:
    """Ask for a disc structure, typed by its media type and format (MMC-6 6.22)."""
    return (
        yield from counted(
            READ_DISC_STRUCTURE,
            partial(parse_disc_structure, media_type, format),
            4,
            behind(2),
            format=format,
            media_type=media_type,
            layer_number=layer,
            address=address,
        )
    )


def read_buffer_capacity() -> Procedure[BufferCapacity]:
    """Ask for the size of the drive's buffer and how much of it is free (MMC-6 6.17)."""
    return (yield from ask(READ_BUFFER_CAPACITY, BufferCapacity.parse, 12))


def mode_page(code: int, page_control: int = 0) -> Procedure[bytes]:
    """Ask for a mode page, header included (SPC-4 6.12).

    Where the mode parameter header counts less than the page's own length byte, the page is right.
    """
    fields: dict[str, Any] = {"page_code": code, "page_control": page_control, "dbd": True}
    first = command(MODE_SENSE_10, allocation=MODE_HEADER + 2, **fields)
    reply: Reply = yield first
    start = received(reply)
    length = _page_end(start, code)
    if length is None:
        raise ResponseError(first.cdb, StructureError(MODE_SENSE_10.name, start, f"mode page {code:02X}h is not in it"))
    whole = command(MODE_SENSE_10, allocation=min(length, LARGEST, (yield MaxTransfer())), **fields)
    reply = yield whole
    data = received(reply)
    at = MODE_HEADER + int.from_bytes(data[6:8], "big")
    if len(data) < at + 2 or data[at] & 0x3F != code:
        raise ResponseError(whole.cdb, StructureError(MODE_SENSE_10.name, data, f"mode page {code:02X}h is not in it"))
    return data[at : at + 2 + data[at + 1]]


def _page_end(start: bytes, code: int) -> int | None:
    """Return how many bytes header, block descriptors and page take, judging from their first ten."""
    if len(start) < MODE_HEADER + 2:
        return None
    counted = 2 + int.from_bytes(start[:2], "big")
    descriptors = int.from_bytes(start[6:8], "big")
    if not descriptors and start[MODE_HEADER] & 0x3F == code:
        counted = max(counted, MODE_HEADER + 2 + start[MODE_HEADER + 1])
    return counted


def capabilities() -> Procedure[CapabilitiesPage]:
    """Ask for mode page 2Ah (MMC-3 5.5.10), which tells the speeds of drives that have no better way."""
    return (yield from _typed_page(CAPABILITIES, CapabilitiesPage))


def write_parameters() -> Procedure[WriteParametersPage]:
    """Ask for mode page 05h (MMC-6 7.5), which says how CDs and DVD-R/RW are to be written."""
    return (yield from _typed_page(WRITE_PARAMETERS, WriteParametersPage))


def _typed_page(code: int, kind: type[P]) -> Procedure[P]:
    page = yield from mode_page(code)
    return interpret(command(MODE_SENSE_10, allocation=len(page), page_code=code), kind.parse, page)


def pow_resources() -> Procedure[PowResourcesInformation]:
    """Ask what is left for pseudo-overwriting (MMC-6 6.21.5)."""
    kind = DataType.POW_RESOURCES
    return (yield from ask(READ_DISC_INFORMATION, PowResourcesInformation.parse, POW_LENGTH, data_type=kind))


def region_state() -> Procedure[RpcState]:
    """Ask in which regions the drive plays (MMC-6 6.28.3.1.5)."""
    return (yield from ask(REPORT_KEY, RpcState.parse, 8, key_format=RPC_STATE))


def event(notification_class: int) -> Procedure[EventStatus]:
    """Take the next event of a class, if there is one (MMC-6 6.6)."""
    return (
        yield from ask(
            GET_EVENT_STATUS_NOTIFICATION,
            EventStatus.parse,
            8,
            polled=True,
            notification_class_request=1 << notification_class,
        )
    )


def drain_events() -> Procedure[None]:
    """Take all events that the drive has in store; their answers do not matter here (MMC-6 6.6)."""
    for _ in range(MOST_EVENTS):
        try:
            data = yield from ask(
                GET_EVENT_STATUS_NOTIFICATION, bytes, 8, polled=True, notification_class_request=EVENT_CLASSES
            )
        except CommandError:
            return
        no_event = len(data) < 8 or data[2] & 0x80 or not data[4] & 0x0F
        if no_event:
            return
