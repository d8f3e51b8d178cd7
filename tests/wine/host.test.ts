/* `proctor host` on Windows. Under Wine the machine is that of Linux, whose own files tell what is right. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { proctor, startProctor, withDirectory } from "./support/programs.ts";

/** A file of the Linux around Wine. */
const linux = (path: string) => readFileSync(`Z:${path}`, "utf8");

async function part(
  ...name: string[]
): Promise<Record<string, number> & Record<string, Record<string, never>>> {
  const { code, stdout, stderr } = await proctor(["host", ...name, "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.toString());
}

/** Whether two figures of one thing, taken at two moments, are as good as the same. */
function assertNear(figure: number, right: number, tolerance: number): void {
  assert.ok(Math.abs(figure - right) <= tolerance, `${figure}, not about ${right}`);
}

describe("the machine on Windows", { timeout: 60_000 }, () => {
  test("has its memory", async () => {
    const { total, available, free, usage_percent } = await part("memory");
    const kib = (name: string) =>
      Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(linux("/proc/meminfo"))![1]);
    assertNear(total, kib("MemTotal") * 1_024, 2 ** 20);
    assertNear(available, kib("MemAvailable") * 1_024, total / 4);
    assert.ok(usage_percent > 0 && usage_percent < 100);
    assert.equal(free, null);
  });

  test("has its CPU times", async () => {
    const { user, idle, nice, usage_percent } = await part("cpu");
    const [, , , , right] = linux("/proc/stat").split(/\s+/);
    assertNear(idle, Number(right) / 100, Number(right) / 100 * 0.05 + 5);
    assert.ok(user > 0 && usage_percent >= 0 && usage_percent <= 100);
    assert.equal(nice, null);
  });

  test("has its uptime and its names", async () => {
    const { uptime } = await part("uptime");
    assertNear(uptime, Number(linux("/proc/uptime").split(" ")[0]), 10);
    const { os, processors } = await part("system") as unknown as { os: string; processors: number };
    assert.equal(os, "Windows");
    assert.equal(processors, linux("/proc/stat").match(/^cpu\d/gm)!.length);
  });

  test("has its network, each interface once", async () => {
    const { network } = await part("network");
    const [, received] = /^ *lo: *(\d+)/m.exec(linux("/proc/net/dev"))!;
    assert.ok(Object.keys(network).includes("lo"), Object.keys(network).join());
    const { rx_bytes } = network.lo as unknown as { rx_bytes: number };
    assert.ok(rx_bytes <= Number(received));
  });

  test("has its drives", async () => {
    const { disk } = await part("disk");
    const drives = Object.entries(disk as unknown as Record<string, { total: number; used: number }>);
    assert.ok(drives.length > 0 && drives.every(([name]) => /^[A-Z]:\\$/.test(name)), JSON.stringify(disk));
    assert.ok(
      drives.every(([, { total, used }]) => total > 0 && used >= 0 && used <= total),
      JSON.stringify(disk),
    );
  });

  test("has its processes", async () => {
    const { processes_running, processes_sleeping, threads } = await part("processes");
    assert.ok(processes_running + processes_sleeping >= 1);
    assert.ok(threads >= processes_running + processes_sleeping);
  });

  test("is shown at a glance, without what there is not", async () => {
    const { code, stdout } = await proctor(["host"]);
    assert.equal(code, 0);
    assert.match(stdout.toString(), /memory/i);
    const { memory_usage, load_avg } = await part();
    assert.ok(memory_usage > 0);
    assert.equal(load_avg, null);
  });

  test("is told by the sysmon service, over standard input and output", async () => {
    const input = '{"jsonrpc":"2.0","id":1,"method":"RPCGetMemoryInfo"}\n';
    const { code, stdout, stderr } = await proctor(["sysmon"], { input });
    assert.equal(code, 0, stderr);
    const answers = stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(answers.find(({ id }) => id === 1)?.result.total > 0, stdout.toString());
  });

  test("is told by the sysmon service at a named pipe, whose name is in a file", async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "sysmon.sock");
      const service = startProctor(["sysmon", "--listen", `unix:${path}`]);
      const ended = once(service, "close");
      try {
        await eventually(() => existsSync(path), 60_000, () => "it does not listen");
        const socket = connect(readFileSync(path, "utf8").trim());
        socket.write('{"jsonrpc":"2.0","id":1,"method":"RPCGetMemoryInfo"}\n');
        let said = "";
        socket.on("data", (piece) => said += piece);
        const answer = () =>
          said.split("\n").slice(0, -1).map((line) => JSON.parse(line)).find(({ id }) => id === 1);
        await eventually(() => answer() !== undefined, 60_000, () => said);
        assert.ok(answer().result.total > 0, said);
        socket.destroy();
      } finally {
        service.kill();
        await ended;
      }
    });
  });
});
