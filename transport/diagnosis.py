"""What is found when a machine is examined for all that stands between a program and its drives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How a thing is; only `WRONG` keeps a disc from being written."""

    GOOD = "good"
    NOTE = "note"  # as it should be, or a matter of taste; worth knowing
    WRONG = "wrong"
    UNSEEN = "unseen"  # this process could not find out


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, why it matters, and what to do about it (empty: nothing)."""

    name: str
    verdict: Verdict
    found: str
    why: str
    advice: str = ""
