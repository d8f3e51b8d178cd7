/* Who holds which client, in trees shaped like /proc and /sys. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { GpuLedger } from "../../../../core/measure/gpu/ledger.ts";
import { DrmClients, drmDevices } from "../../../../platform/linux/gpu/drm_clients.ts";
import { ROOT } from "../../../support/fixture.ts";

/** A machine in a directory of its own. */
class Machine implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "proctor-gpu-"));
  readonly roots = { proc: join(this.directory, "proc"), sys: join(this.directory, "sys") };

  /** A process has a descriptor of something; what the driver tells of a client is in a file of tests/captured/gpu. */
  open(pid: number, descriptor: number, target: string, file?: string): void {
    const process = join(this.roots.proc, `${pid}`);
    for (const name of ["fd", "fdinfo"]) mkdirSync(join(process, name), { recursive: true });
    symlinkSync(target, join(process, "fd", `${descriptor}`));
    const info = join(process, "fdinfo", `${descriptor}`);
    if (file) copyFileSync(`${ROOT}/tests/captured/gpu/${file}`, info);
    else writeFileSync(info, "pos:\t0\nflags:\t02\n");
  }

  close(pid: number, descriptor: number): void {
    rmSync(join(this.roots.proc, `${pid}`, "fd", `${descriptor}`));
  }

  device(kind: string, name: string, driver: string): void {
    const directory = join(this.roots.sys, "class", kind, name, "device");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "uevent"), `DRIVER=${driver}\nPCI_SLOT_NAME=0000:03:00.0\n`);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

const NODE = "/dev/dri/renderD128";

describe("clients", () => {
  test("are found among all that a process has open, whoever else holds them", () => {
    using machine = new Machine();
    machine.open(10, 0, "/dev/null");
    machine.open(10, 1, "pipe:[4711]");
    machine.open(10, 5, NODE, "amdgpu");
    machine.open(10, 6, "/dev/dri/card0", "amdgpu");
    machine.open(10, 9, "/dev/accel/accel0", "amdxdna");
    machine.open(11, 5, NODE, "amdgpu");
    machine.open(12, 3, NODE, "i915");
    machine.open(12, 4, "/home/dri/renderD128", "xe");
    const clients = new DrmClients(machine.roots);
    const held = clients.look([10, 11, 12, 13]);
    assert.deepEqual(
      held.map(({ pid, client }) => `${pid}: ${client.device.driver} ${client.id}`).sort(),
      ["10: amdgpu 42", "10: amdgpu 42", "10: amdxdna_accel_driver 2", "11: amdgpu 42", "12: i915 13"],
    );
    assert.equal(clients.refusedCount, 0);
    const ledger = new GpuLedger(0, true);
    ledger.observe({ clients: held, processes: null }, 100_000);
    // Three devices; amdgpu's client counts once.
    assert.equal(ledger.memoryBytes, 13_332 * 1_024 + 64 * 2 ** 20 + 54_132 * 1_024);
    assert.equal(Math.round(ledger.percent * 1_000), 1_250 + 600 + 25_662);
  });

  test("are gone when they are closed, and what they had was", () => {
    using machine = new Machine();
    machine.open(10, 5, NODE, "amdgpu");
    const clients = new DrmClients(machine.roots);
    const ledger = new GpuLedger(0, true);
    ledger.observe({ clients: clients.look([10]), processes: null }, 10_000);
    machine.close(10, 5);
    ledger.observe({ clients: clients.look([10]), processes: null }, 20_000);
    assert.deepEqual([ledger.percent, ledger.memoryBytes], [0, 0]);
    assert.equal(
      ledger.engineSeconds({ id: "0000:03:00.0", name: null, driver: "", source: "fdinfo" }).get("gfx"),
      1.25,
    );
  });

  test("of a descriptor that is another's by now are that one's", () => {
    using machine = new Machine();
    machine.open(10, 5, NODE, "amdgpu");
    const clients = new DrmClients(machine.roots);
    clients.look([10]);
    machine.close(10, 5);
    machine.open(10, 5, NODE, "amdgpu_old");
    assert.deepEqual(clients.look([10]).map(({ client }) => client.id), ["43"]);
  });

  test("of NVIDIA's own driver tell nothing, but who holds its devices", () => {
    using machine = new Machine();
    machine.open(10, 5, "/dev/nvidia0");
    machine.open(10, 6, "/dev/nvidiactl");
    machine.open(11, 5, "/dev/null");
    const clients = new DrmClients(machine.roots);
    assert.deepEqual(clients.look([10, 11]), []);
    assert.deepEqual([...clients.nvidiaPids], [10]);
  });
});

describe("devices", () => {
  test("are cards and accelerators that have a driver other than NVIDIA's", () => {
    using machine = new Machine();
    machine.device("drm", "card0", "amdgpu");
    machine.device("drm", "card0-HDMI-A-1", "amdgpu");
    machine.device("drm", "renderD128", "amdgpu");
    machine.device("drm", "card1", "nvidia");
    machine.device("accel", "accel0", "amdxdna");
    assert.deepEqual(drmDevices(machine.roots), [
      { name: "card0", driver: "amdgpu" },
      { name: "accel0", driver: "amdxdna" },
    ]);
  });

  test("are none where the kernel knows of none", () => {
    using machine = new Machine();
    assert.deepEqual(drmDevices(machine.roots), []);
  });
});
