import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { linuxHost } from "../../../../platform/linux/machine/host_source.ts";
import { countCpuList } from "../../../../platform/linux/proc/cpu_list.ts";
import { parseLoad as parseLoadBytes } from "../../../../platform/linux/proc/proc_loadavg.ts";
import { parsePressure } from "../../../../platform/linux/proc/proc_pressure.ts";
import { parseUptime as parseUptimeBytes } from "../../../../platform/linux/proc/proc_uptime.ts";
import { bytes } from "../../../support/captured.ts";
import { hostFile, hostRoots } from "../../../support/hosts.ts";

const parseLoad = (text: string) => parseLoadBytes(bytes(text), bytes(text).length);
const parseUptime = (text: string) => parseUptimeBytes(bytes(text), bytes(text).length);
const output = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: "utf8" }).trim();

test("/proc/loadavg", () => {
  assert.deepEqual(parseLoad(hostFile("storage_server", "loadavg")), {
    load1: 63.07,
    load5: 71.5,
    load15: 102.25,
    runnableTasks: 17,
    existingTasks: 9_876,
  });
  for (const text of ["", "1 2 3", "0.1 0.2 0.3 x/y 5", "0.1 0.2 0.3 5", "."]) {
    assert.equal(parseLoad(text), null, text);
  }
});

test("/proc/uptime", () => {
  const uptime = parseUptime(hostFile("storage_server", "uptime"));
  assert.deepEqual(uptime, { uptimeSeconds: 94_608_000.55, idleSeconds: 11_520_000_512.42 });
  assert.deepEqual(parseUptime("5.00\n"), { uptimeSeconds: 5, idleSeconds: null });
  for (const text of ["", "x", "-1 2", " \n", "."]) assert.equal(parseUptime(text), null, text);
});

test("/proc/pressure", () => {
  assert.deepEqual(parsePressure(hostFile("storage_server", "pressure/io")), {
    some: { avg10: 12.34, avg60: 5.6, avg300: 0.07, totalSeconds: 1_234_567.890123 },
    full: { avg10: 1, avg60: 0.5, avg300: 0.01, totalSeconds: 987.654321 },
  });
  assert.equal(parsePressure(hostFile("storage_server", "pressure/cpu"))!.full, null);
  assert.equal(parsePressure("avg10=1"), null);
});

test("lists of CPUs", () => {
  assert.equal(countCpuList("0-127\n"), 128);
  assert.equal(countCpuList("0-3,5,8-9"), 7);
  assert.equal(countCpuList("0"), 1);
  for (const text of ["", "x", "3-1", "1,,2", "-1"]) assert.equal(countCpuList(text), null, text);
});

test("fuzz: any text is a reading or null, and never NaN", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    for (const reading of [parseLoad(text), parseUptime(text), parsePressure(`some ${text}`)]) {
      assert.ok(!JSON.stringify(reading).includes("NaN"));
    }
    assert.ok(!Number.isNaN(countCpuList(text) ?? 0));
  }));
});

describe("what the machine is", () => {
  test("is what uname, getconf and os-release say", () => {
    const machine = linuxHost().machine();
    assert.equal(machine.hostName, output("uname", "-n"));
    assert.equal(machine.kernel, output("uname", "-r"));
    assert.equal(machine.os, output("uname", "-s"));
    assert.equal(machine.platform, output("uname", "-m"));
    assert.equal(machine.processorCount, Number(output("getconf", "_NPROCESSORS_ONLN")));
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))![1];
    assert.equal(machine.osRelease, name);
    assert.equal(
      machine.bootTimeMs! / 1_000,
      Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))![1]),
    );
  });

  test("is read from a captured machine, with the other place of os-release", () => {
    const { hostName, kernel, osRelease, processorCount, bootTimeMs, container } = linuxHost(
      hostRoots("storage_server"),
    ).machine();
    assert.deepEqual({ hostName, kernel, osRelease, processorCount, bootTimeMs, container }, {
      hostName: "filer",
      kernel: "5.10.0-28-amd64",
      osRelease: 'Some "Storage" OS 7',
      processorCount: 128,
      bootTimeMs: 1_700_000_000_000,
      container: null,
    });
  });

  test("is as much as can be read", () => {
    const machine = linuxHost({ proc: "/no/such", sys: "/no/such", files: "/no/such" }).machine();
    assert.equal(machine.hostName, null);
    assert.equal(machine.processorCount, null);
    assert.equal(machine.bootTimeMs, null);
    assert.equal(machine.platform, output("uname", "-m"));
  });

  test("tells of a container: its runtime, lxcfs, and the least limits of the cgroups above", () => {
    assert.deepEqual(linuxHost(hostRoots("container")).machine().container, {
      runtime: "lxc",
      isLxcfs: true,
      cpuQuotaCores: 1.5,
      memoryLimitBytes: 1_073_741_824,
    });
  });
});

describe("temperatures", () => {
  test("are those of chips, and of zones that no chip shows", () => {
    const found = linuxHost(hostRoots("storage_server")).temperatures()!;
    const sensor = (chip: string, label: string, celsius: number | null) => ({
      chip,
      label,
      celsius,
      highCelsius: null as number | null,
      criticalCelsius: null as number | null,
    });
    assert.deepEqual(found, [
      sensor("k10temp", "Tctl", 54.625),
      sensor("k10temp", "Tccd1", -1.5),
      { ...sensor("nvme", "temp1", 38.85), highCelsius: 81.85, criticalCelsius: 84.85 },
      sensor("broken", "temp1", null),
      sensor("acpitz", "thermal_zone0", 27.8),
    ]);
  });

  test("are none where the kernel has no sensors, and null where it tells nothing", () => {
    assert.deepEqual(linuxHost(hostRoots("container")).temperatures(), []);
    assert.equal(linuxHost(hostRoots("namespaces")).temperatures(), null);
  });
});

test("everything else is null where it cannot be read", () => {
  const nowhere = linuxHost({ proc: "/no/such", sys: "/no/such", files: "/no/such" });
  for (
    const what of [
      "cpuTimes",
      "memory",
      "load",
      "uptime",
      "interfaces",
      "processes",
      "pressure",
      "disks",
    ] as const
  ) {
    assert.equal(nowhere[what](), null, what);
  }
});
