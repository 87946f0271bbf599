"""A service on the session bus that answers Inhibit, and prints what it is asked and when that is over."""

import os
import sys
import threading

from jeepney import DBusAddress, MatchRule, MessageType, message_bus, new_error, new_method_return
from jeepney.io.blocking import open_dbus_connection

NAME, KIND = sys.argv[1:]
OWNER_CHANGED = MatchRule(
    type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged", path="/org/freedesktop/DBus"
)


def say(words: str) -> None:
    print(words, flush=True)


def wait_for_close(descriptor: int) -> None:
    os.read(descriptor, 1)
    say("descriptor closed")


connection = open_dbus_connection("SESSION", enable_fds=True)
bus = DBusAddress("/org/freedesktop/DBus", bus_name="org.freedesktop.DBus", interface="org.freedesktop.DBus")
connection.send_and_get_reply(message_bus.RequestName(NAME, 0))
connection.send_and_get_reply(message_bus.AddMatch(OWNER_CHANGED))
say("ready")
callers = set()
while True:
    message = connection.receive()
    kind, fields = message.header.message_type, {field.name: value for field, value in message.header.fields.items()}
    if kind is MessageType.method_call and fields["member"] == "Inhibit":
        say(f"Inhibit {message.body}")
        callers.add(fields["sender"])
        if KIND == "refusing":
            connection.send(new_error(message, "org.example.Refused", "s", ("no",)))
        elif KIND == "login":
            reading, writing = os.pipe()
            connection.send(new_method_return(message, "h", (writing,)))
            os.close(writing)
            threading.Thread(target=wait_for_close, args=(reading,), daemon=True).start()
        else:
            connection.send(new_method_return(message, "u", (7,)))
    elif kind is MessageType.signal and KIND == "session" and message.body[0] in callers and not message.body[2]:
        say("caller gone")
