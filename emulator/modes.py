"""Mode pages: their defaults, what of them may be changed, and their current values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.emulator.conditions import PARAMETER_LIST_LENGTH, Refusal, invalid_field, invalid_parameter
from discstack.emulator.media.base import WriteParameters
from discstack.mmc.spec.mode_page_values import DataBlockType, MultiSession, SessionFormat, WriteType
from discstack.mmc.spec.mode_pages import WriteParametersPage
from discstack.mmc.spec.track_information import DATA_TRACK

CURRENT, CHANGEABLE, DEFAULT, SAVED = range(4)  # page control, SPC-4 6.11.1
ALL_PAGES: Final = 0x3F
WRITE_PARAMETERS: Final = 0x05
CAPABILITIES: Final = 0x2A

WRITE_TYPES: Final = frozenset(
    {
        WriteType.PACKET_INCREMENTAL,
        WriteType.TRACK_AT_ONCE,
        WriteType.SESSION_AT_ONCE,
        WriteType.RAW,
        WriteType.LAYER_JUMP,
    }
)
MULTI_SESSIONS: Final = frozenset(MultiSession)
TRACK_MODES: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 7})  # audio and data, with pre-emphasis or incremental, copies
SESSION_FORMATS: Final = frozenset(SessionFormat)
AUDIO_BLOCKS: Final = frozenset({DataBlockType.RAW})
RAW_BLOCKS: Final = frozenset({DataBlockType.RAW_PQ, DataBlockType.RAW_RW_PACKED, DataBlockType.RAW_RW_RAW})
DATA_BLOCKS: Final = frozenset(kind for kind in DataBlockType if kind >= DataBlockType.MODE_1)


@dataclass(frozen=True, slots=True)
class Page:
    """A mode page as its bytes, header included, and the mask of the bits that MODE SELECT may change."""

    default: bytes
    changeable: bytes

    @classmethod
    def of(cls, code: int, default: str, changeable: str = "") -> Page:
        """Make a page from the hexadecimal of what follows the header."""
        body = bytes.fromhex(default)
        header = bytes([code, len(body)])
        return cls(header + body, header + bytes.fromhex(changeable).ljust(len(body), b"\0"))


PAGES: Final = {
    # Read/Write Error Recovery, MMC-6 7.3: error recovery parameter, read and write retry counts
    0x01: Page.of(0x01, "00 20 00000000 01000000", "DF FF 00000000 FF000000"),
    # Write Parameters, MMC-6 7.5: BUFE, track-at-once; next session allowed, data track; mode 1; pause of 150 blocks
    0x05: Page.of(
        0x05,
        "41 C4 08 10 00 00 00 00 00000010 0096" + "00" * 36,
        "7F FF 0F FF 00 3F FF 00 FFFFFFFF FFFF" + "FF" * 36,
    ),
    # Caching, MMC-6 7.6: WCE and RCD
    0x08: Page.of(0x08, "04 00 0000 0000 0000 0000"),
    # Power Sense, SPC-4 7.5.13
    0x1A: Page.of(0x1A, "00 03 00000000 00000000", "00 03 FFFFFFFF FFFFFFFF"),
    # Informational Exceptions Control, SPC-4 7.5.11
    0x1C: Page.of(0x1C, "00 00 00000000 00000001", "05 0F 00000000 00000000"),
    # Timeout and Protect, MMC-6 7.7: group 1 and group 2 minimum time-outs
    0x1D: Page.of(0x1D, "0000 00 00 0005 0006 0000", "0000 07 00 FFFF FFFF 0000"),
}


class ModePages:
    """The current values of the pages that can be changed."""

    def __init__(self) -> None:
        self.current = {code: bytearray(page.default) for code, page in PAGES.items()}

    def sense(self, code: int, control: int, capabilities: bytes) -> bytes:
        """Return one page or all of them in ascending order; `capabilities` is page 2Ah as of now."""
        pages = {c: self._value(c, control) for c in self.current}
        pages[CAPABILITIES] = capabilities[:2] + bytes(len(capabilities) - 2) if control == CHANGEABLE else capabilities
        if code == ALL_PAGES:
            return b"".join(pages[c] for c in sorted(pages))
        if code not in pages:
            raise invalid_field(2)
        return pages[code]

    def _value(self, code: int, control: int) -> bytes:
        if control == CHANGEABLE:
            return PAGES[code].changeable
        return PAGES[code].default if control == DEFAULT else bytes(self.current[code])

    def select(self, pages: bytes, offset: int) -> None:
        """Take the pages of a MODE SELECT, all or none; `offset` is where they lie in the parameter list."""
        accepted: dict[int, bytearray] = {}
        at = 0
        while at < len(pages):
            code = pages[at] & 0x3F
            end = at + 2 + (pages[at + 1] if at + 1 < len(pages) else 0)
            if code not in PAGES or pages[at] & 0x40 or end > len(pages):
                raise invalid_parameter(offset + at)
            accepted[code] = self._merge(code, pages[at:end], offset + at)
            at = end
        self.current.update(accepted)

    def _merge(self, code: int, page: bytes, offset: int) -> bytearray:
        known = PAGES[code]
        if len(page) != len(known.default):
            raise invalid_parameter(offset + 1)
        for at in range(2, len(page)):
            if (page[at] ^ self.current[code][at]) & ~known.changeable[at]:
                raise invalid_parameter(offset + at)
        if code == WRITE_PARAMETERS:
            check_write_parameters(page, offset)
        return bytearray(bytes([code]) + page[1:])

    def write_parameters(self) -> WriteParameters:
        """Return what the medium needs to know of page 05h."""
        page = WriteParametersPage.parse(bytes(self.current[WRITE_PARAMETERS]))
        return WriteParameters(
            test_write=page.test_write,
            underrun_protection=page.bufe,
            write_type=page.write_type,
            multi_session=page.multi_session,
            track_mode=page.track_mode,
            data_block_type=page.data_block_type,
            session_format=page.session_format,
            fixed_packets=page.fp,
            packet_size=page.packet_size,
            catalogue=_code(page.media_catalog_number, 13),
            isrc=_code(page.international_standard_recording_code, 12),
            sub_header=page.sub_header,
            copy=page.copy,
        )


def _code(field: bytes, size: int) -> str:
    return field[1 : 1 + size].decode("ascii", "replace") if field[0] & 0x80 else ""


def check_write_parameters(page: bytes, offset: int) -> None:
    """Refuse what this drive cannot write, and blocks that are not what the way of writing or the track takes."""
    write_type, track_mode, block_type = page[2] & 0x0F, page[3] & 0x0F, page[4] & 0x0F
    blocks = RAW_BLOCKS if write_type == WriteType.RAW else DATA_BLOCKS if track_mode & DATA_TRACK else AUDIO_BLOCKS
    if write_type == WriteType.SESSION_AT_ONCE:
        blocks = RAW_BLOCKS | DATA_BLOCKS | AUDIO_BLOCKS  # the cue sheet says what comes
    for at, value, allowed in (
        (2, write_type, WRITE_TYPES),
        (3, page[3] >> 6, MULTI_SESSIONS),
        (3, track_mode, TRACK_MODES),
        (4, block_type, blocks),
        (8, page[8], SESSION_FORMATS),
    ):
        if value not in allowed:
            raise invalid_parameter(offset + at)


def parameter_list(data: bytes, header: int) -> tuple[bytes, int]:
    """Split a MODE SELECT parameter list into its pages and their offset, past header and block descriptor."""
    if len(data) < header:
        raise Refusal(PARAMETER_LIST_LENGTH)
    descriptors = data[3] if header == 4 else int.from_bytes(data[6:8], "big")
    start = header + descriptors
    if descriptors not in {0, 8} or len(data) < start:
        raise invalid_parameter(header - 1)
    return data[start:], start
