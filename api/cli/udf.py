"""The words about UDF."""

from __future__ import annotations

from typing import Final

import click

WITH_REVISION: Final = ("--udf=", "-udf=")


class RevisionNumber(click.ParamType[int]):
    """A revision of UDF as people write it; 2.50 is 0x0250."""

    name = "revision"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of a revision that there is."""
        from discstack.fs.udf.revisions import REVISIONS

        if isinstance(value, int):
            return value
        known = {revision.text: number for number, revision in REVISIONS.items()}
        if value not in known:
            self.fail(f"{value!r} is no revision of UDF; there are {', '.join(known)}", param, ctx)
        return known[value]


UDF_OPTIONS: Final = (
    click.option(
        "-udf",
        "--udf",
        "udf",
        is_flag=True,
        help="UDF, also --udf=REVISION; without Rock Ridge and Joliet, unless they are named too.",
    ),
    click.option("--udf-only", is_flag=True, help="UDF without ISO 9660; small files lie in their entries."),
    click.option(
        "--udf-revision",
        type=RevisionNumber(),
        default="1.02",
        metavar="REVISION",
        help="1.02 (the default), 1.50, 2.00, 2.01, 2.50 or 2.60.",
    ),
    click.option(
        "--udf-vat", is_flag=True, help="End UDF (from 1.50 on) with a virtual allocation table, for sequential media."
    ),
    click.option(
        "--udf-specials",
        is_flag=True,
        help="Symbolic links, devices, FIFOs and sockets in UDF too; 7-Zip refuses such volumes.",
    ),
    click.option(
        "--udf-permissions", is_flag=True, help="Owners and permissions in UDF; otherwise all may read, nobody owns."
    ),
)


def split_revision(word: str) -> list[str]:
    """Return `--udf=REVISION` as the words it stands for, since click knows none with or without a value."""
    if not word.startswith(WITH_REVISION):
        return [word]
    return ["--udf", "--udf-revision", word.partition("=")[2]]
