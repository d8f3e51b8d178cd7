#!/usr/bin/env python3
"""usage: knock.py HOW WHERE [TIMES]: knock at the API of a supervisor as somebody who has no business there.

WHERE is a port of 127.0.0.1, [::1]:PORT, or the path of a Unix socket. HOW is
  close-early  send the whole request to add a process, and close at once
  half-open    send it, shut the sending half, and wait for what is said
  reset        send it and reset the connection
  idle         open TIMES connections, say nothing, print "open N", and hold them until the input ends
  half-a-head  as idle, with the beginning of a request on each
Prints what was answered, a status a line; "shut" where the connection was closed without a word.
"""
import json, socket, struct, sys

how, where = sys.argv[1:3]
times = int(sys.argv[3]) if len(sys.argv) > 3 else 6


def connect():
    if where.startswith("/"):
        client = socket.socket(socket.AF_UNIX)
        client.connect(where)
        return client
    host, _, port = where.rpartition(":")
    return socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)))


def request(number):
    body = json.dumps({"id": f"stranger-{number}", "executable": "/bin/sleep"}).encode() + b" " * 200_000
    head = (
        b"POST /processes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    return head + body


def answer(client):
    try:
        said = client.recv(65536)
    except ConnectionError:
        said = b""
    return said.split(b" ")[1].decode() if said else "shut"


if how in ("idle", "half-a-head"):
    held = []
    for _ in range(times):
        client = connect()
        if how == "half-a-head":
            client.sendall(b"GET /processes HTTP/1.1\r\nHost: loc")
        held.append(client)
    print("open", len(held), flush=True)
    sys.stdin.read()
else:
    for number in range(times):
        client = connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        try:
            client.sendall(request(number))
            if how == "half-open":
                client.shutdown(socket.SHUT_WR)
            elif how == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except ConnectionError:
            pass
        print(answer(client) if how == "half-open" else "sent", flush=True)
        client.close()
