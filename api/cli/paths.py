"""Names of files on the command line, in the form in which the system takes them at any length."""

from __future__ import annotations

from typing import Any

import click

from discstack.fs.system_paths import openable


class FilePath(click.Path):
    """A path that is looked at, and given as it was typed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path."""
        super().convert(_usable(self, value, param, ctx), param, ctx)
        return value


class OpenedFile(click.File):
    """A file that is opened; `-` is standard input."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Open the file."""
        usable = value if hasattr(value, "read") else _usable(self, value, param, ctx)
        return super().convert(usable, param, ctx)


def _usable(kind: click.ParamType[Any], value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
    try:
        return openable(value)
    except OSError as error:
        kind.fail(f"{value}: {error.strerror}", param, ctx)
