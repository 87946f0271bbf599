from __future__ import annotations

from dataclasses import replace

import pytest

from discstack.fs.iso1999_names import Iso1999Names
from discstack.fs.iso_names import LEVELS, IsoNames, Level, a_text, d_text, parts
from discstack.fs.joliet_names import JolietNames
from discstack.fs.naming import marks_for, name_children
from discstack.fs.relaxed_names import Relaxation, RelaxedNames

ISO = IsoNames(LEVELS[3])
LEVEL_4 = Iso1999Names(207)
JOLIET = JolietNames(64)


def iso_names(files: list[str], directories: list[str] | None = None) -> dict[str, str]:
    return names(ISO, files, directories or [])


def names(scheme: IsoNames | JolietNames | Iso1999Names, files: list[str], directories: list[str]) -> dict[str, str]:
    files, directories = sorted(files), sorted(directories)
    file_keys, directory_keys = name_children(scheme, files, directories)
    shown = dict(zip(files + directories, scheme.file_identifiers(file_keys) + directory_keys, strict=True))
    encoding = "utf-16-be" if isinstance(scheme, JolietNames) else "utf-8"
    return {name: identifier.decode(encoding, "surrogateescape") for name, identifier in shown.items()}


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("readme.txt", "README.TXT;1"),
        ("readme", "README.;1"),
        (".profile", ".PROFILE;1"),
        ("archive.tar.gz", "ARCHIVE_TAR.GZ;1"),
        ("ends with dot.", "ENDS_WITH_DOT_.;1"),
        ("Grüße.txt", "GR__E.TXT;1"),
        ("a+b=c.txt", "A_B_C.TXT;1"),
        ("undecodable \udcff.txt", "UNDECODABLE__.TXT;1"),
        ("x" * 26 + ".txt", "X" * 26 + ".TXT;1"),
    ],
)
def test_iso_file_names(name: str, identifier: str) -> None:
    assert iso_names([name]) == {name: identifier}


def test_texts_of_a_volume_have_underscores_too() -> None:
    assert d_text("Grüße 日?") == "GR__E___"
    assert a_text("Grüße 日?") == "GR__E _?"


def test_iso_directory_names_have_no_dot_and_no_version() -> None:
    assert iso_names([], ["my.dir"]) == {"my.dir": "MY_DIR"}


def test_iso_name_of_thirty_characters_is_kept_and_one_more_is_marked() -> None:
    kept, cut = "n" * 27 + ".txt", "n" * 28 + ".txt"
    assert iso_names([kept[1:]])[kept[1:]] == kept[1:].upper() + ";1"
    marked = iso_names([cut])[cut]
    assert marked == "N" * 18 + f"_{marks_for([cut], 8)[0].decode()}.TXT;1"
    assert len(marked) == 33


def test_iso_directory_of_31_characters_is_kept_and_one_more_is_marked() -> None:
    kept, cut = "d" * 31, "d" * 32
    assert iso_names([], [kept])[kept] == kept.upper()
    assert iso_names([], [cut])[cut] == "D" * 22 + f"_{marks_for([cut], 8)[0].decode()}"


def test_iso_name_with_an_extension_of_any_length_fits() -> None:
    name = "a." + "e" * 200
    identifier = iso_names([name])[name]
    assert len(identifier) <= 33
    assert identifier.count(".") == 1


def test_level_1_names_are_eight_and_three() -> None:
    scheme = IsoNames(LEVELS[1])
    assert scheme.file_keys(["readme.txt", "readme.text"]) == [b"README.TXT", None]
    assert scheme.marked_files(["a long name.text"], [b"ABCD"]) == [b"A_L_ABCD.TEX"]
    assert scheme.marked_directories(["a long name"], [b"ABCD"]) == [b"A_L_ABCD"]


def test_the_name_that_is_shown_as_it_is_wins_a_clash() -> None:
    found = iso_names(["README.TXT", "Readme.txt", "readme.txt"])
    assert found["README.TXT"] == "README.TXT;1"
    assert found["Readme.txt"] == f"README_{marks_for(['Readme.txt'], 8)[0].decode()}.TXT;1"
    assert len(set(found.values())) == 3


def test_a_name_of_which_only_the_case_is_changed_stays_when_one_that_becomes_the_same_is_added() -> None:
    alone = iso_names(["my_file.txt"], ["sub_folder"])
    assert alone == {"my_file.txt": "MY_FILE.TXT;1", "sub_folder": "SUB_FOLDER"}
    more = iso_names(["my_file.txt", "my file.txt", "my+file.txt"], ["sub_folder", "sub folder"])
    assert more.items() >= alone.items()
    assert len(set(more.values())) == 5
    several = iso_names(["Readme", "readme"])
    assert not any(value == "README.;1" for value in several.values())


def test_file_and_directory_do_not_share_a_name() -> None:
    found = iso_names(["data", "DATA.TXT"], ["DATA"])
    assert found["DATA"] == "DATA"
    assert found["data"].startswith("DATA_")


def test_a_cut_name_does_not_depend_on_what_else_is_there() -> None:
    long = "the same long beginning of a name " * 3
    alone = iso_names([long + "1"])
    assert iso_names([long + "0", long + "1", long + "2"]).items() >= alone.items()


def test_marks_that_clash_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.naming.crc32", lambda data, attempt: attempt)
    long = "a name that is longer than thirty characters "
    found = iso_names([long + "1", long + "2"])
    assert sorted(value[-11:-3] for value in found.values()) == ["00000000", "00000001"]


def test_marks_grow_where_so_many_names_start_alike_that_they_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.naming.crc32", lambda data, attempt: attempt)
    scheme, names = IsoNames(replace(LEVELS[1], digits=1)), [f"photo_{number:06}.jpg" for number in range(40)]
    keys, _ = name_children(scheme, names, [])
    assert len(set(keys)) == 40
    assert max(map(len, keys)) == len("PHOTO_00.JPG")


EVERYTHING = Relaxation(seven_bits=True, lower_case=True, leading_dots=True, dots=True, version=False, final_dot=False)


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("Grüße.txt", "GR__E.TXT;1"),
        ("what?~ 日本.x", "WHAT?~ __.X;1"),
        ("\N{GRINNING FACE}", "_.;1"),
        ("undecodable \udcff.txt", "UNDECODABLE _.TXT;1"),
    ],
)
def test_a_character_that_is_not_ascii_becomes_an_underscore_where_question_marks_are_allowed_too(
    name: str, identifier: str
) -> None:
    assert names(RelaxedNames(LEVELS[3], Relaxation(seven_bits=True)), [name], []) == {name: identifier}


@pytest.mark.parametrize("characters", [b";", b"/", b".", b"\0", b"\n", b"\x7f", "ü".encode("latin-1")])
def test_what_may_not_be_in_a_name_cannot_be_allowed(characters: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be allowed in names: characters are printable ones of ASCII"):
        Relaxation(characters=b"#a" + characters)


@pytest.mark.parametrize("level", LEVELS.values(), ids=map(str, LEVELS))
@pytest.mark.parametrize(
    "relaxation",
    [Relaxation(seven_bits=True), Relaxation(dots=True), EVERYTHING],
    ids=["seven bits", "dots", "everything"],
)
def test_relaxed_names_differ_and_keep_to_the_lengths_of_their_level(level: Level, relaxation: Relaxation) -> None:
    scheme = RelaxedNames(level, relaxation)
    alike = [".a.b", "_a.b", "üa.b", "é.a.b", "A", "a", "a.", "a_", "aü", "x" * 40 + ".b.c", "ü" * 31, ".." + "b" * 31]
    file_keys, directory_keys = name_children(scheme, alike, alike)
    shown = [scheme.shown(found) for found in (*scheme.file_identifiers(file_keys), *directory_keys)]
    assert len(set(shown)) == 2 * len(alike)
    assert not [name for name in shown if "?" in name or name.endswith(".")]
    assert max(map(len, directory_keys)) <= level.directory
    for stem, _, extension in map(parts, file_keys):
        assert len(stem) <= level.name
        assert len(extension) <= level.extension
        assert len(stem + extension) <= level.total


@pytest.mark.parametrize("name", ["Grüße aus Köln", "x" * 64, "Mixed.Case.txt", "\N{GRINNING FACE}" * 32])
def test_joliet_keeps_what_fits(name: str) -> None:
    assert names(JOLIET, [name], []) == {name: name + ";1"}


def test_joliet_replaces_what_it_cannot_hold() -> None:
    assert names(JOLIET, ["a*b:c;d?e\\f\x01g.txt"], []) == {"a*b:c;d?e\\f\x01g.txt": "a_b_c_d_e_f_g.txt;1"}
    assert names(JOLIET, ["undecodable \udcff"], []) == {"undecodable \udcff": "undecodable _;1"}


def test_joliet_has_no_final_dot_because_readers_drop_it() -> None:
    assert names(JOLIET, ["etc..."], ["dir."]) == {"etc...": "etc.._;1", "dir.": "dir_"}


def test_joliet_name_that_is_too_long_keeps_its_extension() -> None:
    name = "x" * 70 + ".text"
    found = names(JOLIET, [name], [])[name]
    assert found == "x" * 50 + f"~{marks_for([name], 8)[0].decode()}.text;1"
    assert len(found) == 64 + 2


def test_joliet_never_cuts_a_pair_of_surrogates() -> None:
    name = "x" + "\N{GRINNING FACE}" * 40
    found = names(JOLIET, [name], [])[name]
    assert found == "x" + "\N{GRINNING FACE}" * 27 + f"~{marks_for([name], 8)[0].decode()};1"


def test_joliet_replaced_names_that_become_the_same_are_marked() -> None:
    found = names(JOLIET, ["a?", "a*", "a_"], [])
    assert found["a_"] == "a_;1"
    assert found["a?"] == f"a_~{marks_for(['a?'], 8)[0].decode()};1"
    assert len(set(found.values())) == 3


def test_joliet_of_103_characters() -> None:
    assert JolietNames(103).file_keys(["y" * 103, "y" * 104]) == [("y" * 103).encode("utf-16-be"), None]


@pytest.mark.parametrize("name", ["Mixed Case.tar.gz", "Grüße;2", "caf\udce9", "x" * 207, "e.n.d"])
def test_iso_9660_1999_keeps_names_as_they_are(name: str) -> None:
    assert names(LEVEL_4, [name], []) == {name: name}
    assert names(LEVEL_4, [], [name]) == {name: name}


def test_iso_9660_1999_keeps_no_ending_that_readers_drop() -> None:
    changed = {"a;1": "a_1", "a.": "a_", "a.;1": "a._1", "..;1": ".._1"}
    assert names(LEVEL_4, [*changed], []) == changed
    assert names(LEVEL_4, [], [*changed]) == changed


def test_iso_9660_1999_marks_a_name_that_is_too_long_and_cuts_no_character() -> None:
    name = "ü" * 103 + "xx.text"
    found = names(LEVEL_4, [name], [])[name]
    assert found == "ü" * 96 + f"_{marks_for([name], 8)[0].decode()}.text"
    assert len(found.encode()) == 206


def test_iso_9660_1999_has_no_name_that_stands_for_the_parent() -> None:
    assert names(LEVEL_4, ["\1"], [])["\1"].startswith("\1_")


def test_names_that_are_the_same_are_told_apart_too() -> None:
    assert len(set(name_children(LEVEL_4, [], ["same", "same", "same"])[1])) == 3


@pytest.mark.parametrize(
    ("level", "name", "shown"),
    [
        (3, "e\u0301", "e\u0301"),
        (2, "e\u0301", "\xe9"),
        (2, "x\u0301", "x_"),
        (2, "\u0915\u093f", "\u0915\u093f"),
        (1, "\u0915\u093f", "\u0915_"),
        (1, "e\u0301.t\u0301", "\xe9.t_"),
    ],
)
def test_joliet_levels_restrict_combining_characters(level: int, name: str, shown: str) -> None:
    assert names(JolietNames(64, level), [name], []) == {name: shown + ";1"}


def test_joliet_files_are_in_the_order_of_their_names_before_that_of_their_extensions() -> None:
    files = ["a b.txt", "a.txt", "a", "a-b", "a!.x", "ab.txt", "a.b.c", "日本.x", "Ā⺀", "😀 x.y", "😀.z"]
    keys = [key for key in JolietNames(64).file_keys(files) if key is not None]
    order = JolietNames(64).order(keys, [])
    shown = [name for _, name in sorted(zip(order, files, strict=True))]
    assert shown == ["a", "a.b.c", "a.txt", "a b.txt", "a!.x", "a-b", "ab.txt", "Ā⺀", "日本.x", "😀.z", "😀 x.y"]
    plain = [key for key in JolietNames(64).file_keys(["x.y", "xy"]) if key is not None]
    assert JolietNames(64).order(plain, []) == plain
