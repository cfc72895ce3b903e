"""A loopback TCP proxy that cuts connections: before a request gets through, or its answer."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from random import Random


class CuttingProxy:
    """Forwards to ``target``; cuts one in ``one_in`` exchanges, half of them after the server.

    ``cuts`` counts them, ``cuts_after`` those whose answer was ready and never heard.
    """

    def __init__(self, target: int, *, one_in: int, seed: int) -> None:
        self._target = target
        self._one_in = one_in
        self._random = Random(seed)  # moments to cut at
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = self.cuts_after = 0
        self._cutting = False
        self._counting = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def starts_to_cut(self) -> None:
        self._cutting = True

    def stops_to_cut(self) -> None:
        self._cutting = False

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._target)) as server,
        ):
            while request := _whole_message(client):
                if self._cuts_now():
                    return
                server.sendall(request)
                answer = _whole_message(server)
                if not answer or self._cuts_now(after=True):
                    return
                client.sendall(answer)

    def _cuts_now(self, *, after: bool = False) -> bool:
        with self._counting:
            if not self._cutting or self._random.randrange(2 * self._one_in):
                return False
            self.cuts += 1
            self.cuts_after += after
            return True


def _whole_message(sender: socket.socket) -> bytes:
    """A request or an answer with its body; nothing when the sender closed."""
    message = b""
    while b"\r\n\r\n" not in message:
        received = sender.recv(65536)
        if not received:
            return b""
        message += received
    head, _, _ = message.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    size = len(head) + 4 + (int(length[1]) if length else 0)
    while len(message) < size:
        received = sender.recv(65536)
        if not received:
            return b""
        message += received
    return message
