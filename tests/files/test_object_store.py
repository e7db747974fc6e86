"""Files in an object store: a server in this process answers pyarrow as S3 does, and remembers what it was asked."""

import io
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.files.folder import Folder


def joined(chunks: BinaryIO) -> bytes:
    """Return the bytes of chunks, each behind its size in hexadecimal; the last is empty, and lines may follow it."""
    whole = b""
    while size := int(chunks.readline().partition(b";")[0], 16):
        whole += chunks.read(size)
        chunks.readline()
    while chunks.readline().strip():
        pass
    return whole


class Requests(BaseHTTPRequestHandler):
    """S3's requests for whole objects and for uploads in parts (docs.aws.amazon.com/AmazonS3/latest/API)."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        """Print nothing."""

    def answer(self, status: int = 200, body: bytes = b"", length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        """Return what is stored: the AWS SDK sends it in chunks, perhaps within HTTP's own."""
        chunked = self.headers.get("Transfer-Encoding") == "chunked"
        sent = joined(self.rfile) if chunked else self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return joined(io.BytesIO(sent)) if "aws-chunked" in self.headers.get("Content-Encoding", "") else sent

    def handle_one(self) -> None:
        store, url = self.server, urlsplit(self.path)
        query, key, body = parse_qs(url.query, keep_blank_values=True), url.path.strip("/"), self.body()
        if key.count("/"):
            copied = ["COPY"] if "x-amz-copy-source" in self.headers else []
            store.asked.append((*copied, self.command, key.partition("/")[2], *sorted(query)))
        if store.interrupt and self.command in ("PUT", "POST") and key.endswith("/one"):
            store.interrupt = False
            os.kill(os.getpid(), signal.SIGINT)
        if store.full and self.command in ("PUT", "POST") and "uploads" not in query:
            self.answer(403, b"<Error><Code>QuotaExceeded</Code><Message>full</Message></Error>")
        elif self.command == "POST" and "uploads" in query:
            self.answer(200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
        elif self.command == "PUT" and "partNumber" in query:
            store.parts[int(query["partNumber"][0])] = body
            self.answer()
        elif self.command == "POST" and "uploadId" in query:
            store.objects[key] = b"".join(store.parts.pop(number) for number in sorted(store.parts))
            self.answer(200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
        elif self.command == "PUT":
            store.objects[key] = body
            self.answer()
        elif self.command == "GET" and "list-type" in query:
            prefix = f"{key}/{query.get('prefix', [''])[0]}"
            found = [name for name in store.objects if name.startswith(prefix)]
            entries = "".join(f"<Contents><Key>{name.partition('/')[2]}</Key><Size>{len(store.objects[name])}</Size>"
                              "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>" for name in found)
            count = f"<KeyCount>{len(found)}</KeyCount>"
            self.answer(200, f"<ListBucketResult>{count}{entries}</ListBucketResult>".encode())
        elif key.count("/") and key not in store.objects:
            self.answer(404)
        elif self.command == "HEAD":
            self.answer(length=len(store.objects.get(key, b"")))
        else:
            self.answer(200, store.objects[key])

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    server.daemon_threads = True
    server.objects, server.asked, server.parts, server.full, server.interrupt = {}, [], {}, False, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def folder_in(store) -> Folder:
    return Folder(f"s3://bucket/x?endpoint_override=127.0.0.1:{store.server_port}&scheme=http&region=us-east-1")


@pytest.mark.parametrize("size", [5, 12_000_000], ids=["small", "in parts"])
def test_a_file_is_put_in_its_place_without_a_temporary_one(store, size):
    data = bytes(range(250)) * (size // 250) or b"12345"
    folder_in(store).write("deep/one", data)
    assert store.objects["bucket/x/deep/one"] == data
    written = {request for request in store.asked if request[0] not in ("GET", "HEAD")}
    assert not [request for request in written if request[0] in ("COPY", "DELETE") or request[1].endswith(".part")]
    assert {request[1] for request in written} <= {"x/deep/one", "x", "x/deep", "x/", "x/deep/"}


def test_a_failed_write_leaves_the_old_file(store):
    folder = folder_in(store)
    folder.write("one", b"old")
    store.full = True
    for data in (b"new", bytes(12_000_000)):
        with pytest.raises(OSError, match="full|QuotaExceeded|403|FORBIDDEN"):
            folder.write("one", data)
    store.full = False
    assert store.objects["bucket/x/one"] == b"old"


@pytest.mark.parametrize("size", [5, 12_000_000], ids=["small", "in parts"])
def test_ctrl_c_leaves_no_part_of_a_file(store, size):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "another test left its handler"
    store.interrupt = True  # while the file is opened
    with pytest.raises(KeyboardInterrupt):
        folder_in(store).write("one", bytes(size))
    assert store.objects.get("bucket/x/one") in (None, bytes(size))
