"""The replies of LOG SENSE: log pages and their parameters (SPC-4 7.3)."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from discstack.mmc.spec.counted import Bytes, Counted, join, walk
from discstack.mmc.spec.layout import Layout, bits, flag, reserved
from discstack.mmc.spec.value import declared

SUPPORTED_PAGES: Final = 0x00


def _page(name: str, clause: str) -> Layout:
    header = ("ds" / flag(), "spf" / flag(), "page_code" / bits(6), "subpage_code" / bits(8), "page_length" / bits(16))
    return Layout(f"{name} log page", *header, clause=clause)


@declared
class LogParameter(Counted):
    """One parameter of a log page; what its value means depends on the page."""

    layout: ClassVar[Layout] = Layout(
        "log parameter",
        *("parameter_code" / bits(16), "du" / flag(), reserved(1), "tsd" / flag(), "etc" / flag(), "tmc" / bits(2)),
        *("format_and_linking" / bits(2), "parameter_length" / bits(8)),
        clause="SPC-4 7.3.2.2",
    )
    length_field: ClassVar[str] = "parameter_length"
    required: ClassVar[int] = 4

    parameter_code: int
    du: bool = False
    tsd: bool = False
    etc: bool = False
    tmc: int = 0
    format_and_linking: int = 0
    value: bytes = b""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Keep the value."""
        return {"value": bytes(data)}

    def build_tail(self) -> bytes:
        """Return the value."""
        return self.value

    @property
    def number(self) -> int:
        """The value as a number, as counters are."""
        return int.from_bytes(self.value, "big")


@declared
class LogPage(Counted):
    """A log page as its parameters."""

    layout: ClassVar[Layout] = _page("unknown", "SPC-4 7.3.2.1")
    length_field: ClassVar[str] = "page_length"
    required: ClassVar[int] = 4

    ds: bool = False
    spf: bool = False
    page_code: int
    subpage_code: int = 0
    parameters: tuple[LogParameter, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the parameters; a last one that is cut off is left out."""
        return {"parameters": walk(LogParameter, data)}

    def build_tail(self) -> bytes:
        """Return the parameters."""
        return join(self.parameters)

    def parameter(self, code: int) -> LogParameter | None:
        """Return a parameter by its code, None where the page does not have it."""
        return next((parameter for parameter in self.parameters if parameter.parameter_code == code), None)


@declared
class SupportedLogPages(Counted):
    """Page 00h: the codes of the pages that the device has."""

    layout: ClassVar[Layout] = _page("supported", "SPC-4 7.3.18")
    length_field: ClassVar[str] = "page_length"
    selector: ClassVar[str] = "page_code"
    required: ClassVar[int] = 4

    ds: bool = False
    spf: bool = False
    page_code: int = SUPPORTED_PAGES
    subpage_code: int = 0
    supported_page_list: tuple[int, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the page codes."""
        return {"supported_page_list": tuple(bytes(data))}

    def build_tail(self) -> bytes:
        """Return the page codes."""
        return bytes(self.supported_page_list)
