from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.udf.cs0 import decode
from discstack.fs.udf.names import file_identifiers as identifiers_of


def file_identifiers(names: Iterable[str]) -> dict[str, bytes]:
    listed = list(names)
    identifiers, changed = identifiers_of(listed)
    assert changed == [number for number, name in enumerate(listed) if decode(identifiers[number]) != name]
    return dict(zip(listed, identifiers, strict=True))


def test_name_of_254_bytes_is_kept_and_of_255_is_mangled() -> None:
    longest, too_long = "a" * 254, "b" * 251 + ".txt"
    identifiers = file_identifiers([longest, too_long])
    assert decode(identifiers[longest]) == longest
    mangled = decode(identifiers[too_long])
    assert len(mangled) == 254
    assert mangled.startswith("b" * 245 + "#")
    assert mangled.endswith(".txt")


@pytest.mark.parametrize(("extension", "kept"), [("fives", True), ("sixsix", False), ("", True)])
def test_an_extension_of_up_to_five_characters_is_kept(extension: str, kept: bool) -> None:
    (identifier,) = file_identifiers(["a" * 260 + "." + extension]).values()
    name = decode(identifier)
    assert name.partition("#")[2][4:] == ("." + extension if kept else "")
    assert len(name) == 254


def test_name_of_127_wide_characters_is_kept_and_of_128_is_mangled() -> None:
    longest, too_long = "я" * 127, "ю" * 128
    identifiers = file_identifiers([longest, too_long])
    assert decode(identifiers[longest]) == longest
    assert decode(identifiers[too_long]).startswith("ю" * 122 + "#")


def test_narrow_stem_with_a_wide_extension_still_fits() -> None:
    (identifier,) = file_identifiers(["a" * 250 + ".док"]).values()
    assert len(identifier) <= 255
    assert decode(identifier).endswith(".док")


def test_bytes_that_are_no_text_become_underscores_with_a_mark() -> None:
    (identifier,) = file_identifiers(["caf\udce9.txt"]).values()
    assert decode(identifier).startswith("caf_#")
    assert decode(identifier).endswith(".txt")


def test_mangled_name_gives_way_to_a_name_of_its_own() -> None:
    (mangled,) = file_identifiers(["caf\udce9.txt"]).values()
    both = file_identifiers(["caf\udce9.txt", decode(mangled)])
    assert both[decode(mangled)] == mangled
    assert both["caf\udce9.txt"] != mangled


@given(st.sets(st.one_of(st.text(min_size=1, max_size=8), st.text(min_size=120, max_size=300)), max_size=20))
def test_identifiers_are_unique_and_never_too_long(names: set[str]) -> None:
    identifiers = file_identifiers(names)
    assert identifiers.keys() == names
    assert len({decode(identifier) for identifier in identifiers.values()}) == len(names)
    assert all(2 <= len(identifier) <= 255 for identifier in identifiers.values())


def test_marks_grow_where_so_many_names_become_the_same_that_they_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.udf.names.MARKS", 16)
    names = [f"\udc80{chr(0xDC80 + number)}.txt" for number in range(40)]
    monkeypatch.setattr("discstack.fs.udf.names.crc_hqx", lambda data, value: 0xFFFF)
    identifiers, changed = identifiers_of(names)
    assert changed == [*range(40)]
    assert len(set(identifiers)) == 40
    assert identifiers[:2] == [b"\x08__#FFFF.txt", b"\x08__#0000.txt"]
    assert all(identifier.startswith(b"\x08__#") and identifier.endswith(b".txt") for identifier in identifiers)
