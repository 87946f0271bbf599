"""The size that Linux keeps of a medium; `tests/kernel` asks a real kernel."""

from pathlib import Path

from discstack.transport.linux.roots import Roots
from discstack.transport.linux.size import known_sectors


def test_a_generic_node_has_the_size_of_the_block_device_that_is_the_same_unit(tmp_path: Path) -> None:
    folder = tmp_path / "dev/char/1:3/device/block/sr0"  # 1:3 is /dev/null
    folder.mkdir(parents=True)
    (folder / "size").write_text("4000\n")
    assert known_sectors("/dev/null", Roots(sys=tmp_path, dev=tmp_path)) == 1000


def test_what_has_no_block_device_has_no_size(tmp_path: Path) -> None:
    assert known_sectors("/dev/null", Roots(sys=tmp_path)) is None
    assert known_sectors(str(tmp_path / "gone")) is None
