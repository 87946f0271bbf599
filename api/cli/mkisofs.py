"""The words of mkisofs (genisoimage, xorriso) that are not taken, and what to do without each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click

# what to do without words that genisoimage 1.1.11 and xorrisofs 1.5.4 have in their manuals
_ADVICE: Final = {
    "quiet v verbose gui": "progress is shown on terminals only; leave it out",
    "input-charset output-charset jcharset input-hfs-charset output-hfs-charset joliet-utf16": (
        "names are taken for UTF-8; leave it out"
    ),
    "l full-iso9660-filenames max-iso9660-filenames": "names of 30 characters are the default; leave it out",
    """U untranslated-filenames untranslated_name_len relaxed-filenames allow-leading-dots allow-lowercase
    allow-multidot d omit-period N omit-version-number L ldots no-iso-translate use-fileversion disallow_dir_id_ext
    file_name_limit""": ("Rock Ridge, Joliet and UDF keep names as they are; --iso-level 4 lets ISO 9660 do so, too"),
    "T table-name hide-joliet-trans-tbl": "Rock Ridge keeps names, so that no TRANS.TBL is needed",
    "no-pad": "nothing is padded without --pad; leave it out",
    "allow-limited-size": "ISO 9660 has files of any size whole; leave it out",
    "cache-inodes no-cache-inodes": "hard links are found by themselves; leave it out",
    "disable-deep-relocation": "directories stay where they are; leave it out",
    "log-file": "let standard error go to the file",
    "path-list": "give the sources as operands, such as by xargs -a LIST",
    "root old-root old-exclude": "--graft-points puts sources anywhere, as TARGET=SOURCE",
    "uid gid file-mode dir-mode new-dir-mode": "-r lets everything be root's and readable by all",
    "no-bak nobak": "leave files out by --exclude '*~'",
    "no-rr force-rr": "-M reads the best view; --from-view chooses another",
    "dev outdev": "discstack burn writes to a drive, and --append adds to what is there",
    """md5-list checksum-list checksum_algorithm_iso checksum_algorithm_template jigdo-checksum-algorithm jigdo-exclude
    jigdo-force-checksum jigdo-force-md5 jigdo-jigdo jigdo-map jigdo-min-file-size jigdo-template
    jigdo-template-compress""": "--manifest FILE has the SHA-256 of every file",
    "efi-boot-part append_partition appended_part_as_gpt": (
        "--partition-table makes partitions of the EFI boot images in the image"
    ),
    "z transparent-compression": "nothing is compressed here",
    "dvd-video": "the layout of DVD-Video is not made here; an image that has it can be burnt",
}
_WORDS: Final = """
    alpha-boot apm-block-size appended_part_as_apm apple auto boot-hfs-file check-oldnames check-session chrp-boot
    chrp-boot-part cluster-size hfs hfs-bless hfs-bless-by hfs-creator hfs-parms hfs-type hfs-unlock hfs-volid hfsplus
    hfsplus-block-size hfsplus-file-creator-type hfsplus-serial-no hide-hfs hide-hfs-list hide-hfsplus
    hide-hfsplus-list hide-rr-moved hppa-bootloader hppa-cmdline hppa-hdrversion hppa-kernel-32 hppa-kernel-64
    hppa-ramdisk icon-position iso_mbr_part_type isohybrid-apm-hfsplus isohybrid-gpt-hfsplus mac-boot-file mac-name
    magic map mips-boot mipsel-boot no-desktop no-split-symlink-components no-split-symlink-fields part
    part_like_isohybrid partition_cyl_align partition_hd_cyl partition_offset partition_sec_hd prep-boot
    prep-boot-part probe root-info rr_reloc_dir sparc-boot sparc-label split-output stream-file-name
    stream-media-size sunx86-boot sunx86-label version
"""
ADVICE: Final = {f"-{word}": advice for words, advice in _ADVICE.items() for word in words.split()}
NOT_TAKEN: Final = frozenset(f"-{word}" for word in _WORDS.split()) | {word for word in ADVICE if len(word) > 2}


def refuse_words(arguments: Iterable[str]) -> None:
    """Refuse what would be read as -p with the value "ath-list", and the like; raises UsageError that names it."""
    for argument in arguments:
        if argument == "--":
            return
        if (word := argument.partition("=")[0]) in NOT_TAKEN:
            raise refusal(word)


def refusal(word: str) -> click.UsageError:
    """Return the error that tells of a word, and what to do without it."""
    advice = f": {ADVICE[word]}" if word in ADVICE else ""
    return click.UsageError(f"mkisofs's word {word} is not known here{advice}")
