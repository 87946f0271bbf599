"""Who looks at what a refusal says besides its sense key.

Most of our code asks for the kind of an error only, and of many codes of one sense key just the first needs a trial: if
nobody looked at more of it than its key, nothing that happened then can differ with the others. Words made of it are no
look: nothing is decided by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from discstack.mmc.errors import CommandError
from discstack.mmc.spec.sense import Sense
from sweep.mishaps import DETAILS


class Watch:
    """Watches one piece of sense data after the other; `looked` tells whether anybody wanted a detail of it."""

    def __init__(self) -> None:
        self.raw = b""
        self.looked = False

    def begin(self, sense: Sense | None) -> None:
        self.raw = b"" if sense is None else sense.build()
        self.looked = False

    def over(self, detail: str) -> property:
        """Return the attribute of all sense data that is a detail, and tells when it is read."""
        slot: Any = vars(Sense)[detail]

        def read(sense: Sense) -> Any:
            if sense.raw and sense.raw == self.raw:
                self.looked = True
            return slot.__get__(sense)

        return property(read, slot.__set__)

    def wording(self, words: Callable[[CommandError], str]) -> Callable[[CommandError], str]:
        """Return what puts an error into words, which is no look at it."""

        def unwatched(error: CommandError) -> str:
            looked = self.looked
            try:
                return words(error)
            finally:
                self.looked = looked

        return unwatched


WATCH = Watch()
WATCHED: tuple[tuple[Any, str, Any], ...] = (
    *((Sense, detail, WATCH.over(detail)) for detail in DETAILS),
    (CommandError, "__str__", WATCH.wording(CommandError.__str__)),
)
