"""docs/from-imapi.md maps IMAPI's interfaces to discstack's names; here both sides are held to what there is."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import discstack

PAGE = Path(__file__).parent.parent / "docs/from-imapi.md"
# tests/imapi_members.txt has an interface a line, and its members
MEMBERS = (Path(__file__).parent / "imapi_members.txt").read_text(encoding="utf-8").splitlines()
NAME = re.compile(r"([A-Za-z]\w*)(?:\.(\w+))?(?:\(([^)]*)\))?")
SPAN = re.compile(r"`([^`]+)`")


def rows() -> list[list[str]]:
    """Return the cells of all tables' rows."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines if line[:2] == "| "]


def named() -> Iterator[tuple[str, str, str]]:
    """Yield each (name, attribute, keyword arguments) behind IMAPI's column; a remark names other things, too."""
    for _, ours, *remarks in rows():
        for column, text in enumerate((ours, *remarks)):
            for span in SPAN.findall(text):
                found = NAME.fullmatch(span)
                if found is None or (found[1] not in discstack.__all__ and (column or found[1].islower())):
                    continue
                yield found[1], found[2] or "", " ".join(re.findall(r"(\w+)=", found[3] or ""))


NAMED = sorted({*named()})


def fields(kind: Any) -> set[str]:
    own = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    return own | set(inspect.signature(kind.__init__ if inspect.isclass(kind) else kind).parameters)


def test_the_page_names_much() -> None:
    assert len(NAMED) > 200


@pytest.mark.parametrize(("name", "attribute", "keywords"), NAMED)
def test_what_the_page_names_is_there(name: str, attribute: str, keywords: str) -> None:
    thing = getattr(discstack, name)
    source = inspect.getsource(thing) if inspect.isclass(thing) else ""
    assert not attribute or hasattr(thing, attribute) or f"self.{attribute}" in source or attribute in fields(thing)
    called = getattr(thing, attribute) if attribute and keywords else thing
    assert set(keywords.split()) <= (fields(called) if keywords else set())


@pytest.mark.parametrize("line", MEMBERS)
def test_every_member_of_an_interface_is_told_of(line: str) -> None:
    """In a row that names the interface, by itself or before the member."""
    interface, *members = line.split()
    told = {
        word
        for cells in rows()
        if any(span.partition(".")[0] == interface for span in SPAN.findall(cells[0]))
        for span in SPAN.findall(" ".join(cells))
        for word in span.split(".")
    }
    assert interface in told
    assert set(members) <= told
