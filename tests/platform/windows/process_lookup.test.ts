/* Processes that others have started, on a Windows that is a library of ours. */
import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { Discovery } from "../../../monitor/discovery/discovery.ts";
import type { ProcessQuery } from "../../../monitor/discovery/process_query.ts";
import { Look } from "../../../platform/mod.ts";
import { isSameName, WindowsProcessLookup } from "../../../platform/windows/processes/process_lookup.ts";
import { windowsProcesses } from "../../../platform/windows/processes/process_directory.ts";
import { WindowsProcessReader } from "../../../platform/windows/processes/process_reader.ts";
import { sendSignal } from "../../../platform/windows/processes/send_signal.ts";
import { processSnapshot } from "../../../platform/windows/processes/snapshot.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

const SYSTEM = 4;
const NGINX = 1;
const MEMORY_COMPRESSION = 2;
const SMSS = 3;
const [TCP, TCP6, UDP, UDP6] = [0, 1, 2, 3];

test("a name has no case, and a program's need not be written to its end", () => {
  for (const name of ["nginx.exe", "NGINX.EXE", "nginx", "Nginx"]) {
    assert.ok(isSameName("nginx.exe", name), name);
  }
  for (const name of ["nginx.", "ngin", "nginx.exe.exe", ".exe", ""]) {
    assert.ok(!isSameName("nginx.exe", name), name);
  }
  assert.ok(isSameName("Registry", "registry"));
});

describe("a lookup", { timeout: 120_000 }, () => {
  let fake: ReturnType<typeof fakeWindows>;
  before(() => void (noFakeWindows || (fake = fakeWindows())));
  beforeEach(() => {
    if (noFakeWindows) return;
    fake.fake_reset();
    for (const table of [TCP, TCP6, UDP, UDP6]) fake.fake_port(table, 0, 0);
    // The system's own, and what it has started: one that is its own as well, and a program.
    fake.fake_add(SYSTEM, 0);
    fake.fake_add(8, SYSTEM);
    fake.fake_name(8, MEMORY_COMPRESSION);
    fake.fake_add(12, SYSTEM);
    fake.fake_name(12, SMSS);
    for (const pid of [101, 102]) {
      fake.fake_add(pid, 12);
      fake.fake_name(pid, NGINX);
    }
    processSnapshot.expire();
  });

  const found = (query: ProcessQuery) => {
    const [{ processes, problems }] = new Discovery(new WindowsProcessLookup(), [query]).look();
    return { pids: processes.map(({ pid }) => pid).sort((one, other) => one - other), problems };
  };

  test("finds programs, and nothing of the system's own", { skip: noFakeWindows }, () => {
    const lookup = new WindowsProcessLookup();
    assert.deepEqual(lookup.pids(), [SYSTEM, 8, 12, 101, 102]);
    assert.deepEqual(lookup.pids().filter((pid) => lookup.find(pid)), [12, 101, 102]);
    const { name, parentPid, birth, startTimeMs } = lookup.find(101)!;
    assert.deepEqual({ name, parentPid }, { name: "nginx.exe", parentPid: 12 });
    assert.equal(birth, (133_000_000_000_000_000 + 4e7) / 10 - 11_644_473_600_000_000);
    assert.equal(startTimeMs, birth / 1_000);
    assert.equal(lookup.find(103), null);
  });

  test("finds processes by name and by user", { skip: noFakeWindows }, () => {
    assert.deepEqual(found({ name: "NGINX" }), { pids: [101, 102], problems: [] });
    assert.deepEqual(found({ name: "nginx.exe", user: "Ann" }), { pids: [101], problems: [] });
    assert.deepEqual(found({ user: "Bob" }).pids, [12, 102]);
    assert.deepEqual(found({ user: "Eve" }).problems, ['there is no user called "Eve"']);
    assert.deepEqual(found({ user: 1 }), {
      pids: [],
      problems: ["on Windows users have no numbers: write a name"],
    });
    assert.equal(new WindowsProcessLookup().ownUserId, new WindowsProcessLookup().userId("Ann"));
  });

  for (const [words, table] of Object.entries({ TCP, TCP6, UDP, UDP6 })) {
    test(`finds who has a port: ${words}`, { skip: noFakeWindows }, () => {
      fake.fake_port(table, 102, 0x1f91);
      assert.deepEqual(found({ port: 0x1f91 }).pids, [102]);
      assert.deepEqual(found({ port: 0x911f }).pids, []);
    });
  }

  test("tells whose a process is, and which are the system's own", { skip: noFakeWindows }, () => {
    const { userName, group, isKernelThread } = windowsProcesses.origin(101);
    assert.deepEqual({ userName, group, isKernelThread }, {
      userName: "Ann",
      group: null,
      isKernelThread: false,
    });
    assert.equal(windowsProcesses.origin(8).isKernelThread, true);
    assert.deepEqual(windowsProcesses.newcomers(), [SYSTEM, 8, 12, 101, 102]);
  });

  test("leaves what may not be opened to the list of all", { skip: noFakeWindows }, () => {
    fake.fake_close(101);
    fake.fake_use(101, 1_500, 500, 4_096);
    assert.deepEqual(found({ name: "nginx" }).pids, [101, 102]);
    assert.deepEqual(found({ user: "Ann" }).pids, []);
    const reader = WindowsProcessReader.observe(101)!;
    const { name, parentPid, cpuSeconds, args, birth } = reader;
    assert.deepEqual({ name, parentPid, cpuSeconds, args }, {
      name: "nginx.exe",
      parentPid: 12,
      cpuSeconds: 2,
      args: null,
    });
    assert.equal(birth, new WindowsProcessLookup().find(101)!.birth);
    fake.fake_end(101, 0);
    processSnapshot.expire();
    assert.equal(reader.look(), Look.gone);
    reader.close();
    assert.equal(WindowsProcessReader.observe(4_711), null);
  });

  test("signals a stranger, and nobody who has got his number since", { skip: noFakeWindows }, () => {
    const { pid, birth } = new WindowsProcessLookup().find(101)!;
    assert.equal(sendSignal({ pid, birth: birth + 1 }, "SIGSTOP"), false);
    assert.equal(fake.fake_is_suspended(101), 0);
    assert.equal(sendSignal({ pid, birth }, "SIGSTOP"), true);
    assert.equal(fake.fake_is_suspended(101), 1);
    assert.equal(sendSignal({ pid, birth }, "SIGCONT"), true);
    assert.equal(fake.fake_is_suspended(101), 0);
    assert.equal(sendSignal({ pid, birth }, "SIGUSR1"), false);
    assert.equal(sendSignal({ pid, birth }, "SIGTERM"), true);
    assert.equal(sendSignal({ pid, birth }, "SIGTERM"), false, "it is over");
    assert.equal(sendSignal({ pid: 4_711, birth }, "SIGTERM"), false);
  });
});
