"""A small HTTP/1.1 client that takes as little time of its own as Python allows."""

import socket
import time

TIMEOUT_SECONDS = 10


class Client:
    """Scrapes one server; over one connection, or over a new one each time."""

    def __init__(self, port, *headers, close=False):
        self._port = port
        self._close = close
        lines = ["GET /metrics HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
        if close:
            lines.append("Connection: close")
        self._request = "\r\n".join([*lines, "", ""]).encode()
        self._socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._disconnect()

    def scrape(self):
        """The time from before the connection or the request to the last byte, in ns, and the body as
        it was sent. Raises OSError where there is no answer, ValueError where it is no success."""
        began = time.perf_counter_ns()
        if self._socket is None:
            self._socket = connect(self._port)
        self._socket.sendall(self._request)
        head, rest = self._receive_head()
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if b"content-length" in fields:
            body = self._receive_until(rest, lambda all: len(all) >= int(fields[b"content-length"]))
        else:
            body = self._receive_until(rest, lambda all: all.endswith(b"\r\n0\r\n\r\n"))
        took = time.perf_counter_ns() - began
        if self._close or fields.get(b"connection") == b"close":
            self._disconnect()
        if head.split(b" ", 2)[1] != b"200":
            raise ValueError(head.split(b"\r\n", 1)[0].decode())
        return took, body if b"content-length" in fields else joined_chunks(body)

    def _receive_head(self):
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        return received.split(b"\r\n\r\n", 1)

    def _receive_until(self, received, is_whole):
        while not is_whole(received):
            received += self._receive()
        return received

    def _receive(self):
        received = self._socket.recv(1 << 18)
        if not received:
            self._disconnect()
            raise ConnectionError("the server closed the connection amid an answer")
        return received

    def _disconnect(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def joined_chunks(body):
    """The body that was sent in chunks (RFC 9112, 7.1)."""
    joined = b""
    while True:
        size, body = body.split(b"\r\n", 1)
        length = int(size, 16)
        if length == 0:
            return joined
        joined += body[:length]
        body = body[length + 2 :]


class HalfOpen:
    """Connections on which half a request was sent and nothing follows."""

    def __init__(self, port, count):
        self._sockets = [connect(port) for _ in range(count)]
        for each in self._sockets:
            each.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._sockets:
            each.close()
