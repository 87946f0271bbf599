"""What reading a volume tells on its way, and that it can be ended from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from discstack import Directory, Done, FileSystemImage, PhaseStarted, TreeProgress, VolumeView, read_volume
from discstack.events import Event, Phase

FILES = {"a": 3, "a/below": 0, "b": 2}  # files in each directory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    image = FileSystemImage()
    for directory, number in FILES.items():
        made = image.root.create_directory(directory) if "/" not in directory else _below(image.root, directory)
        for index in range(number):
            made.create_file(f"{index}", b"content")
    image.root.create_symlink("link", "a/0")
    result = tmp_path / "x.iso"
    image.create_result().write_to(result)
    return result


def _below(root: Directory, path: str) -> Directory:
    parent, _, name = path.partition("/")
    found = root[parent]
    assert isinstance(found, Directory)
    return found.create_directory(name)


@pytest.fixture
def every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make events for every directory."""
    monkeypatch.setattr("discstack.tree_narrator.INTERVAL", 0.0)


@pytest.mark.parametrize("view", [VolumeView.ROCK_RIDGE, VolumeView.JOLIET, VolumeView.ISO9660])
def test_every_directory_of_a_view_is_told_once_and_counted(path: Path, every_event: None, view: VolumeView) -> None:
    heard = list[Event]()
    volume = read_volume(path, view=view, on_event=heard.append)
    first, *moves, last = heard
    assert isinstance(first, PhaseStarted)
    assert first.phase is Phase.READING
    assert isinstance(last, Done)
    told = [event for event in moves if isinstance(event, TreeProgress)]
    assert len(told) == len(moves)
    assert sorted(event.current_directory.lower() for event in told[:-1]) == ["/", "/a", "/a/below", "/b"]
    assert [event.directories for event in told] == [1, 2, 3, 4, 4]
    assert told[-1].files == sum(not isinstance(node, Directory) for node in volume.root.walk())
    assert {event.fraction for event in told} == {None}


def test_what_is_read_from_two_views_counts_twice(path: Path) -> None:
    heard = list[Event]()
    assert read_volume(path, on_event=heard.append).view is VolumeView.UDF
    last = heard[-2]
    assert isinstance(last, TreeProgress)
    assert last.directories == 8


def test_what_a_listener_raises_ends_an_import_and_the_image_stays_as_it_was(path: Path) -> None:
    image = FileSystemImage()

    def stop(event: Event) -> None:
        if isinstance(event, TreeProgress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        image.import_file_system(path, on_event=stop)
    assert not len(image.root)
    assert image.create_result().start == 0
    image.import_file_system(path)
    assert "a/0" in image.root
