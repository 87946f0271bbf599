"""Asking the desktop and the system for quiet while a disc is written, over D-Bus (by jeepney).

An automounter cannot mount a drive that is held exclusively, but it would try, and tell its user of an error. The
session manager of GNOME, Cinnamon and MATE knows a request not to mount; udisks has none. logind is asked not to sleep
and not to shut down. Each request ends with its connection, so none outlives this process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

CLIENT: Final = "discstack"
LOG_OUT, SLEEP, AUTOMOUNT = 1, 4, 16  # flags of org.gnome.SessionManager.Inhibit
NO_WINDOW: Final = 0
TIMEOUT: Final = 2.0  # seconds
SYSTEM_SOCKET: Final = "/run/dbus/system_bus_socket"


@dataclass(frozen=True, slots=True)
class Inhibitor:
    """A service that can be asked for quiet, on the bus of the session or of the system; `what` it then keeps off."""

    bus: str
    name: str
    path: str
    interface: str
    signature: str
    before: tuple[Any, ...]  # arguments before the reason
    after: tuple[Any, ...]
    what: tuple[str, ...]


INHIBITORS: Final = (
    Inhibitor(
        bus="SESSION",
        name="org.gnome.SessionManager",
        path="/org/gnome/SessionManager",
        interface="org.gnome.SessionManager",
        signature="susu",
        before=(CLIENT, NO_WINDOW),
        after=(LOG_OUT | SLEEP | AUTOMOUNT,),
        what=("automounting", "logging out", "sleep"),
    ),
    Inhibitor(
        bus="SYSTEM",
        name="org.freedesktop.login1",
        path="/org/freedesktop/login1",
        interface="org.freedesktop.login1.Manager",
        signature="ssss",
        before=("sleep:shutdown:idle", CLIENT),
        after=("block",),
        what=("sleep", "shutting down"),
    ),
)


@contextmanager
def undisturbed(reason: str) -> Iterator[tuple[str, ...]]:
    """Ask all services for quiet; gives what they promised to keep off. Nothing is as good an answer as any."""
    with ExitStack() as stack:
        promised = [what for inhibitor in INHIBITORS if _ask(inhibitor, reason, stack) for what in inhibitor.what]
        yield tuple(dict.fromkeys(promised))


def bus_exists(bus: str) -> bool:
    """Whether this process can know of such a bus at all."""
    if bus == "SESSION":
        return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))
    return bool(os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")) or os.path.exists(SYSTEM_SOCKET)


def _ask(inhibitor: Inhibitor, reason: str, stack: ExitStack) -> bool:
    """Ask one service, which need not be there, nor agree; what it gave is kept until the stack is closed."""
    if not bus_exists(inhibitor.bus):
        return False
    from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection
    from jeepney.io.common import RouterClosed

    address = DBusAddress(inhibitor.path, bus_name=inhibitor.name, interface=inhibitor.interface)
    arguments = (*inhibitor.before, reason, *inhibitor.after)
    call = new_method_call(address, "Inhibit", inhibitor.signature, arguments)
    call.header.flags = MessageFlag.no_auto_start
    try:
        connection = stack.enter_context(open_dbus_connection(inhibitor.bus, enable_fds=True))
        reply = connection.send_and_get_reply(call, timeout=TIMEOUT)
    except (OSError, RouterClosed, RuntimeError, ValueError):  # no bus after all, or one that does not talk to us
        return False
    if reply.header.message_type is MessageType.error or len(reply.body) != 1:
        return False
    (token,) = reply.body
    if hasattr(token, "close"):  # logind's promise is a file descriptor
        stack.callback(token.close)
    return True
