import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { DatagramSocket } from "../../../../platform/linux/sys/datagram_socket.ts";
import { withDirectory } from "../../../cli/support/directory.ts";
import { asNobody, cannotDrop } from "../../../cli/support/unprivileged.ts";

const noPython = !existsSync("/usr/bin/python3") && "needs python3";

/** Sends datagrams to a port or a path, and says what went wrong. */
const SEND = `
import socket, sys
place, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
one = socket.socket(socket.AF_UNIX if place.startswith("/") else socket.AF_INET, socket.SOCK_DGRAM)
one.setblocking(False)
sent = 0
for index in range(count):
    try:
        one.sendto((b"%06d" % index).ljust(size, b"."), place if place.startswith("/") else ("127.0.0.1", int(place)))
        sent += 1
    except BlockingIOError:
        break
print(sent)
`;

function send(place: string | number, count: number, size: number, as = (words: string[]) => words) {
  const [program, ...args] = as(["/usr/bin/python3", "-c", SEND, String(place), String(count), String(size)]);
  return spawnSync(program, args, { encoding: "utf8" });
}

function open(kind: "port" | "private"): DatagramSocket {
  const socket = DatagramSocket.open(kind);
  if (typeof socket === "string") throw new Error(socket);
  return socket;
}

/** What our descriptors lead to; one that is closed meanwhile leads nowhere. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  });
}

function taken(socket: DatagramSocket): string[] {
  const texts: string[] = [];
  socket.drain((bytes) => texts.push(bytes === null ? "too long" : new TextDecoder().decode(bytes)));
  return texts;
}

describe("a socket for datagrams", () => {
  for (const kind of ["port", "private"] as const) {
    test(
      `${kind}: gives each as it was sent, in order, and never waits`,
      { skip: noPython, timeout: 120_000 },
      () => {
        const socket = open(kind);
        try {
          assert.deepEqual(taken(socket), []);
          for (const size of [6, 1_000, 40_000]) {
            assert.equal(send(socket.port ?? socket.path!, 3, size).stdout, "3\n");
            assert.deepEqual(
              taken(socket),
              ["000000", "000001", "000002"].map((text) => text.padEnd(size, ".")),
            );
          }
          assert.equal(socket.lostCount(), 0);
        } finally {
          socket.close();
        }
      },
    );
  }

  test("leaves the rest of a batch to the next call where one took long", {
    skip: noPython,
    timeout: 120_000,
  }, () => {
    const socket = open("port");
    try {
      assert.equal(send(socket.port!, 3, 6).stdout, "3\n");
      const texts: string[] = [];
      const slowly = (bytes: Uint8Array | null) => {
        for (const until = performance.now() + 10; performance.now() < until;);
        texts.push(new TextDecoder().decode(bytes!));
      };
      assert.deepEqual([1, 2, 3, 4].map(() => socket.drain(slowly)), [1, 1, 1, 0]);
      assert.deepEqual(texts, ["000000", "000001", "000002"]);
    } finally {
      socket.close();
    }
  });

  test("tells exactly how many the kernel has dropped", { skip: noPython, timeout: 120_000 }, () => {
    const socket = open("port");
    try {
      assert.equal(send(socket.port!, 20_000, 10).stdout, "20000\n");
      let count = 0;
      for (let read = -1; read !== 0;) count += read = taken(socket).length;
      assert.ok(socket.lostCount() > 0);
      assert.equal(count + socket.lostCount(), 20_000);
    } finally {
      socket.close();
    }
  });

  test(
    "says of one that is longer than any that is read that it is",
    { skip: noPython, timeout: 120_000 },
    () => {
      const socket = open("private");
      try {
        assert.equal(send(socket.path!, 1, 100_000).stdout, "1\n");
        assert.deepEqual(taken(socket), ["too long"]);
      } finally {
        socket.close();
      }
    },
  );

  test("tells who has sent each, and takes no descriptors that come along", {
    skip: noPython,
    timeout: 120_000,
  }, () =>
    withDirectory((directory) => {
      const script = `
import array, os, socket, sys
place, file = sys.argv[1:]
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.open(file, os.O_RDONLY)] * 2))
for _ in range(6):
    one.sendmsg([b"x"], [rights], 0, "\\0" + place[1:] if place[0] == "@" else place)
print(os.getpid())
`;
      const file = `${directory}/sent along`;
      const own = openSync(file, "w");
      assert.ok(openFiles().includes(file));
      closeSync(own);
      for (const path of [`${directory}/s`, `@proctor-test/${process.pid}`]) {
        const socket = DatagramSocket.open("private", { path, tellsSender: true });
        if (typeof socket === "string") throw new Error(socket);
        try {
          assert.equal(socket.path, path);
          const words = ["-c", script, path, file];
          const sent = spawnSync("/usr/bin/python3", words, { encoding: "utf8" });
          const senders: number[] = [];
          socket.drain((bytes, sender) => bytes?.length === 1 && senders.push(sender));
          assert.deepEqual(senders, new Array(6).fill(Number(sent.stdout)), sent.stderr);
          assert.ok(!openFiles().includes(file));
          assert.equal(typeof DatagramSocket.open("private", { path }), "string");
        } finally {
          socket.close();
        }
      }
      return Promise.resolve();
    }));

  test("which is private leaves no file, and is closed to strangers", {
    skip: noPython || cannotDrop,
    timeout: 120_000,
  }, () =>
    withDirectory((directory) => {
      const before = process.env.TMPDIR;
      process.env.TMPDIR = directory;
      const socket = open("private");
      try {
        assert.deepEqual(readdirSync(directory), []);
        assert.match(socket.path!, new RegExp(`^/proc/${process.pid}/fd/\\d+$`));
        const stranger = send(socket.path!, 1, 10, asNobody);
        assert.match(stranger.stderr, /PermissionError/);
        assert.deepEqual(taken(socket), []);
      } finally {
        socket.close();
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
      }
      assert.ok(!existsSync(socket.path!));
      return Promise.resolve();
    }));
});
