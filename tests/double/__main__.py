"""`make double`: the vendors' double alone, and the environment that sends the platform to it."""

from __future__ import annotations

import argparse
import sys
import threading

from tests.double import Double


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=8099)
    chosen = parser.parse_args()
    try:
        double = Double(host=chosen.host, port=chosen.port)
    except OSError as error:
        sys.exit(
            f"Port {chosen.port} cannot be used: {error.strerror}. Choose another: PORT=8100 make double"
        )
    with double:
        print("The vendors' double is up. In another terminal:\n")
        for name, value in double.environment.items():
            print(f"export {name}={value}")
        print("\nThen, for example: make demo")
        print(f"What it was asked: curl {double.url}/double/calls")
        print(
            "A fault: curl -X POST"
            f""" -d '{{"route": "/v1/responses", "status": 500}}' {double.url}/double/faults""",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("\nGone.")


if __name__ == "__main__":
    main()
