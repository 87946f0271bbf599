"""What declared values share with frozen dataclasses, and that no code is made for them."""

from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError, asdict, fields, replace

import pytest

from discstack.mmc.spec import mode_pages
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.value import Value, declared


@declared
class Point(Value):
    """Two numbers."""

    x: int
    y: int = 5


@declared
class Place(Point):
    """A point with another default and a name."""

    y: int = 7
    name: str = ""


@declared
class Other(Value):
    """What has the same fields as a point."""

    x: int
    y: int = 5


def test_a_value_is_made_from_keywords_and_defaults() -> None:
    assert (Point(x=1).x, Point(x=1).y, Point(y=2, x=1).y) == (1, 5, 2)
    assert repr(Place(x=1, name="here")) == "Place(x=1, y=7, name='here')"


@pytest.mark.parametrize("given", [{}, {"y": 1}, {"x": 1, "z": 2}])
def test_a_value_without_its_fields_or_with_others_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="Point has the fields x, y, and got"):
        Point(**given)


def test_a_value_is_never_changed() -> None:
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert point == Point(x=1)


def test_values_are_compared_by_kind_and_fields() -> None:
    assert Point(x=1) == Point(x=1, y=5) != Point(x=2)
    assert hash(Point(x=1)) == hash(Point(y=5, x=1)) != hash(Point(x=2))
    assert Point(x=1) != Other(x=1)


def test_what_works_on_dataclasses_works_on_values() -> None:
    place = replace(Place(x=1), name="there")
    assert [field.name for field in fields(place)] == ["x", "y", "name"]
    assert asdict(place) == {"x": 1, "y": 7, "name": "there"}
    assert deepcopy(place) == place == pickle.loads(pickle.dumps(place))


def test_no_code_is_made_for_a_structure() -> None:
    made = {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__"}
    kinds = [kind for kind in vars(mode_pages).values() if isinstance(kind, type) and issubclass(kind, Structure)]
    assert len(kinds) > 5
    assert [kind for kind in kinds if made & vars(kind).keys()] == []
