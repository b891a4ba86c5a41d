"""A site in a container: `/after/<seconds>/<anything>` is a page of five words that comes after that time."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html><title>five</title><p>one fish two fish red</p>"


class PageHandler(BaseHTTPRequestHandler):
    """Answers every GET."""

    def do_GET(self) -> None:
        time.sleep(float(self.path.split("/")[2]))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class PageServer(ThreadingHTTPServer):
    """Takes a burst of connections."""

    request_queue_size = 256
    daemon_threads = True


if __name__ == "__main__":
    PageServer(("0.0.0.0", 8000), PageHandler).serve_forever()
