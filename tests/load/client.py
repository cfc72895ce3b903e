"""A candidate without a browser: one connection that is kept open, and counts its bytes.

Written on plain sockets, because the load generator shares the machine with the server it
measures: an HTTP library would cost as much processor time as the pages themselves.
"""

from __future__ import annotations

import gzip
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int
    seconds: float

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class Acknowledged(NamedTuple):
    """An answer that the server said it had saved."""

    attempt: str
    position: int
    rev: int
    answer: tuple[str, ...]


class UnexpectedReply(RuntimeError):
    """The server answered something that a candidate could not go on from."""


@dataclass
class Connection:
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket | None = None
    _buffer: bytes = b""

    def get(self, path: str, **headers: str) -> Reply:
        return self._request("GET", path, b"", headers)

    def post(self, path: str, fields: object, **headers: str) -> Reply:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Referer"] = f"http://localhost:{self.port}/"
        return self._request("POST", path, urlencode(fields, doseq=True).encode(), headers)  # type: ignore[arg-type]

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}", f"Cookie: {cookies}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        start = time.perf_counter()
        self._open().sendall("\r\n".join(lines).encode() + body)
        status, reply_headers, reply_body, size = self._read_reply()
        return Reply(status, reply_headers, reply_body, size, time.perf_counter() - start)

    def _open(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._buffer = b""
        return self._socket

    def _read_reply(self) -> tuple[int, dict[str, str], bytes, int]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._receive()
        status_line, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for name, _, value in (line.partition(": ") for line in lines):
            headers[name.lower()] = value
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie.strip()] = content
        size = end + 4 + int(headers.get("content-length", 0))
        while len(self._buffer) < size:
            self._receive()
        body, self._buffer = self._buffer[end + 4 : size], self._buffer[size:]
        return int(status_line.split()[1]), headers, body, size

    def _receive(self) -> None:
        received = self._open().recv(65536)
        if not received:
            raise UnexpectedReply("The server closed the connection.")
        self._buffer += received


@dataclass
class Timings:
    """Seconds of each request of one kind."""

    save: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)


@dataclass
class Candidate:
    """Sits exams as a browser with JavaScript would: fragment of the page, then the save."""

    email: str
    port: int
    timings: Timings = field(default_factory=Timings)
    acknowledged: list[Acknowledged] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.web = Connection(self.port)

    def sign_in(self) -> None:
        page = _expect(self.web.get("/accounts/login/"), 200)
        fields = {"login": self.email, "password": PASSWORD, "csrfmiddlewaretoken": token_of(page)}
        _expect(self.web.post("/accounts/login/", fields), 302)

    def sit(self, exam_path: str) -> str:
        """Start, view and answer every question, hand in, read the report; its address."""
        start = _expect(self.web.get(exam_path), 200)
        began = self.web.post(exam_path, {"csrfmiddlewaretoken": token_of(start)})
        attempt_path = _expect(began, 302).headers["location"].rsplit("q/", 1)[0]
        position, token, last = 1, "", 1
        while position <= last:
            page = self.view(attempt_path, position)
            token, last = token_of(page), page.text.count("data-cell=")
            self.save(attempt_path, position, 1, _an_answer(page.text, position), token)
            position += 1
        return self._hand_in(attempt_path, token)

    def view(self, attempt_path: str, position: int) -> Reply:
        path = f"{attempt_path}q/{position}/"
        page = _expect(self.web.get(path, HX_Request="true", Accept_Encoding="gzip"), 200)
        self.timings.page.append(page.seconds)
        return page

    def save(
        self, attempt_path: str, position: int, rev: int, answer: tuple[str, ...], token: str
    ) -> None:
        fields = {"epoch": 1, "rev": rev, "answer": answer}
        reply = self.web.post(f"{attempt_path}q/{position}/save", fields, X_CSRFToken=token)
        _expect(reply, 200)
        self.timings.save.append(reply.seconds)
        attempt = attempt_path.split("/")[2]
        self.acknowledged.append(Acknowledged(attempt, position, rev, answer))

    def _hand_in(self, attempt_path: str, token: str) -> str:
        replies = [
            self.web.get(f"{attempt_path}submit/"),
            self.web.post(f"{attempt_path}submit/", {"csrfmiddlewaretoken": token}),
        ]
        report_path = _expect(replies[-1], 302).headers["location"]
        replies.append(_expect(self.web.get(report_path), 200))
        self.timings.other += [reply.seconds for reply in replies]
        return report_path


def repeat(action: Callable[[int], float], times: int) -> list[float]:
    return [action(number) for number in range(times)]


def _expect(reply: Reply, status: int) -> Reply:
    if reply.status != status:
        words = " ".join(re.sub(r"<[^>]*>", " ", reply.text).split())
        raise UnexpectedReply(f"{reply.status} instead of {status}: {words[:500]}")
    return reply


def token_of(page: Reply) -> str:
    """The token against forged requests that a page of ours carries."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    if found is None:
        raise UnexpectedReply("The page has no form.")
    return found.group(1)


def _an_answer(page: str, position: int) -> tuple[str, ...]:
    """Some complete answer to the question shown, as places."""
    wanted = int(re.findall(r'data-wanted="(\d+)"', page)[0])
    places = sorted(set(re.findall(r'(?:name="answer"|<option) value="(\d)"', page)))
    shift = position % len(places)
    return tuple((places[shift:] + places[:shift])[:wanted])
