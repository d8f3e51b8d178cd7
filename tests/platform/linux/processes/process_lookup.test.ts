import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseListeners } from "../../../../platform/linux/proc/proc_net_sockets.ts";
import { LinuxProcessLookup } from "../../../../platform/linux/processes/process_lookup.ts";
import { eventually } from "../../../support/eventually.ts";
import { ROOT } from "../../../support/fixture.ts";
import { start } from "../../../support/live.ts";

const CAPTURE = `${ROOT}/tests/captured/lookup`;
const captured = () => new LinuxProcessLookup(`${CAPTURE}/proc`, `${CAPTURE}/etc/passwd`);

describe("a captured /proc", () => {
  test("has two processes that count beside the one that listens", () => {
    const lookup = captured();
    assert.deepEqual(lookup.pids().toSorted((a, b) => a - b), [2, 101, 102, 103, 104]);
    const found = lookup.pids().flatMap((pid) => lookup.find(pid)?.pid ?? []);
    assert.deepEqual(found.toSorted(), [101, 102, 103], "neither the kernel thread nor the zombie");
    assert.equal(lookup.find(4711), null);
  });

  test("tells names, arguments, users and cgroups", () => {
    const [web, sleeper, odd] = [101, 102, 103].map((pid) => captured().find(pid)!);
    assert.deepEqual([web.name, sleeper.name, odd.name], ["python3", "sleep", "worker) (x"]);
    assert.deepEqual([web.arguments()[0], web.arguments().at(-1)], ["python3", "--serve"]);
    assert.deepEqual(sleeper.arguments(), ["sleep", "300"]);
    assert.deepEqual([web.userId(), sleeper.userId()], [0, 65_534]);
    assert.deepEqual(odd.cgroups(null), ["/old:style", "/system.slice/web.service-2"]);
    assert.equal(captured().userId("www-data"), 33);
    assert.equal(captured().userId("nobody else"), undefined);
  });

  test("tells who listens, in TCP and UDP, and not who is connected", () => {
    const lookup = captured();
    const listeners = lookup.listeners(new Set([18_080, 15_353, 80]));
    assert.deepEqual([...listeners.get(18_080)!], [3_665_554]);
    assert.deepEqual([...listeners.get(15_353)!], [3_665_555]);
    assert.equal(listeners.get(80)!.size, 0);
    const sockets = lookup.find(101)!.sockets()!;
    assert.deepEqual([...sockets].toSorted(), [3_665_554, 3_665_555, 3_665_556, 3_665_557]);
    assert.equal(lookup.find(102)!.sockets(), null, "its descriptors were not to be seen");
  });
});

describe("tables of sockets", () => {
  test("property: listening sockets come back, whatever stands beside them", () => {
    const socket = fc.record({
      port: fc.integer({ min: 0, max: 65_535 }),
      inode: fc.integer({ min: 1, max: 2 ** 40 }),
      state: fc.constantFrom("0A", "07", "01", "06"),
      isV6: fc.boolean(),
    });
    const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, "0");
    fc.assert(fc.property(fc.array(socket, { maxLength: 8 }), (sockets) => {
      const lines = sockets.map(({ port, inode, state, isV6 }, index) => {
        const address = (isV6 ? "0" : "").repeat(24) + "0100007F";
        return `${String(index).padStart(4)}: ${address}:${
          hex(port)
        } ${address}:0000 ${state} 00000000:00000000 ` +
          `00:00000000 00000000  1000        0 ${inode} 1 00000000e1db6e66 0\n`;
      });
      for (const [protocol, wanted] of [["tcp", "0A"], ["udp", "07"]] as const) {
        const expected = sockets.filter(({ state }) => state === wanted)
          .map(({ port, inode }) => ({ port, inode }));
        assert.deepEqual(parseListeners(`  sl  local_address …\n${lines.join("")}`, protocol), expected);
      }
    }));
  });

  test("fuzz: any text is taken", () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseListeners(text, "tcp"))));
    const file = readFileSync(`${CAPTURE}/proc/self/net/tcp`, "latin1");
    const cut = fc.integer({ min: 0, max: file.length });
    fc.assert(fc.property(cut, (length) => Array.isArray(parseListeners(file.slice(0, length), "tcp"))));
  });
});

describe("the machine's own /proc", () => {
  test("has this process among its numbers, and does not find it", () => {
    const lookup = new LinuxProcessLookup();
    assert.ok(lookup.pids().includes(process.pid));
    assert.equal(lookup.find(process.pid), null);
  });

  test("does not take a thread for a process", async () => {
    const child = spawn("sleep", ["60"]);
    try {
      const lookup = new LinuxProcessLookup();
      assert.equal(lookup.find(child.pid!)?.pid, child.pid);
      // A runtime has threads; none of their numbers is a process.
      const { readdirSync } = await import("node:fs");
      const threads = readdirSync("/proc/self/task").map(Number).filter((id) => id !== process.pid);
      assert.ok(threads.length > 0);
      assert.deepEqual(threads.map((id) => lookup.find(id)), threads.map(() => null));
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  test("tells what is new since the last call", async () => {
    const lookup = new LinuxProcessLookup();
    assert.equal(lookup.newPids(), undefined);
    const child = spawn("sleep", ["60"]);
    try {
      assert.ok(lookup.newPids()!.has(child.pid!));
      assert.ok(!lookup.newPids()!.has(child.pid!));
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  test("shows where sockets of ours listen", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    const socket = createSocket("udp4");
    await once(server, "listening");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    try {
      const ports = [(server.address() as AddressInfo).port, socket.address().port];
      const listeners = new LinuxProcessLookup().listeners(new Set(ports));
      for (const port of ports) assert.equal(listeners.get(port)!.size, 1, `port ${port}`);
    } finally {
      server.close();
      socket.close();
    }
  });
});

test(
  "who has not run since is given back as it was found; who has is looked at, and the dead are not found",
  {
    timeout: 120_000,
  },
  async () => {
    await using live = await start("perl", [
      "-e",
      `$| = 1; print "{}\\n"; while (<STDIN>) { $0 = "other"; print "{}\\n" }`,
    ]);
    const lookup = new LinuxProcessLookup();
    let found = lookup.find(live.pid);
    await eventually(() => found === (found = lookup.find(live.pid, found)));
    assert.equal(found!.name, "perl");
    assert.notEqual(lookup.find(live.pid), found);
    live.process.stdin!.write("\n");
    await live.next();
    const renamed = lookup.find(live.pid, found)!;
    assert.equal(renamed.name, "other");
    assert.equal(renamed.birth, found!.birth);
    assert.notEqual(lookup.find(process.ppid, renamed)?.pid, live.pid, "it is of another process");
    live.process.kill("SIGKILL");
    await eventually(() => lookup.find(live.pid, lookup.find(live.pid, renamed)) === null);
  },
);
