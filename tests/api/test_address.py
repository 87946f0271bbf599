from pathlib import Path

import pytest

from discstack.address import DeviceAddress, VirtualAddress, WindowsAddress, parse_address
from discstack.emulator.transport import VirtualTransport
from discstack.transport.base import BackendUnavailable


def test_a_device_node_is_taken_as_it_is() -> None:
    assert parse_address("/dev/sr0") == DeviceAddress("/dev/sr0")


def test_a_virtual_address_has_typed_options() -> None:
    address = parse_address("virtual:dvd+r?file=disc.img&speed=16&busy=yes&capacity=320&buffer=65536&realtime=no")
    options = {
        "file": Path("disc.img"),
        "speed": 16.0,
        "busy": True,
        "capacity": 320,
        "buffer": 65536,
        "realtime": False,
    }
    assert address == VirtualAddress("dvd+r", options)


@pytest.mark.parametrize(("word", "pace"), [("yes", True), ("1", True), ("10", 10.0), ("0.5", 0.5), ("no", False)])
def test_a_drive_may_be_quicker_or_slower_than_a_real_one(word: str, pace: bool | float) -> None:
    address = parse_address(f"virtual:dvd+r?realtime={word}")
    assert isinstance(address, VirtualAddress)
    assert address.options["realtime"] == pace
    assert parse_address(str(address)) == address


def test_plus_is_literal_and_percent_is_decoded() -> None:
    address = parse_address("virtual:dvd+r?file=my%20disc+1%26.img")
    assert isinstance(address, VirtualAddress)
    assert address.options["file"] == Path("my disc+1&.img")


def test_an_address_spells_itself_so_that_it_can_be_parsed_again() -> None:
    address = parse_address("virtual:bd-re?file=/tmp/a%20b&busy=no")
    assert parse_address(str(address)) == address


@pytest.mark.linux("a system without Windowss drives")
@pytest.mark.parametrize("name", ["D:", "d:\\", r"\\.\CdRom0"])
def test_a_windows_drive_is_opened_on_windows_only(name: str) -> None:
    address = parse_address(name)
    assert address == WindowsAddress(name)
    with pytest.raises(BackendUnavailable, match="on Windows only"):
        address.open(write=False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sr0", "is no drive"),
        ("", "is no drive"),
        ("virtual:", "no medium is called ''"),
        ("virtual:floppy", "no medium is called 'floppy'; there are .*dvd\\+r"),
        ("virtual:dvd+r?colour=red", "'colour=red' is no option"),
        ("virtual:dvd+r?file", "'file' is no option"),
        ("virtual:dvd+r?busy=perhaps", "busy does not take 'perhaps': it takes yes or no"),
        ("virtual:dvd+r?realtime=slow", "realtime does not take 'slow'"),
        ("virtual:dvd+r?buffer=2M", "buffer does not take '2M': it takes a number of bytes"),
        ("virtual:dvd+r?capacity=many", "capacity does not take 'many': it takes a number of blocks"),
    ],
)
def test_an_address_that_makes_no_sense_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_address(text)


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("fault=nonsense", "no fault is called 'nonsense'; there are medium-error"),
        ("fault=unplug:many", "does not take 'many'"),
        ("personality=nobody", "there are hp-dvd520n"),
        ("defects=a-b", "defects does not take 'a-b'"),
        ("defects=5-1", "defects does not take '5-1'"),
        ("file=", "file does not take '': it is no name of a file"),
    ],
)
def test_faults_and_personalities_that_make_no_sense_are_named(option: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_address(f"virtual:dvd+r?{option}")


def test_faults_defects_and_a_personality_reach_the_drive() -> None:
    address = parse_address("virtual:dvd+r?fault=long-write:3;unplug:9&personality=hp-dvd520n&defects=100-115,4000")
    transport = address.open(write=False)
    assert isinstance(transport, VirtualTransport)
    assert transport.drive.medium is not None
    try:
        assert transport.drive.settings.product == "DVD Writer 520n"
        assert len(transport.faults.armed) == 3
        assert transport.drive.medium.defects.bad == {6, 7, 250}
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("speed=nan", "a speed is 0.1x to 1000x, not nanx"),
        ("speed=1e-9", "a speed is 0.1x to 1000x"),
        ("speed=1e7", "a speed is 0.1x to 1000x"),
        ("realtime=inf", "cannot run inf times"),
        ("realtime=1e300", "cannot run 1e\\+300 times"),
        ("buffer=4294967296", "up to 4294967295 bytes"),
        ("defects=0-99999999999", "blocks 0 to 2295103, and defects of '0-99999999999' lie beyond"),
    ],
)
def test_a_drive_of_which_no_command_could_tell_is_refused_when_it_is_opened(option: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_address(f"virtual:dvd+r?{option}").open(write=False)
