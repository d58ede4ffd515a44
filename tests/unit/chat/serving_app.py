"""Stands in for app.py: answers on both ports, and starts a grandchild that would outlive a careless stop."""

import argparse
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", action="store_true")
    parser.add_argument("--port", type=int)
    parser.add_argument("--sandbox-port", type=int)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    (options.data / "grandchild").write_text(str(child.pid), encoding="ascii")
    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", options.sandbox_port), Fine).serve_forever).start()
    ThreadingHTTPServer(("127.0.0.1", options.port), Fine).serve_forever()


if __name__ == "__main__":
    main()
