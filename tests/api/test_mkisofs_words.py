"""mkisofs's words as scripts write them: taken as genisoimage takes them, or refused by name."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from discstack import FileSystemImage, Relaxation, read_volume
from discstack.cli.burn import burn as burn_command
from discstack.cli.image import image as image_command
from discstack.cli.mkisofs import ADVICE, NOT_TAKEN

Discstack = Callable[..., Any]
COMMANDS = (image_command, burn_command)
NAMES = ("plain.txt", "A-B.TXT", "A.TXT", "a.b.c", "tilde~#", "sub/none", "-x")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "tree"
    for name in NAMES:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return top


def listed(image: str) -> list[str]:
    """The names that somebody else reads in ISO 9660, in the order of their records."""
    return subprocess.run(["isoinfo", "-f", "-i", image], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    "words",
    [
        "-l",
        "-N",
        "-d -N",
        "-relaxed-filenames",
        "-allow-lowercase",
        "-allow-multidot",
        "-U",
        "-untranslated-filenames",
        "-iso-level 2 -l -D -N -relaxed-filenames",
        "-l -d -allow-multidot -allow-leading-dots",
        "-no-iso-translate -l",
    ],
)
def test_names_in_iso_9660_are_those_that_genisoimage_makes(discstack: Discstack, tree: Path, words: str) -> None:
    made = discstack("image", *words.split(), "-J", "-o", "ours.iso", "tree")
    assert made.code == 0, made.err
    subprocess.run(["genisoimage", "-quiet", *words.split(), "-J", "-o", "theirs.iso", "tree"], check=True)
    assert sorted(listed("ours.iso")) == sorted(listed("theirs.iso"))


def test_a_leading_dot_is_kept_on_request(discstack: Discstack, tmp_path: Path) -> None:
    (tmp_path / "tree/.git").mkdir(parents=True)
    for words, name in ((("-l",), "/_GIT"), (("-L",), "/.GIT"), (("-ldots",), "/.GIT")):
        assert discstack("image", *words, "-o", "x.iso", "tree").code == 0
        assert listed("x.iso") == [name]


def test_records_are_ordered_as_the_standard_has_it(discstack: Discstack, tree: Path) -> None:
    """ECMA-119 9.3: what is before the extension counts first, filled up with spaces, so that "A" is before "A-B"."""
    assert discstack("image", "-relaxed-filenames", "-o", "x.iso", "tree").code == 0
    assert [name for name in listed("x.iso") if name.startswith("/A")] == ["/A.TXT;1", "/A-B.TXT;1", "/A_B.C;1"]


def test_what_readers_cut_off_is_never_in_a_relaxed_name() -> None:
    image = FileSystemImage(iso_names=Relaxation(seven_bits=True, lower_case=True, dots=True))
    for name in ("end.", "semi;1", "both.;1"):
        image.root.create_file(name, b"")
    assert {item.decode() for item in identifiers(image)} == {"end_.;1", "semi_1.;1", "both._1;1"}


def identifiers(image: FileSystemImage) -> list[bytes]:
    result = image.create_result()
    data = bytearray(result.size)
    result.read_at(0, data)
    lba = int.from_bytes(data[16 * 2048 + 158 : 16 * 2048 + 162], "little")
    found, at = [], lba * 2048
    while length := data[at]:
        found.append(bytes(data[at + 33 : at + 33 + data[at + 32]]))
        at += length
    return found[2:]


@pytest.mark.parametrize(
    "words",
    [
        "-quiet -v -verbose -gui -a -all-files -cache-inodes -no-cache-inodes -allow-limited-size -no-pad",
        "-J -l -full-iso9660-filenames -hide-rr-moved -disable-deep-relocation -hide-joliet-trans-tbl",
        "-lJRv",
        "-input-charset utf-8 -output-charset utf-8",
        "-input-charset=utf8",
        "--input-charset UTF-8 --volid X --rational-rock --joliet-long",
        "-input-charset iso8859-1 -r",
        "-input-charset default",
        "-rat -full-iso -verb",
    ],
)
def test_words_that_change_nothing_are_taken(discstack: Discstack, tree: Path, words: str) -> None:
    for command, output in (("image", ("-o", "x.iso")), ("burn", ("-d", "virtual:dvd+r"))):
        made = discstack(command, *words.split(), *output, "tree")
        assert made.code == 0, made.err
        assert "known here" not in made.err


def test_the_volume_named_with_two_dashes_has_that_name(discstack: Discstack, tree: Path) -> None:
    assert discstack("image", "--volid", "TWO DASHES", "--output", "x.iso", "tree").code == 0
    assert read_volume("x.iso").volume_id == "TWO DASHES"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-vol X", "-vol is short for -volid and for -volset"),
        ("-path X -hfspl", "-hfspl is short for"),
        ("-J -T", "no TRANS.TBL is made; -R keeps names"),
        ("-l -iso-level 1", "-l asks for names of 30 characters, and --iso-level 1 for 8+3"),
        ("-hide-rr-moved --deep-relocation", "into a folder that is not hidden"),
        ("-input-charset klingon", "'klingon' is no character set"),
        ("-hfsplus", "-hfsplus is not known here: neither HFS nor an Apple partition map is made"),
        ("--hfsplus", "--hfsplus is not known here: neither HFS"),
        ("-max-iso9660-filenames", "--iso-level 4 has longer ones"),
        ("-z", "-z is not known here: nothing is compressed"),
        ("-posix-L", "-f takes what symbolic links lead to"),
        ("-log-file x", "let standard error go to the file"),
    ],
)
def test_what_cannot_be_is_refused_by_name(discstack: Discstack, tree: Path, words: str, said: str) -> None:
    made = discstack("image", *words.split(), "-o", "x.iso", "tree")
    assert made.code == 2
    assert said in made.err
    assert not Path("x.iso").exists()


def test_another_character_set_is_refused_where_it_makes_a_difference(discstack: Discstack, tree: Path) -> None:
    (tree / "Grüße").write_bytes(b"")
    for word in ("-input-charset", "-output-charset"):
        made = discstack("image", word, "iso8859-1", "-J", "-o", "x.iso", "tree")
        assert made.code == 2
        assert "Grüße; leave it out, or let convmv" in made.err
    assert discstack("image", "-input-charset", "utf-8", "-J", "-o", "x.iso", "tree").code == 0


def test_a_translation_table_is_not_made_and_that_is_said(discstack: Discstack, tree: Path) -> None:
    made = discstack("image", "-R", "-J", "-T", "-v", "-o", "x.iso", "tree")
    assert made.code == 0
    assert "no TRANS.TBL is made: Rock Ridge has the names" in made.err


def test_operands_come_from_a_list_too(discstack: Discstack, tree: Path) -> None:
    Path("paths").write_text("/one=tree/plain.txt\n/two words=tree/sub\n")
    made = discstack("image", "-graft-points", "-path-list", "paths", "three=tree/-x", "-quiet", "-o", "x.iso", "-r")
    assert (made.code, made.err) == (0, "")
    assert discstack("ls", "x.iso").out.split("\n")[:-1] == ["/one", "/three", "/two words/", "/two words/none"]
    assert "SRC says what goes into the image" in discstack("image", "-o", "y.iso").err


def test_backups_are_left_out(discstack: Discstack, tree: Path) -> None:
    (tree / "x.bak").write_bytes(b"")
    assert discstack("image", "-no-bak", "-o", "x.iso", "tree").code == 0
    assert not {"/x.bak", "/tilde~#"} & {*discstack("ls", "x.iso").out.split("\n")}


def test_weights_are_said_in_words_too(discstack: Discstack, tree: Path) -> None:
    """As grub-mkrescue says them; the last that matches counts."""
    words = ("--sort-weight", "0", "/", "--sort-weight", "-5", "/A.TXT", "--sort-weight", "3", "/sub")
    assert discstack("image", *words, "-o", "x.iso", "tree").code == 0
    data = Path("x.iso").read_bytes()
    places = [data.index(name.encode().ljust(2048, b"\0")) for name in ("sub/none", "plain.txt", "A.TXT")]
    assert places == sorted(places)


@pytest.mark.linux("owners and permissions")
@pytest.mark.parametrize(
    "words", ["-uid 12 -gid 34", "-r -uid 1000", "-file-mode 0640 -dir-mode 0750", "-r -dir-mode 700"]
)
def test_owners_and_permissions_are_those_that_genisoimage_records(
    discstack: Discstack, tree: Path, words: str
) -> None:
    assert discstack("image", *words.split(), "-o", "ours.iso", "tree").code == 0
    subprocess.run(["genisoimage", "-quiet", *words.split(), "-o", "theirs.iso", "tree"], check=True)
    ours, theirs = (recorded(name) for name in ("ours.iso", "theirs.iso"))
    assert len(ours) == 8
    assert ours == theirs


def recorded(image: str) -> dict[str, list[str]]:
    """Permissions and owners of all in an image, by name, as somebody else reads them."""
    words = ["isoinfo", "-R", "-l", "-i", image]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split() for line in lines if "[" in line and not line.rstrip().endswith(".")]
    return {" ".join(row[11:]): [row[0], *row[2:4]] for row in rows}


@pytest.mark.parametrize("mode", ["0888", "rw", "10000"])
def test_permissions_are_octal(discstack: Discstack, tree: Path, mode: str) -> None:
    assert discstack("image", "-file-mode", mode, "-o", "x.iso", "tree").code == 2


def test_help_has_one_dash_as_well(discstack: Discstack) -> None:
    assert "-graft-points" in discstack("image", "-help").out


def test_no_word_is_refused_everywhere_that_is_taken_somewhere() -> None:
    """What only one of the commands takes has advice for the other."""
    for_image, for_burn = ({word for its in command.params for word in its.opts} for command in COMMANDS)
    assert not for_image & for_burn & {*NOT_TAKEN, *ADVICE}
    assert for_burn.isdisjoint({*NOT_TAKEN, *ADVICE})
    assert for_image & {*ADVICE} >= {"-path-list", "-print-size", "-prev-session", "-output", "-C"}


def test_what_is_not_taken_is_not_read_as_another_word(discstack: Discstack, tree: Path) -> None:
    """-path-list would be -p with the value "ath-list", and FILE one more source."""
    Path("paths").write_text("tree\n")
    made = discstack("burn", "-path-list", "paths", "tree", "-d", "virtual:dvd+r")
    assert made.code == 2
    assert "-path-list is not known here" in made.err
    assert discstack("image", "-o", "x.iso", "--", "tree", "-path-list").code == 7  # a file that is not there


HELP = (("genisoimage", "-help"), ("xorriso", "-as", "mkisofs", "-help"))
# what is likely before `burn`, of cdrecord's manual and of growisofs's
BURNERS = """
    -multi -dummy -tao -dao -sao -raw -raw96r -data -audio -mode2 -xa -xa1 -xa2 -xamix -pad -nopad -isosize
    -checkdrive -prcap -inq -scanbus -reset -abort -load -lock -eject -msinfo -toc -atip -format -fix -nofix -waiti
    -immed -force -overburn -debug -silent -version -swab -useinfo -text -cuefile -clone -packet -ignsize -noclose
    -dvd-compat -dry-run -use-the-force-luke=dao -speed=4 -poor-man -preemp
"""


def words_of(*program: str) -> set[str]:
    """The words in what a program tells with its own help."""
    run = subprocess.run(program, capture_output=True, text=True, check=False)
    heads = re.findall(r"^  (-.*?)(?:  |$)", run.stdout + run.stderr, re.MULTILINE)
    return {word for head in heads for word in re.findall(r"(?:^|(?<=[ ,|]))--?[\w-]+", head)}


@pytest.mark.parametrize("command", COMMANDS, ids=["image", "burn"])
def test_each_word_of_other_programs_is_taken_as_that_or_refused_by_its_name(
    command: click.Command, tree: Path
) -> None:
    """Never as a short option with the rest as its value: -print-size as -p, -xattr as -x, -for_backup as -f and -o."""
    theirs = {*BURNERS.split(), *(word for program in HELP for word in words_of(*program))}
    words = theirs | {word[1:] for word in theirs if word.startswith("--")}
    assert len(words) > 300
    context = click.Context(command)
    ours = {word for its in command.get_params(context) for word in (*its.opts, *its.secondary_opts)}
    refused = set[str]()
    for word in words:
        name = word.partition("=")[0]
        if {name, f"-{name}", name[1:]} & ours:
            continue
        with pytest.raises(click.UsageError) as told:
            command.make_context(command.name, [word, "value", "-d", "virtual:dvd+r", "tree"])
        assert re.search(rf"(?<![\w-]){re.escape(name)}\b", told.value.format_message()), (word, told.value)
        refused.add(word)
    assert refused >= {"-acl", "-xattr", "-macbin", "-multi", "-emul-toc", "-old-empty", "-XA", "-xa1", "--for_backup"}


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("burn", "-print-size -d virtual:dvd+r tree", "discstack image -print-size tells how many sectors"),
        ("burn", "-prev-session x.iso -d virtual:dvd+r tree", "--append adds to a disc"),
        ("burn", "-d virtual:dvd+r -M x.iso tree", "--append adds to a disc"),
        ("burn", "-dry-run tree", "-dry-run is not known here; if a value is meant, write -d ry-run"),
        ("image", "-for_backup tree", "-for_backup is not known here; if a value is meant, write -fo r_backup"),
        ("image", "-oimage tree", "-oimage is not known here; if a value is meant, write -o image"),
        ("image", "-o x.iso -audio tree", "-audio is not known here"),
        ("image", "-o x.iso -jolet tree", "-jolet is not known here"),
    ],
)
def test_an_unknown_word_is_not_a_value(discstack: Discstack, tree: Path, command: str, words: str, said: str) -> None:
    made = discstack(command, *words.split())
    assert made.code == 2
    assert said in made.err
    assert [path.name for path in tree.parent.iterdir()] == ["tree"]


def test_values_may_be_glued_to_short_options_where_they_are_no_words(discstack: Discstack, tree: Path) -> None:
    (tree / "main.o").touch()
    made = discstack("image", "-VNAME", "-ox.iso", "-m*.o", "-x./sub", "-lJRAme", "-PMine", "tree")
    assert made.code == 0, made.err
    assert read_volume("x.iso").volume_id == "NAME"
    assert "/main.o" not in discstack("ls", "x.iso").out.split("\n")
    identifiers = subprocess.run(["isoinfo", "-d", "-i", "x.iso"], capture_output=True, text=True, check=True).stdout
    assert "Application id: ME\n" in identifiers
    assert "Publisher id: MINE\n" in identifiers
    assert discstack("image", "-C0,48", "-Mx.iso", "-oy.iso", "tree").code == 0


@pytest.mark.parametrize(
    ("words", "identifiers"),
    [
        ("-A -pub -V -vol -ox.iso", {"Application id": "-PUB", "Volume id": "-vol"}),
        ("-JRA -pub -V -- -ox.iso", {"Application id": "-PUB", "Volume id": "--"}),
        ("-V -udf=2.50 -A --print-size -o x.iso", {"Application id": "--PRINT-SIZE", "Volume id": "-udf=2.50"}),
        ("-V=-vol -pub -path-list -volid=X -o x.iso", {"Publisher id": "-PATH-LIST", "Volume id": "X"}),
        ("-sort-weight -3 -pub -V=X -A -xattr -o x.iso", {"Application id": "-XATTR", "Volume id": "=X"}),
        ("lV -pub -prep -appid= -volid -vol -o x.iso", {"Publisher id": "-PREP", "Volume id": "-vol"}),
    ],
)
def test_a_value_is_what_stands_there_though_it_looks_like_a_word(
    discstack: Discstack, tree: Path, words: str, identifiers: dict[str, str]
) -> None:
    """As genisoimage has it; and an operand, such as lV, is no word."""
    (tree.parent / "lV").mkdir()
    made = discstack("image", *words.split(), "tree")
    assert made.code == 0, made.err
    told = subprocess.run(["isoinfo", "-d", "-i", "x.iso"], capture_output=True, text=True, check=True).stdout
    fields = dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)
    assert fields.items() >= identifiers.items()
