"""Globs that choose files, as mkisofs has them: `*`, `?` and `[...]`, of which `*` also takes slashes.

One without a slash is for names at any depth, one with a slash for whole paths. Case counts on every system.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from fnmatch import translate


class Globs:
    """Some globs, any of which may match.

    TypeError for a string: its letters would count as globs, and a `*` among them would match everything.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        if isinstance(globs, str):
            raise TypeError(f"globs come as a list: [{globs!r}], not {globs!r}")
        cleaned = [os.path.normpath(glob).replace(os.sep, "/") for glob in globs if glob]
        self._names = _compiled(glob for glob in cleaned if "/" not in glob)
        self._paths = _compiled(glob for glob in cleaned if "/" in glob)

    def __bool__(self) -> bool:
        return bool(self._names or self._paths)

    def match(self, name: str, *paths: str) -> bool:
        """Tell whether a glob matches the name of something, or one of its paths."""
        if self._names and self._names.match(name):
            return True
        return bool(self._paths and any(map(self._paths.match, paths)))


def _compiled(globs: Iterable[str]) -> re.Pattern[str] | None:
    expression = "|".join(map(translate, globs))
    return re.compile(expression) if expression else None
