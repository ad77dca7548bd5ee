"""Stands in for a service: says how it is, listens where it is told, ends as a service does. Says what it was told."""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    wbufsize = -1  # an answer is sent whole or, where it comes to the end, not at all

    def do_GET(self) -> None:
        told = {name: value for name, value in os.environ.items() if name.startswith(("DESMIGRATIF_", "OTEL_"))}
        body = json.dumps({"pid": os.getpid(), "told": told}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Shared(ThreadingHTTPServer):
    allow_reuse_port = True


def say(word: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
        sending.sendto(word.encode(), os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))


def end_with_stdin() -> None:
    sys.stdin.read()
    end()


def end() -> None:
    with contextlib.suppress(OSError):  # the house may have been killed
        say("STOPPING=1")
    sys.stdout.write("ended gently\n")
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    # Waited for, not handled: after a pause any thread may be given it, and none but the first runs Python's handlers.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    if os.environ.get("STAND_IN_FAILS") == sys.argv[1]:
        sys.exit("it cannot start today")
    say("STATUS=waits for the port")
    server = Shared(("127.0.0.1", int(os.environ["DESMIGRATIF_PORT"])), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say("READY=1")
    threading.Thread(target=end_with_stdin, daemon=True).start()
    signal.sigwait({signal.SIGTERM})
    end()


if __name__ == "__main__":
    main()
