/* Lines reach the log of a system, and one that is slow or away delays nobody. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openDatagrams } from "../../../../platform/mod.ts";
import type { Datagrams } from "../../../../platform/mod.ts";
import type { LogEntry } from "../../../../supervisor/logs/entry.ts";
import { logService, openLogs, withDirectory } from "../../support/logs.ts";
import { shell, TestSupervisor } from "../../support/supervisor.ts";

const limit = { timeout: 60_000 };
const PATIENCE_MS = 60_000;

async function listen(path: string): Promise<Datagrams> {
  const socket = await openDatagrams("private", { path });
  assert.ok(typeof socket !== "string", String(socket));
  return socket;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(Date.now() < end, `${what}: it did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function taken(socket: Datagrams): string[] {
  const all: string[] = [];
  while (socket.drain((bytes) => all.push(new TextDecoder().decode(bytes!))) > 0);
  return all;
}

let endOffset = 0;
const entry = (text: string, stream: LogEntry["stream"] = "stdout"): LogEntry => ({
  id: "web",
  stream,
  timestampMs: Date.now(),
  bytes: new TextEncoder().encode(text),
  endOffset: endOffset += text.length + 1,
  isPartial: false,
  isNotice: false,
  metadata: null,
});
const to = (target: object) => ({ mode: "pipe", outputs: { combined: [target] } });

/** Logs that go to one target, and what is said of them. */
async function withTarget(
  target: object,
  use: (write: (...lines: string[]) => Promise<void>, lost: string[], trouble: string[]) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const lost: string[] = [];
    const trouble: string[] = [];
    const service = await logService(directory, {
      onDropped: (id, sentence) => lost.push(`${id}: ${sentence}`),
      onTrouble: (id, sentence) => trouble.push(`${id}: ${sentence}`),
    });
    const logs = openLogs(service, "web", to(target));
    try {
      await use(async (...lines) => await logs.write(lines.map((line) => entry(line))), lost, trouble);
    } finally {
      await service.close();
    }
  });
}

describe("an output of type syslog", () => {
  test("sends what a process writes to the socket of the machine, by its streams", limit, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "log");
      const socket = await listen(path);
      const target = { type: "syslog", address: path, facility: "local0" };
      const script = "echo one; echo two >&2; sleep 300; :";
      await using test = await TestSupervisor.start([shell("web", script, { log_collection: to(target) })]);
      const got: string[] = [];
      await test.until("both have come", () => (got.push(...taken(socket)), got.length === 2));
      const form = new RegExp(
        `^<13[14]>1 \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${hostname()} web - (stdout|stderr) - `,
      );
      assert.ok(got.every((line) => form.test(line)), got.join("\n"));
      // local0 is 16: 16 * 8 and 6, or 3.
      assert.deepEqual(got.map((line) => line.replace(/ .* - /, " ")).sort(), ["<131>1 two", "<134>1 one"]);
      socket.close();
    });
  });

  test("goes by UDP, too", limit, async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    const server = createSocket("udp4");
    const got: string[] = [];
    server.on("message", (bytes) => got.push(new TextDecoder().decode(bytes).replace(/^.* - /s, "")));
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    await withTarget(
      { type: "syslog", address: `udp://127.0.0.1:${server.address().port}` },
      async (write) => {
        await write(...lines);
        await until("all have come", () => got.length === lines.length);
      },
    );
    assert.deepEqual(got, lines);
    server.close();
  });

  test("goes by TCP, each behind its length, and connects anew", limit, async () => {
    let text = "";
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.setEncoding("utf8").on("data", (piece) => text += piece).on("error", () => {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await withTarget({ type: "syslog", address }, async (write, lost, trouble) => {
      await write("öne");
      await until("it has come", () => text.endsWith("öne"));
      const [, length] = /^(\d+) </.exec(text)!;
      assert.equal(Buffer.byteLength(text), length.length + 1 + Number(length));
      sockets[0].destroy();
      await until("it is noticed", () => sockets[0].closed);
      // What is sent before the end is noticed may be lost with the connection.
      for (let count = 0; !text.includes("again"); count++) {
        assert.ok(count < 1_000);
        await write(`again ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.ok(sockets.length >= 2);
      assert.deepEqual(lost, []);
      assert.ok(trouble.length <= 2, trouble.join("\n"));
    });
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test("waits for a log that is away, tells of it once, and sends all in order then", limit, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "log");
      await withTarget({ type: "syslog", address: path }, async (write, lost, trouble) => {
        await write("one", "two");
        await until("it is told", () => trouble.length === 1);
        await write("three");
        const socket = await listen(path);
        const got: string[] = [];
        await until("all have come", () => (got.push(...taken(socket)), got.length === 3));
        assert.deepEqual(got.map((line) => line.replace(/^.* - /, "")), ["one", "two", "three"]);
        assert.deepEqual(trouble, [
          `null: cannot send lines to ${path}: there is no listener; lines wait, up to 1 MiB of all processes`,
          `null: lines are sent to ${path} again`,
        ]);
        assert.deepEqual(lost, []);
        socket.close();
      });
    });
  });

  test("loses what is beyond its bound, counts it, and is never waited for", limit, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "log");
      const socket = await listen(path);
      await withTarget({ type: "syslog", address: path }, async (write, lost, trouble) => {
        const line = "x".repeat(1_000);
        const lines = 5_000;
        const from = performance.now();
        // Nobody reads: the socket takes a few, 1 MiB waits, and the rest is lost.
        for (let count = 0; count < lines; count += 100) await write(...Array(100).fill(line));
        assert.ok(performance.now() - from < 5_000);
        await until("it is told", () => lost.length > 0);
        const told = /^web: (\d+) lines were not sent to .*: it does not take them in time$/.exec(lost[0]);
        assert.ok(told, lost[0]);
        const got: string[] = [];
        await until(
          "the rest has come",
          () => (got.push(...taken(socket)), got.length + Number(told[1]) >= lines),
        );
        assert.equal(got.length + Number(told[1]), lines, "each is sent or counted");
        assert.ok(got.length >= 900 && got.length < 3_000, `${got.length} have come`);
        await write("last");
        await until("it goes on", () => taken(socket).some((one) => one.endsWith(" last")));
        assert.deepEqual(trouble, [], "a slow log is no trouble");
      });
      socket.close();
    });
  });

  test("tells at its end what did not leave", limit, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "log");
      const lost: string[] = [];
      const service = await logService(directory, {
        onDropped: (id, sentence) => lost.push(`${id}: ${sentence}`),
      });
      const logs = openLogs(service, "web", to({ type: "syslog", address: path }));
      await logs.write([entry("one")]);
      await service.close();
      assert.deepEqual(lost, [`web: 1 line was not sent to ${path}: there is no listener`]);
    });
  });
});

test("an output of type journald sends fields to its socket", limit, async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "socket");
    const socket = await listen(path);
    await withTarget({ type: "journald", address: path, severity: "debug" }, async (write) => {
      await write("one");
      const got: string[] = [];
      await until("it has come", () => (got.push(...taken(socket)), got.length > 0));
      assert.match(got[0], /^MESSAGE=one\nPRIORITY=7\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=web\n/);
    });
    socket.close();
  });
});

test("keys that do not fit are told with what would", async () => {
  const { logCollectionSchema } = await import("../../../../supervisor/logs/config.ts");
  const faults = (target: object) =>
    logCollectionSchema.safeParse(to(target)).error?.issues.map(({ path, message }) =>
      `${String(path.at(-1))} ${message}`
    );
  assert.equal(faults({ type: "syslog" }), undefined);
  assert.deepEqual(faults({ type: "syslog", path: "x", format: "json", prefix: "p" }), [
    'path is for type "file", and this is "syslog"',
    'format is not for type "syslog", which has a form of its own',
    'prefix is not for type "syslog", which has a form of its own',
  ]);
  assert.deepEqual(faults({ type: "stdout", facility: "mail" }), [
    'facility is for types "syslog" and "journald", and this is "stdout"',
  ]);
  assert.deepEqual(faults({ type: "journald", address: "udp://h" }), [
    'address is a socket of this machine for type "journald"; write /run/systemd/journal/socket, or use syslog',
  ]);
  assert.match(
    faults({ type: "syslog", address: "h:514" })![0],
    /^address "h:514" is not an address of a log; write/,
  );
});

test("an address that nothing writes to any more is let go of once what waits has left", limit, async () => {
  const sockets: Socket[] = [];
  let open = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    open++;
    socket.on("data", () => {});
    socket.on("close", () => open--);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = (word: string, more: object = {}) =>
    shell("web", `echo ${word}; sleep 300; :`, { log_collection: to({ type: "syslog", address, ...more }) });
  await using test = await TestSupervisor.start([log("one")]);
  await test.until("it is connected", () => open === 1);
  // Another process to the same address goes on by the same connection.
  test.configure([log("two", { facility: "local0" })]);
  assert.deepEqual((await test.supervisor.reload()).restarted, ["web"]);
  await test.reaches("web", "running");
  assert.deepEqual([open, sockets.length], [1, 1]);
  test.configure([shell("web", "sleep 300; :")]);
  await test.supervisor.reload();
  await test.until("it is closed", () => open === 0);
  assert.equal(sockets.length, 1);
  server.close();
});
