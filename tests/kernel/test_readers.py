"""Other people's readers of drives and discs, on a disc that we have burnt."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import discstack

from .contents import fill

Attaching = Callable[..., AbstractContextManager[Any]]
ECC_BLOCK = 16  # sectors
PROGRAMS = ("readom", "blkid", "cd-info", "isoinfo", "dvd+rw-mediainfo", "sg_inq", "sg_get_config", "sg_readcap")


def test_readers_agree_on_a_disc(kernel: Any, attaching: Attaching, share: Path) -> None:
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    address = f"dvd+r?file={share}/disc.img&serial=K4711"
    with discstack.open(f"virtual:{address}") as recorder:
        image = discstack.FileSystemImage(volume_id="READ_ME")
        image.root.add_tree(fill(share / "files"))
        planned = image.create_result()
        discstack.DataWriter(recorder, close=True, verify=discstack.VerifyLevel.NONE).write(planned)
    planned.write_to(share / "wanted")
    blocks = planned.sectors
    with attaching(address) as attachment:
        block, generic = attachment.drives[0].block, attachment.drives[0].generic
        said = {
            name: kernel.check(f"{command} 2>&1")
            for name, command in {
                "readom": f"readom dev={block} sectors=0-{blocks} f={share}/read",
                "blkid": f"blkid -p -o export {block}",
                "cd-info": f"cd-info --no-cddb {block}",
                "isoinfo": f"isoinfo -d -i {block}",
                "dvd+rw-mediainfo": f"dvd+rw-mediainfo {block}",
                "sg_inq": f"sg_inq --id {generic}; sg_inq --vpd --page=0x80 {generic}",
                "sg_get_config": f"sg_get_config --current {generic}",
                "sg_readcap": f"sg_readcap {generic}",
            }.items()
        }
    assert (share / "read").read_bytes() == (share / "wanted").read_bytes()
    for name, words in {
        "blkid": "LABEL=READ_ME",
        "cd-info": "Disc mode is listed as: DVD+R",
        "isoinfo": "Volume id: READ_ME",
        "dvd+rw-mediainfo": "Disc status:           complete",
        "sg_inq": "K4711",
        "sg_get_config": "Current profile: DVD+R",
        "sg_readcap": f"Number of logical blocks={-(-blocks // ECC_BLOCK) * ECC_BLOCK}",
    }.items():
        assert words in said[name], said[name]
