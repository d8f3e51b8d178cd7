import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { UnixDatagramSender } from "../../../../platform/linux/sys/datagram_sender.ts";
import { withDirectory } from "../../../cli/support/directory.ts";

const noPython = !existsSync("/usr/bin/python3") && "needs python3";

/** Listens, says so, and with each line of input says what has come: the length and the sum of each. */
const LISTEN = `
import socket, sys
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind(sys.argv[1])
one.setblocking(False)
print("listens", flush=True)
for line in sys.stdin:
    told = []
    try:
        while True:
            got = one.recv(1 << 20)
            told.append("%d:%d" % (len(got), sum(got)))
    except BlockingIOError:
        pass
    print(" ".join(told), flush=True)
`;

function listener(path: string) {
  const child = spawn("/usr/bin/python3", ["-c", LISTEN, path], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    child.emit("line");
  });
  const line = async () => {
    while (lines.length === 0) await once(child, "line");
    return lines.shift()!;
  };
  return {
    line,
    taken: async () => {
      child.stdin.write("\n");
      return await line();
    },
    end: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

const open = (path: string) => {
  const sender = UnixDatagramSender.open(path);
  if (typeof sender === "string") throw new Error(sender);
  return sender;
};

describe("what sends datagrams to a socket with a name", { concurrency: false }, () => {
  test(
    "sends whole ones, finds who listens anew, and never waits",
    { skip: noPython, timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        const path = join(directory, "s");
        const sender = open(path);
        try {
          assert.equal(sender.send(Uint8Array.of(1)), "ENOENT");
          let one = listener(path);
          assert.equal(await one.line(), "listens");
          for (const size of [0, 1, 65_536]) assert.equal(sender.send(new Uint8Array(size).fill(1)), null);
          assert.equal(sender.send(new Uint8Array(65_537)), "EMSGSIZE");
          assert.equal(await one.taken(), "0:0 1:1 65536:65536");
          let sent = 0;
          while (sender.send(Uint8Array.of(2)) === null) assert.ok(++sent < 100_000);
          assert.equal(sender.send(Uint8Array.of(2)), "EAGAIN");
          assert.equal((await one.taken()).split(" ").length, sent);
          await one.end();
          assert.equal(sender.send(Uint8Array.of(1)), "ECONNREFUSED");
          rmSync(path);
          one = listener(path);
          assert.equal(await one.line(), "listens");
          assert.equal(sender.send(Uint8Array.of(3)), null);
          assert.equal(await one.taken(), "1:3");
          await one.end();
        } finally {
          sender.close();
          sender.close();
        }
      }),
  );

  test("there is none for a name that no socket can have", () => {
    assert.match(String(UnixDatagramSender.open(`/${"x".repeat(200)}`)), /too long/);
  });
});
