"""docs/imapi.md maps IMAPI's interfaces to discstack's names; here those names are held against the package."""

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import discstack

PAGE = Path(__file__).parent.parent / "docs/imapi.md"
NAME = re.compile(r"`([A-Z]\w*|open)(?:\.(\w+))?(?:\((\w+)=[^)]*\)|\(\))?`")


def named() -> list[tuple[str, str, str]]:
    """Each (class, attribute, keyword argument) of the page's middle columns."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    spans = [span for cells in rows for span in NAME.findall(" ".join(cells[1:2]))]
    return sorted(set(spans) - {("IMAPI", "", "")})


def fields(kind: Any) -> set[str]:
    own = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    return own | set(inspect.signature(kind.__init__).parameters)


def test_the_page_names_much() -> None:
    assert len(named()) > 80


@pytest.mark.parametrize(("name", "attribute", "keyword"), named())
def test_what_the_page_names_is_there(name: str, attribute: str, keyword: str) -> None:
    thing = getattr(discstack, name)
    source = inspect.getsource(thing) if inspect.isclass(thing) else ""
    assert not attribute or hasattr(thing, attribute) or f"self.{attribute}" in source or attribute in fields(thing)
    assert not keyword or keyword in fields(thing)
