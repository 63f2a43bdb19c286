"""Made-up images, and a server that keeps them like S3 does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import Any

from PIL import Image

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=key-of-tests/\d{8}/eu-central-1/s3/aws4_request, ?SignedHeaders=.*host.*Signature=[0-9a-f]{64}"
)


def image(kind: str = "JPEG", size: tuple[int, int] = (60, 40), color: Any = (200, 30, 30), **save: Any) -> bytes:
    out = BytesIO()
    Image.new("RGBA" if kind != "JPEG" else "RGB", size, color).save(out, kind, **save)
    return out.getvalue()


def animated(kind: str = "WEBP") -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


@dataclass
class Bucket:
    """What a fake S3 server holds, and what it was asked."""

    endpoint: str
    files: dict[str, bytes] = field(default_factory=dict)
    unsigned: int = 0
    away: bool = False


class _Handler(BaseHTTPRequestHandler):
    """Speaks as much of S3's wire format as keeping files takes: path-style PUT and GET, and POST ?delete, signed with version 4."""

    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        content = self._body()
        if self._may():
            self.bucket.files[self.path] = content
            self._answer(200, b"", ETag='"0"')

    def do_GET(self) -> None:
        if not self._may():
            return
        if self.path in self.bucket.files:
            date = "Mon, 01 Jun 2026 12:00:00 GMT"
            self._answer(200, self.bucket.files[self.path], **{"ETag": '"0"', "Last-Modified": date})
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_POST(self) -> None:
        keys = re.findall(r"<Key>(.*?)</Key>", self._body().decode())
        if self._may() and self.path.endswith("?delete"):
            for key in keys:
                self.bucket.files.pop(f"{self.path.partition('?')[0]}/{key}", None)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _may(self) -> bool:
        signed = bool(SIGNED.match(self.headers.get("Authorization", "")) and "x-amz-date" in self.headers)
        self.bucket.unsigned += not signed
        if self.bucket.away or not signed:
            self._answer(500 if self.bucket.away else 403, b"<Error><Code>AccessDenied</Code></Error>")
        return signed and not self.bucket.away

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    bucket = _Handler.bucket = Bucket(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield bucket
    server.shutdown()
    server.server_close()
    thread.join()
