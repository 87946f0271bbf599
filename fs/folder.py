"""A directory as a hierarchy of ECMA-119 has it."""

from __future__ import annotations

from discstack.fs.items import DirectoryItem
from discstack.fs.rock_ridge import AnyItem


class Folder:
    """A directory in one hierarchy: `identifiers` and `items` are in the order of its records.

    `lba` is 0 before it is placed. `sectors` are those of its records, `total` has those of its continuation areas too.
    The items in it have serial numbers from `first_serial` on, unless they are further names of one that has a number.
    `alike` says that its records are all of one section, with system use areas that fit and differ in little, `renamed`
    that readers show other names than those of the items; with Rock Ridge they do not.
    """

    __slots__ = (
        *("alike", "first_serial", "identifier", "identifiers", "item", "items", "lba"),
        *("number", "parent", "renamed", "sectors", "serial", "total"),
    )

    def __init__(self, item: DirectoryItem, identifier: bytes, parent: Folder | None, number: int, serial: int) -> None:
        self.item = item
        self.identifier = identifier
        self.parent = self if parent is None else parent
        self.number = number  # in path table order, from 0
        self.serial = serial
        self.identifiers = list[bytes]()
        self.items = list[AnyItem]()
        self.first_serial = self.lba = 0
        self.sectors = self.total = 1
        self.alike = self.renamed = False
