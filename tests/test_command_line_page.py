"""docs/command-line.md tells of every option of every command, and no page writes an option that there is not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from discstack.cli import cli

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/command-line.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = re.compile(r"(?:^|`)(?:\$ |# )?(discstack [a-z][^`\n]*)", re.MULTILINE)
REMARK = re.compile(r"   |  #")  # what stands beside a command line
ALTERNATIVES = re.compile(r"[\[\]]|\.\.\.|\\?\|")


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands(f"{name} {below}".strip(), found)
    else:
        yield name, command


COMMANDS = dict(commands("", cli))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told_of(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    options = [param for param in COMMANDS[name].params if isinstance(param, click.Option)]
    untold = [
        option.opts
        for option in options
        if not any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in option.opts)
    ]
    assert not untold


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_json(name: str) -> None:
    assert any("--json" in param.opts for param in COMMANDS[name].params)


def written() -> list[tuple[str, str]]:
    """Return the command lines of all pages, each with the page's name; of alternatives and what is optional, all."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        lines = (REMARK.split(line)[0] for line in WRITTEN.findall(text))
        found += [(page.name, ALTERNATIVES.sub(" ", line)) for line in lines]
    return found


def test_the_pages_have_many_command_lines() -> None:
    assert len(written()) > 60


@pytest.mark.parametrize(("page", "line"), written())
def test_a_command_line_of_a_page_has_no_option_that_there_is_not(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    name = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
    assert name, f"there is no command {words[0]}"
    command = COMMANDS[name]
    command.make_parser(click.Context(command)).parse_args(words[len(name.split()) :])
