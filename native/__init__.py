"""What runs without the GIL: the ring between source and drive, and the feeder that empties it."""

from discstack.native.feeder import FeederEnd, FeederResult, NativeFeeder, Priority
from discstack.native.ring import Ring, RingCounters

__all__ = ["FeederEnd", "FeederResult", "NativeFeeder", "Priority", "Ring", "RingCounters"]
