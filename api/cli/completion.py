"""Shell completion: what no option or command knows better is the name of a file, as a drive's node is, too."""

from __future__ import annotations

from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)


class _OrFiles(ShellComplete):
    """Completes as click does, and falls back on the shell's own completion of files."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Return what the words before leave open; behind `discstack` itself only commands."""
        found = super().get_completions(args, incomplete)
        return found if found or not args else [CompletionItem(incomplete, type="file")]


class _Bash(_OrFiles, BashComplete):
    pass


class _Zsh(_OrFiles, ZshComplete):
    pass


class _Fish(_OrFiles, FishComplete):
    pass


def register() -> None:
    """Let click complete so."""
    for kind in (_Bash, _Zsh, _Fish):
        add_completion_class(kind)
