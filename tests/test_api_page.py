"""docs/api.md has all of the public API; `UPDATE_API_PAGE=1` makes it anew."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

import pytest

import discstack

from .api_page import page, public_members

# of typing, of the standard library, and what only the package itself makes and takes
ELSEWHERE = {
    *(
        "None",
        "False",
        "True",
        "Any",
        "Self",
        "Iterator",
        "Iterable",
        "Mapping",
        "Sequence",
        "Callable",
        "Path",
        "PathLike",
    ),
    *("BinaryIO", "Address", "ExchangeObserver", "Question", "Plan", "FileData", "Snapshot", "Emitter", "Region"),
    *("ImageStream", "Base", "InquiryData", "CdTextPack"),
}
PAGE = Path(__file__).parent.parent / "docs/api.md"


def test_the_page_is_what_the_package_says() -> None:
    if os.environ.get("UPDATE_API_PAGE"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "UPDATE_API_PAGE=1 makes it anew"


def test_what_a_value_holds_can_be_named_by_who_uses_it() -> None:
    """Of the types that jobs, readers and drives give back in values of ours."""
    text = PAGE.read_text(encoding="utf-8")
    values = {"MediumStatus", "BurnResult", "CdResult", "Image", "RawWriter", "CdContents", "Extracted", "Recorder"}
    signatures = [
        line
        for name in values
        for line in text.partition(f"\n### `{name}`\n")[2].partition("\n### ")[0].splitlines()
        if line.startswith((name, "- `"))
    ]
    named = set(re.findall(r"\b[A-Z][a-z]+[A-Za-z]*\b", " ".join(re.sub(r"`: .*", "", line) for line in signatures)))
    known = {*discstack.__all__, *re.findall(r"`(\w+)`", text.partition("\n## ")[0]), *ELSEWHERE}
    assert len(named & {*discstack.__all__}) > 25
    assert named <= known


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
