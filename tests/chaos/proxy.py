"""A loopback TCP proxy that cuts connections: before a request gets through, or its answer."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from random import Random


class CuttingProxy:
    """Forwards to ``target``; cuts every ``one_in``-th exchange, half of them after the server."""

    def __init__(self, target: int, *, one_in: int, seed: int) -> None:
        self._target = target
        self._one_in = one_in
        self._random = Random(seed)  # moments to cut at
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self._target))
            with server:
                while request := client.recv(65536):
                    cut = self._random.randrange(2 * self._one_in)
                    if cut == 0:
                        self.cuts += 1
                        return
                    server.sendall(request)
                    answer = _whole_answer(server)
                    if cut == 1 or not answer:
                        # The server has committed; the browser never hears of it.
                        self.cuts += 1
                        return
                    client.sendall(answer)


def _whole_answer(server: socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer:
        received = server.recv(65536)
        if not received:
            return b""
        answer += received
    head, _, _ = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    size = len(head) + 4 + (int(length[1]) if length else 0)
    while len(answer) < size:
        answer += server.recv(65536)
    return answer
