"""The words of mkisofs (genisoimage, xorriso) that are not taken, told from short options that are written together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click

# those that genisoimage 1.1.11 and xorrisofs 1.5.4 have in their manuals
_WORDS: Final = """
    allow-leading-dots allow-limited-size allow-lowercase allow-multidot alpha-boot apm-block-size
    append_partition appended_part_as_apm appended_part_as_gpt apple auto boot-hfs-file cache-inodes
    check-oldnames check-session checksum-list checksum_algorithm_iso checksum_algorithm_template chrp-boot
    chrp-boot-part cluster-size dev dir-mode disable-deep-relocation disallow_dir_id_ext dvd-video efi-boot-part
    file-mode file_name_limit force-rr full-iso9660-filenames gid gui hfs hfs-bless hfs-bless-by hfs-creator
    hfs-parms hfs-type hfs-unlock hfs-volid hfsplus hfsplus-block-size hfsplus-file-creator-type hfsplus-serial-no
    hide-hfs hide-hfs-list hide-hfsplus hide-hfsplus-list hide-joliet-trans-tbl hide-rr-moved hppa-bootloader
    hppa-cmdline hppa-hdrversion hppa-kernel-32 hppa-kernel-64 hppa-ramdisk icon-position input-charset
    input-hfs-charset iso_mbr_part_type isohybrid-apm-hfsplus isohybrid-gpt-hfsplus jcharset
    jigdo-checksum-algorithm jigdo-exclude jigdo-force-checksum jigdo-force-md5 jigdo-jigdo jigdo-map
    jigdo-min-file-size jigdo-template jigdo-template-compress joliet-utf16 ldots log-file mac-boot-file mac-name
    magic map max-iso9660-filenames md5-list mips-boot mipsel-boot new-dir-mode no-bak no-cache-inodes no-desktop
    no-iso-translate no-pad no-rr no-split-symlink-components no-split-symlink-fields nobak old-exclude old-root
    omit-period omit-version-number outdev output-charset output-hfs-charset part part_like_isohybrid
    partition_cyl_align partition_hd_cyl partition_offset partition_sec_hd path-list prep-boot prep-boot-part
    print-size probe quiet relaxed-filenames root root-info rr_reloc_dir sparc-boot sparc-label split-output
    stream-file-name stream-media-size sunx86-boot sunx86-label table-name transparent-compression uid
    untranslated-filenames untranslated_name_len use-fileversion verbose version
"""
NOT_TAKEN: Final = frozenset(f"-{word}" for word in _WORDS.split())


def refuse_words(arguments: Iterable[str]) -> None:
    """Refuse what would be read as -p with the value "ath-list", and the like; raises UsageError that names it."""
    for argument in arguments:
        if argument == "--":
            return
        if argument.partition("=")[0] in NOT_TAKEN:
            raise click.UsageError(f"mkisofs's word {argument} is not known here")
