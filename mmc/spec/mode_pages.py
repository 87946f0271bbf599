"""Mode pages (SPC-4 7.5, MMC-6 7); `mode_parameters` has the lists that they come in.

Pages are told apart by their code. What a page has behind its known fields is kept in `rest`, so that a page can be
read, changed and sent back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from discstack.mmc.spec.counted import Bytes, Counted, by_code, each, join
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, raw, reserved
from discstack.mmc.spec.mode_page_values import (
    DataBlockType,
    LoadingMechanismType,
    MultiSession,
    RotationControl,
    SessionFormat,
    WriteType,
)
from discstack.mmc.spec.value import declared

if TYPE_CHECKING:
    from discstack.mmc.spec.layout import Field

PAGE_CODE_MASK: Final = 0x3F
SUBPAGE_FORMAT: Final = 0x40
PAGE_HEADER_SIZE: Final = 2


def _page(name: str, *body: Field, clause: str) -> Layout:
    header = ("ps" / flag(), "spf" / flag(), "page_code" / bits(6), "page_length" / bits(8))
    return Layout(f"{name} mode page", *header, *body, clause=clause)


@declared
class ModePage(Counted):
    """What every mode page has; a page shorter than its layout reads as zero where it ends."""

    length_field: ClassVar[str] = "page_length"
    selector: ClassVar[str] = "page_code"
    required: ClassVar[int] = PAGE_HEADER_SIZE

    ps: bool = False
    spf: bool = False
    page_code: int
    rest: bytes = b""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Keep what follows the known fields."""
        return {"rest": bytes(data)}

    def build_tail(self) -> bytes:
        """Return what follows the known fields."""
        return self.rest

    def selectable(self) -> Self:
        """Return the page as MODE SELECT takes it: with the PS bit, which is reserved there, cleared."""
        return replace(self, ps=False)


@declared
class RawModePage(ModePage):
    """A page that is not known here; its bytes are in `rest`."""

    layout: ClassVar[Layout] = _page("unknown", clause="SPC-4 7.5.7")


@declared
class RawModeSubpage(ModePage):
    """A page in the sub-page format; its bytes are in `rest`."""

    layout: ClassVar[Layout] = Layout(
        "mode subpage",
        *("ps" / flag(), "spf" / flag(), "page_code" / bits(6), "subpage_code" / bits(8), "page_length" / bits(16)),
        clause="SPC-4 7.5.7",
    )
    required: ClassVar[int] = 4
    spf: bool = True
    subpage_code: int = 0


@declared
class ReadWriteErrorRecoveryPage(ModePage):
    """How hard the drive tries."""

    layout: ClassVar[Layout] = _page(
        "read/write error recovery",
        *("awre" / flag(), "arre" / flag(), "tb" / flag(), "rc" / flag(), reserved(1), "per" / flag(), "dte" / flag()),
        *("dcr" / flag(), "read_retry_count" / bits(8), reserved(24), reserved(6), "emcdr" / bits(2)),
        *("write_retry_count" / bits(8), "error_reporting_window_size" / bits(24)),
        clause="MMC-6 7.3",
    )
    page_code: int = 0x01
    awre: bool = False
    arre: bool = False
    tb: bool = False
    rc: bool = False
    per: bool = False
    dte: bool = False
    dcr: bool = False
    read_retry_count: int = 0
    emcdr: int = 0
    write_retry_count: int = 0
    error_reporting_window_size: int = 0


@declared
class WriteParametersPage(ModePage):
    """How CD, DVD-R and DVD-RW are written; all other media ignore it.

    `media_catalog_number` and `international_standard_recording_code` begin with a byte whose bit 7 says that they are
    valid; `link_size`, `packet_size` and `audio_pause_length` are in blocks.
    """

    layout: ClassVar[Layout] = _page(
        "write parameters",
        *(
            reserved(1),
            "bufe" / flag(),
            "ls_v" / flag(),
            "test_write" / flag(),
            "write_type" / enumerated(4, WriteType),
        ),
        *("multi_session" / enumerated(2, MultiSession), "fp" / flag(), "copy" / flag(), "track_mode" / bits(4)),
        *(reserved(4), "data_block_type" / enumerated(4, DataBlockType), "link_size" / bits(8), reserved(8)),
        *(reserved(2), "host_application_code" / bits(6), "session_format" / enumerated(8, SessionFormat), reserved(8)),
        *("packet_size" / bits(32), "audio_pause_length" / bits(16), "media_catalog_number" / raw(16)),
        *("international_standard_recording_code" / raw(16), "sub_header" / raw(4)),
        clause="MMC-6 7.5",
    )
    page_code: int = 0x05
    bufe: bool = False
    ls_v: bool = False
    test_write: bool = False
    write_type: int = WriteType.PACKET_INCREMENTAL
    multi_session: int = MultiSession.FINAL
    fp: bool = False
    copy: bool = False
    track_mode: int = 0
    data_block_type: int = DataBlockType.RAW
    link_size: int = 0
    host_application_code: int = 0
    session_format: int = SessionFormat.CD_DA_OR_CD_ROM
    packet_size: int = 0
    audio_pause_length: int = 0
    media_catalog_number: bytes = bytes(16)
    international_standard_recording_code: bytes = bytes(16)
    sub_header: bytes = bytes(4)


@declared
class CachingPage(ModePage):
    """Whether writes (WCE) and reads (not RCD) go through the drive's buffer; all else is for other devices."""

    layout: ClassVar[Layout] = _page(
        "caching", *(reserved(5), "wce" / flag(), reserved(1), "rcd" / flag()), clause="MMC-6 7.6"
    )
    page_code: int = 0x08
    wce: bool = False
    rcd: bool = False
    rest: bytes = bytes(9)


@declared
class PowerConditionPage(ModePage):
    """When the drive goes to rest; timers are in units of 100 ms."""

    layout: ClassVar[Layout] = _page(
        "power condition",
        *(reserved(8), reserved(6), "idle" / flag(), "standby" / flag(), "idle_timer" / bits(32)),
        "standby_timer" / bits(32),
        clause="SPC-4 7.5.13",
    )
    page_code: int = 0x1A
    idle: bool = False
    standby: bool = False
    idle_timer: int = 0
    standby_timer: int = 0

    @property
    def idle_seconds(self) -> float | None:
        """Seconds without a command until the drive idles, None where it does not."""
        return self.idle_timer / 10 if self.idle else None

    @property
    def standby_seconds(self) -> float | None:
        """Seconds without a command until the drive stands by, None where it does not."""
        return self.standby_timer / 10 if self.standby else None


@declared
class InformationalExceptionsPage(ModePage):
    """How the drive tells of failures to come; `interval_timer` is in units of 100 ms."""

    layout: ClassVar[Layout] = _page(
        "informational exceptions control",
        *("perf" / flag(), reserved(1), "ebf" / flag(), "ewasc" / flag(), "dexcpt" / flag(), "test" / flag()),
        *("ebackerr" / flag(), "logerr" / flag(), reserved(4), "mrie" / bits(4), "interval_timer" / bits(32)),
        "report_count" / bits(32),
        clause="SPC-4 7.5.11",
    )
    page_code: int = 0x1C
    perf: bool = False
    ebf: bool = False
    ewasc: bool = False
    dexcpt: bool = False
    test: bool = False
    ebackerr: bool = False
    logerr: bool = False
    mrie: int = 0
    interval_timer: int = 0
    report_count: int = 0


@declared
class TimeoutAndProtectPage(ModePage):
    """Time-outs in seconds, and write protection by software (SWPP)."""

    layout: ClassVar[Layout] = _page(
        "time-out and protect",
        *(reserved(16), reserved(4), "g3enable" / flag(), "tmoe" / flag(), "disp" / flag(), "swpp" / flag()),
        *(reserved(8), "group_1_minimum_timeout" / bits(16), "group_2_minimum_timeout" / bits(16)),
        "group_3_minimum_timeout" / bits(16),
        clause="MMC-6 7.7",
    )
    page_code: int = 0x1D
    g3enable: bool = False
    tmoe: bool = False
    disp: bool = False
    swpp: bool = False
    group_1_minimum_timeout: int = 0
    group_2_minimum_timeout: int = 0
    group_3_minimum_timeout: int = 0


@declared
class WriteSpeedPerformance(Structure):
    """A write speed in kB/s of 1000 bytes that the drive offers for the present medium."""

    layout: ClassVar[Layout] = Layout(
        "logical unit write speed performance descriptor",
        *(reserved(8), reserved(5), "rotation_control" / enumerated(3, RotationControl)),
        "write_speed_supported" / bits(16),
        clause="MMC-3 6.3.11",
    )
    rotation_control: int = RotationControl.CLV
    write_speed_supported: int


@declared
class CapabilitiesPage(ModePage):
    """What the drive can do, as MMC-3 had it; speeds are in kB/s of 1000 bytes, `buffer_size_supported` in kB of 1024.

    The number of write speeds (bytes 30 and 31) and the speeds follow the layout. Older drives send shorter pages.
    """

    layout: ClassVar[Layout] = _page(
        "CD/DVD capabilities and mechanical status",
        *(reserved(2), "dvd_ram_read" / flag(), "dvd_r_read" / flag(), "dvd_rom_read" / flag(), "method_2" / flag()),
        *("cd_rw_read" / flag(), "cd_r_read" / flag(), reserved(2), "dvd_ram_write" / flag(), "dvd_r_write" / flag()),
        *(reserved(1), "test_write" / flag(), "cd_rw_write" / flag(), "cd_r_write" / flag(), "buf" / flag()),
        *("multi_session" / flag(), "mode_2_form_2" / flag(), "mode_2_form_1" / flag(), "digital_port_2" / flag()),
        *("digital_port_1" / flag(), "composite" / flag(), "audio_play" / flag(), "read_bar_code" / flag()),
        *("upc" / flag(), "isrc" / flag(), "c2_pointers_supported" / flag(), "rw_deinterleaved" / flag()),
        *("rw_supported" / flag(), "cd_da_stream_is_accurate" / flag(), "cd_da_commands_supported" / flag()),
        *("loading_mechanism_type" / enumerated(3, LoadingMechanismType), reserved(1), "eject" / flag()),
        *("prevent_jumper" / flag(), "lock_state" / flag(), "lock" / flag(), reserved(2), "rw_in_lead_in" / flag()),
        *("side_change_capable" / flag(), "sss" / flag(), "changer_supports_disc_present" / flag()),
        *("separate_channel_mute_supported" / flag(), "separate_volume_levels" / flag()),
        *("maximum_read_speed" / bits(16), "number_of_volume_levels_supported" / bits(16)),
        *("buffer_size_supported" / bits(16), "obsolete_current_read_speed" / bits(16), reserved(8)),
        *(reserved(2), "length" / bits(2), "lsbf" / flag(), "rck" / flag(), "bckf" / flag(), reserved(1)),
        *("maximum_write_speed" / bits(16), "obsolete_current_write_speed" / bits(16)),
        *("copy_management_revision_supported" / bits(16), reserved(24), reserved(6)),
        *("rotation_control_selected" / bits(2), "current_write_speed_selected" / bits(16)),
        clause="MMC-3 6.3.11",
    )
    page_code: int = 0x2A
    dvd_ram_read: bool = False
    dvd_r_read: bool = False
    dvd_rom_read: bool = False
    method_2: bool = False
    cd_rw_read: bool = False
    cd_r_read: bool = False
    dvd_ram_write: bool = False
    dvd_r_write: bool = False
    test_write: bool = False
    cd_rw_write: bool = False
    cd_r_write: bool = False
    buf: bool = False
    multi_session: bool = False
    mode_2_form_2: bool = False
    mode_2_form_1: bool = False
    digital_port_2: bool = False
    digital_port_1: bool = False
    composite: bool = False
    audio_play: bool = False
    read_bar_code: bool = False
    upc: bool = False
    isrc: bool = False
    c2_pointers_supported: bool = False
    rw_deinterleaved: bool = False
    rw_supported: bool = False
    cd_da_stream_is_accurate: bool = False
    cd_da_commands_supported: bool = False
    loading_mechanism_type: int = LoadingMechanismType.CADDY
    eject: bool = False
    prevent_jumper: bool = False
    lock_state: bool = False
    lock: bool = False
    rw_in_lead_in: bool = False
    side_change_capable: bool = False
    sss: bool = False
    changer_supports_disc_present: bool = False
    separate_channel_mute_supported: bool = False
    separate_volume_levels: bool = False
    maximum_read_speed: int = 0
    number_of_volume_levels_supported: int = 0
    buffer_size_supported: int = 0
    obsolete_current_read_speed: int = 0
    length: int = 0
    lsbf: bool = False
    rck: bool = False
    bckf: bool = False
    maximum_write_speed: int = 0
    obsolete_current_write_speed: int = 0
    copy_management_revision_supported: int = 0
    rotation_control_selected: int = 0
    current_write_speed_selected: int = 0
    write_speeds: tuple[WriteSpeedPerformance, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the number of write speeds and the speeds."""
        end = 2 + int.from_bytes(data[:2], "big") * WriteSpeedPerformance.layout.size
        return {"write_speeds": each(WriteSpeedPerformance, data[2:end]), "rest": bytes(data[end:])}

    def build_tail(self) -> bytes:
        """Return the number of write speeds and the speeds."""
        return len(self.write_speeds).to_bytes(2, "big") + join(self.write_speeds) + self.rest

    @property
    def current_write_speed(self) -> int:
        """The write speed that is set, where MMC-3 or else where MMC-1 has it; 0 where the drive tells neither."""
        return self.current_write_speed_selected or self.obsolete_current_write_speed


MODE_PAGES: Final[dict[int, type[ModePage]]] = by_code(
    *(ReadWriteErrorRecoveryPage, WriteParametersPage, CachingPage, PowerConditionPage, InformationalExceptionsPage),
    *(TimeoutAndProtectPage, CapabilitiesPage),
)


def kind_of_page(data: Bytes) -> type[ModePage]:
    """Return the class that reads the page at the start of `data`."""
    if data and data[0] & SUBPAGE_FORMAT:
        return RawModeSubpage
    return MODE_PAGES.get(data[0] & PAGE_CODE_MASK, RawModePage) if data else RawModePage


def parse_mode_page(data: Bytes) -> ModePage:
    """Read one mode page by its code."""
    return kind_of_page(data).parse(data)
