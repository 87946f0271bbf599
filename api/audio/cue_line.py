"""A line of a cue sheet, taken apart word by word; what is wrong with one is told with its column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from discstack.audio.errors import CueError

FRAMES: Final = 75  # of a second
WORD: Final = re.compile(r'"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+)|(?P<open>".*)')
# What lies between the outer marks of a text whose words have marks of their own: "x" & "y"
SINGLE_WORDS: Final = re.compile(r'[^"]*[^"\s]"(?![\w"]).*(?<![\w"])"[^"\s][^"]*')
TIME: Final = re.compile(r"(\d+):(\d{1,2}):(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the column it begins in, counted from 1."""

    text: str
    column: int
    closed: bool = True  # by a second quotation mark, if it began with one


def unquoted(text: str) -> str:
    """Return a text of several words without blanks and quotation marks around it; those within it are its own."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] == '"' and not SINGLE_WORDS.fullmatch(bare[1:-1]):
        return bare[1:-1]
    return bare


class Line:
    """One line: its words, taken one after the other."""

    def __init__(self, path: Path, number: int, text: str) -> None:
        self.path, self.number, self.text = path, number, text
        self.words: list[Word] = []
        for match in WORD.finditer(text):
            word = next(group for group in match.groups() if group is not None)
            self.words.append(Word(word, match.start() + 1, closed=match["open"] is None))
        self.at = 1

    @property
    def command(self) -> Word:
        """The first word."""
        return self.words[0]

    def error(self, column: int, message: str) -> CueError:
        """Return a complaint about a column."""
        return CueError(str(self.path), self.number, column, message)

    def wrong(self, message: str) -> CueError:
        """Return a complaint about the word that was taken last."""
        return self.error(self.words[min(self.at, len(self.words)) - 1].column, message)

    def take(self, what: str) -> str:
        """Take the next word, or say that `what` is missing."""
        if self.at >= len(self.words):
            raise self.error(len(self.text.rstrip()) + 1, f"{self.command.text} ends here; expected {what}")
        self.at += 1
        word = self.words[self.at - 1]
        if not word.closed:
            raise self.error(word.column, 'this quotation mark is never closed; expected another "')
        return word.text

    def rest(self, what: str) -> str:
        """Take all words as they stand, without the quotation marks around all of them."""
        if len(self.words) < 3:
            return self.take(what)
        self.at = len(self.words)
        return unquoted(self.text[self.words[1].column - 1 :])

    def number_between(self, low: int, high: int, what: str) -> int:
        """Take a number within bounds."""
        word = self.take(what)
        if not word.isdecimal() or not low <= int(word) <= high:
            raise self.wrong(f"{word!r} is no {what}; expected {low:02} to {high:02}")
        return int(word)

    def time(self) -> int:
        """Take a time, in frames."""
        word = self.take("a time, MM:SS:FF")
        match = TIME.fullmatch(word)
        if not match or int(match[2]) > 59 or int(match[3]) >= FRAMES:
            raise self.wrong(f"{word!r} is no time; expected MM:SS:FF with seconds below 60 and frames below {FRAMES}")
        return (int(match[1]) * 60 + int(match[2])) * FRAMES + int(match[3])

    def end(self) -> None:
        """Refuse words that nobody has taken."""
        if self.at < len(self.words):
            extra = self.words[self.at]
            raise self.error(extra.column, f"{extra.text!r} is too much; expected the end of {self.command.text}")
