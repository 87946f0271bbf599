"""Declared values: what frozen dataclasses with keywords are, but no code is made for each of them.

A program that burns declares some 190 structures before its first command. Compiling the methods that `dataclass` makes
for each took a third of the CPU time of that; those of `Value` serve all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform


class Value:
    """Base of what `declared` declares: made from keywords, compared by its fields, never changed."""

    _names: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, **given: Any) -> None:
        values = {**self._defaults, **given}
        if values.keys() != self._known:
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(self._names)}, and got {[*given]}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__qualname__}({', '.join(fields)})"

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple([getattr(self, name) for name in self._names]))


V = TypeVar("V", bound=Value)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def declared(kind: type[V]) -> type[V]:
    """Make the annotated names of a class its fields; `dataclasses.fields` and `replace` know them."""
    found = fields(dataclass(init=False, repr=False, eq=False, kw_only=True)(kind))  # type: ignore[arg-type]  # is one now
    kind._names = tuple(field.name for field in found)
    kind._known = frozenset(kind._names)
    kind._defaults = {field.name: field.default for field in found if field.default is not MISSING}
    return kind
