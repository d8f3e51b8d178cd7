/* The energy of the machine, by the files of a machine that has such counters. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { MachineEnergy } from "../../../../platform/contract/counters.ts";
import { machineEnergyFinding, openMachineEnergy } from "../../../../platform/linux/energy/machine_energy.ts";
import { readPowerEvents } from "../../../../platform/linux/energy/power_pmu.ts";
import { asNobody, NOBODY_ENV, noOtherUser, runtimeCommand } from "../../../support/linux.ts";
import { withDirectory } from "../../../cli/support/directory.ts";

const RANGE = 262_143_328_850;

/** A machine with two processors; the second zone of the first is listed twice, as by the driver for MMIO. */
function machine(sys: string) {
  const zone = (name: string, label: string, microjoules: number, range = RANGE) => {
    const directory = join(sys, "class/powercap", name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "name"), `${label}\n`);
    writeFileSync(join(directory, "max_energy_range_uj"), `${range}\n`);
    writeFileSync(join(directory, "energy_uj"), `${microjoules}\n`);
  };
  mkdirSync(join(sys, "class/powercap/intel-rapl"), { recursive: true });
  zone("intel-rapl:0", "package-0", 1_000_000);
  zone("intel-rapl:0:0", "core", 500_000);
  zone("intel-rapl:0:1", "uncore", 40);
  zone("intel-rapl:0:2", "dram", 65_712_999_000, 65_712_999_613);
  zone("intel-rapl:1", "package-1", RANGE - 1_000_000);
  zone("intel-rapl-mmio:0", "package-0", 1_000_000);
  const set = (name: string, microjoules: number) =>
    writeFileSync(join(sys, "class/powercap", name, "energy_uj"), `${microjoules}\n`);
  return { zone, set };
}

function open(sys: string): MachineEnergy {
  const energy = openMachineEnergy(sys);
  if ("reason" in energy) throw new Error(energy.reason);
  return energy;
}

test("processors are added up, in joules, and counted once", () =>
  withDirectory((sys) => {
    const { set } = machine(sys);
    const energy = open(sys);
    set("intel-rapl:0", 4_500_000);
    set("intel-rapl-mmio:0", 4_500_000);
    set("intel-rapl:0:0", 2_500_000);
    set("intel-rapl:1", RANGE - 500_000);
    assert.equal(energy.source, "powercap");
    const { packageJoules, coreJoules, graphicsJoules, platformJoules } = energy.read();
    assert.equal(packageJoules, 4);
    assert.equal(coreJoules, 2);
    // A counter that stands still is none, and what the machine does not have is unknown.
    assert.deepEqual([graphicsJoules, platformJoules], [NaN, NaN]);
    energy.close();
  }));

test("a counter that goes round goes on, each time that it is looked at", () =>
  withDirectory((sys) => {
    const { set } = machine(sys);
    const energy = open(sys);
    set("intel-rapl:0:2", 1_387);
    set("intel-rapl:1", 1_000_000);
    energy.look();
    const once = energy.read();
    assert.equal(once.memoryJoules, 0.002);
    assert.equal(once.packageJoules, 2);
    set("intel-rapl:1", RANGE);
    energy.look();
    set("intel-rapl:1", 0);
    energy.look();
    set("intel-rapl:1", 3_000_000);
    assert.equal(energy.read().packageJoules, (RANGE + 4_000_000) / 1e6);
    // At a kilowatt 65 kilojoules last for 65 seconds.
    assert.ok(energy.patienceMs < 65_000);
    energy.close();
  }));

test("a counter that cannot be read any more is unknown, not less", () =>
  withDirectory((sys) => {
    const { set } = machine(sys);
    const energy = open(sys);
    set("intel-rapl:0", 5_000_000);
    rmSync(join(sys, "class/powercap/intel-rapl:1/energy_uj"));
    assert.ok(Number.isNaN(energy.read().packageJoules));
    energy.close();
  }));

test("a machine without counters says so; one whose counters stand still, too", () =>
  withDirectory(async (sys) => {
    const energy = openMachineEnergy(sys);
    assert.ok("reason" in energy);
    assert.match(energy.reason, /no counters of energy/);
    assert.equal((await machineEnergyFinding(sys)).ok, false);
    machine(sys);
    const finding = await machineEnergyFinding(sys);
    assert.deepEqual([finding.ok, finding.detail], [
      false,
      "the counters of energy stand still, as in virtual machines",
    ]);
  }));

test(
  "counters that are kept for root are told as that",
  { skip: noOtherUser, timeout: 120_000 },
  () =>
    withDirectory((sys) => {
      machine(sys);
      const asked = () => {
        const [command, ...args] = asNobody([...runtimeCommand("energy_program.ts"), sys]);
        const { stdout, stderr } = spawnSync(command, args, { env: NOBODY_ENV, encoding: "utf8", cwd: "/" });
        assert.notEqual(stdout, "", stderr);
        return JSON.parse(stdout);
      };
      assert.deepEqual(asked(), { source: "powercap" });
      for (const name of readdirSync(join(sys, "class/powercap"))) {
        if (name !== "intel-rapl") chmodSync(join(sys, "class/powercap", name, "energy_uj"), 0o400);
      }
      const { reason, advice } = asked();
      assert.match(reason, /^\/.*\/class\/powercap\/\*\/energy_uj is for root alone$/);
      assert.match(advice, /^run as root/);
    }),
);

test("events of the PMU `power` are read with their scale, one CPU for each processor", () =>
  withDirectory((sys) => {
    const root = join(sys, "bus/event_source/devices/power");
    mkdirSync(join(root, "events"), { recursive: true });
    const file = (name: string, content: string) => writeFileSync(join(root, name), `${content}\n`);
    file("type", "9");
    file("cpumask", "0,28");
    const event = (name: string, code: string, unit = "Joules") => {
      file(`events/${name}`, `event=${code}`);
      file(`events/${name}.scale`, "2.3283064365386962890625e-10");
      file(`events/${name}.unit`, unit);
    };
    event("energy-pkg", "0x02");
    event("energy-psys", "0x05");
    event("energy-ram", "0x03", "Watts");
    file("events/energy-gpu", "nonsense");
    const joules = 2 ** -32;
    assert.deepEqual(readPowerEvents(sys), [
      { part: "packageJoules", type: 9, config: 2, joules, cpus: [0, 28] },
      { part: "platformJoules", type: 9, config: 5, joules, cpus: [0] },
    ]);
    rmSync(join(root, "type"));
    assert.deepEqual(readPowerEvents(sys), []);
  }));
