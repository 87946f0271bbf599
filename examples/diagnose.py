"""Ask a drive about itself and its disc: `python examples/diagnose.py [DRIVE]`.

Shows three levels of asking: the summary that a program needs, a typed answer, and raw bytes spelled out.
"""

import sys

import discstack


def diagnose(address: str) -> None:
    with discstack.open(address, trace=lambda line: print(f"    {line}")) as recorder:
        print("the summary:")
        medium = recorder.medium()
        print(f"  {recorder.vendor_id} {recorder.product_id} {recorder.product_revision} holds: {medium}")

        print("a typed answer:")
        configuration = recorder.drive.configuration()
        current = [type(feature).__name__ for feature in configuration.features if feature.current]
        print(f"  current features: {', '.join(current)}")

        print("one command, byte by byte:")
        reply = recorder.execute(bytes.fromhex("25 00 00000000 0000 00 00"), allocation=8)
        print(f"  READ CAPACITY answers {bytes(reply.data).hex(' ') or 'nothing'}, status {reply.status:#04x}")
        if reply.sense:
            print(f"  because: {discstack.Sense.parse(reply.sense)}")


if __name__ == "__main__":
    diagnose(sys.argv[1] if len(sys.argv) > 1 else "virtual:bd-r")
