"""docs/api.md has all of the public API; `UPDATE_API_PAGE=1` makes it anew."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest

import discstack

from .api_page import page, public_members

PAGE = Path(__file__).parent.parent / "docs/api.md"


def test_the_page_is_what_the_package_says() -> None:
    if os.environ.get("UPDATE_API_PAGE"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "UPDATE_API_PAGE=1 makes it anew"


@pytest.mark.parametrize("name", discstack.__all__)
def test_every_public_name_and_member_stands_there_in_words(name: str) -> None:
    thing = getattr(discstack, name)
    entry = PAGE.read_text(encoding="utf-8").partition(f"\n### `{name}`\n")[2].partition("\n### ")[0]
    assert entry.strip()
    for member, found in public_members(thing):
        assert f"- `{member}" in entry
        assert found.__doc__, f"{name}.{member} has no docstring"
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        assert name in (discstack.__doc__ or ""), "it is not in the tree of errors"
