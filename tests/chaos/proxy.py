"""A loopback TCP proxy that cuts connections: before a request gets through, or its answer."""

from __future__ import annotations

import contextlib
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
                    answer = server.recv(65536)
                    if cut == 1 or not answer:
                        # The server has committed; the browser never hears of it.
                        self.cuts += 1
                        return
                    client.sendall(answer)
