"""Mode parameter lists of MODE SENSE and MODE SELECT (SPC-4 7.5.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from discstack.mmc.spec.counted import Bytes, Counted, join
from discstack.mmc.spec.layout import Layout, bits, flag, reserved
from discstack.mmc.spec.mode_pages import PAGE_CODE_MASK, PAGE_HEADER_SIZE, ModePage, kind_of_page
from discstack.mmc.spec.value import declared


def parse_mode_pages(data: Bytes) -> Iterator[ModePage]:
    """Read mode pages one after the other; the last one may be cut off."""
    while len(data) >= PAGE_HEADER_SIZE:
        kind = kind_of_page(data)
        if len(data) < kind.required:
            return
        yield kind.parse(data)
        data = data[kind.span(data) :]


def _end_of_pages(data: Bytes, counted: int) -> int:
    """Return where the pages end; a page that the list's count cuts through is taken whole: SANYO drives miscount."""
    at = 0
    while at + PAGE_HEADER_SIZE <= min(counted, len(data)):
        kind = kind_of_page(data[at:])
        if len(data) - at < kind.required:
            break
        at += kind.span(data[at:])
    return max(at, min(counted, len(data)))


@declared
class ModeParameters(Counted):
    """What both forms of the list have; block descriptors, which optical drives do not need, are kept as bytes."""

    length_field: ClassVar[str] = "mode_data_length"
    computed: ClassVar[tuple[str, ...]] = ("block_descriptor_length",)

    medium_type: int = 0
    device_specific_parameter: int = 0
    block_descriptors: bytes = b""
    pages: tuple[ModePage, ...] = ()

    @classmethod
    def parse(cls, data: Bytes) -> ModeParameters:
        """Read header, block descriptors and pages."""
        values = cls.fields(data)
        start = cls.layout.size
        pages_at = start + values.pop("block_descriptor_length")
        counted = max(cls.span(data) - pages_at, 0)
        body = data[pages_at:]
        return cls(
            **values,
            block_descriptors=bytes(data[start:pages_at]),
            pages=tuple(parse_mode_pages(body[: _end_of_pages(body, counted)])),
        )

    def page(self, code: int) -> ModePage | None:
        """Return the page of a code, None where it is not in the list."""
        return next((page for page in self.pages if page.page_code & PAGE_CODE_MASK == code), None)

    def build_tail(self) -> bytes:
        """Return block descriptors and pages."""
        return self.block_descriptors + join(self.pages)

    def _build(self, mode_data_length: int, tail: bytes) -> bytes:
        names = self.layout.slots.keys() - {"mode_data_length", "block_descriptor_length"}
        values = {name: getattr(self, name) for name in names}
        lengths = {"mode_data_length": mode_data_length, "block_descriptor_length": len(self.block_descriptors)}
        return self.layout.build({**values, **lengths}) + tail

    def build(self) -> bytes:
        """Return the list as MODE SENSE returns it."""
        tail = self.build_tail()
        return self._build(self.layout.size + len(tail) - self.layout.slots["mode_data_length"].width // 8, tail)

    def build_select(self) -> bytes:
        """Return the list as MODE SELECT takes it: the length zero, the PS bits cleared."""
        return self._build(0, self.block_descriptors + join(page.selectable() for page in self.pages))


@declared
class ModeParameters10(ModeParameters):
    """The list of MODE SENSE (10) and MODE SELECT (10)."""

    layout: ClassVar[Layout] = Layout(
        "mode parameter list (10)",
        *("mode_data_length" / bits(16), "medium_type" / bits(8), "device_specific_parameter" / bits(8)),
        *(reserved(7), "longlba" / flag(), reserved(8), "block_descriptor_length" / bits(16)),
        clause="SPC-4 7.5.5",
    )
    required: ClassVar[int] = 8
    longlba: bool = False


@declared
class ModeParameters6(ModeParameters):
    """The list of MODE SENSE (6) and MODE SELECT (6)."""

    layout: ClassVar[Layout] = Layout(
        "mode parameter list (6)",
        *("mode_data_length" / bits(8), "medium_type" / bits(8), "device_specific_parameter" / bits(8)),
        "block_descriptor_length" / bits(8),
        clause="SPC-4 7.5.5",
    )
    required: ClassVar[int] = 4
