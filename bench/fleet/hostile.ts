import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "../lib/result.ts";
import { median } from "../lib/statistics.ts";
import { MeasuredManager } from "./measured_manager.ts";
import { fleetMessages } from "./simulator/fleet.ts";
import { SMALL_FLEET } from "./simulator/plan.ts";
import type { FaultName, FleetMessage, FleetPlan } from "./simulator/plan.ts";
import { TimedBroker } from "./timed_broker.ts";

/** Neighbours: of each ten tasks in an array, and one message on itself, every ten seconds. */
const NEIGHBOURS = 1_000;
/** What the hostile one sends a second: five hundred times what a neighbour does. */
const HOSTILE_MS = 20;
/** What it is called: the first agent of the simulated fleet. */
const HOSTILE = "host-00000";
/** Each of these on a topic of all, where it can be blamed for what was unpacked only, and on one of its own. */
const KINDS: readonly FaultName[] = ["garbage", "bomb", "zstd", "names", "strangers", "future"];
const SETTLE_MS = 12_000;
/** Between the first seconds and the later ones: allowances are used up. */
const GAP_MS = 10_000;
/** Until the next slice of messages. */
const SLICE_MS = 5;

/** What the neighbours have of it. */
interface Measured {
  readonly percent: number;
  readonly delays: readonly number[];
  readonly memoryMb: number;
}

/** What a hostile agent costs its neighbours. */
export const fleetHostile: Bench = {
  about:
    "a hostile agent among a thousand: the manager's CPU, and when neighbours are acknowledged, with it and without",
  async run({ quick }) {
    const first = 10_000;
    const later = quick ? 10_000 : 30_000;
    const rows: (string | number | null)[][] = [];
    const calm = await measure(null, false, later, later);
    const [calmCpu, calmDelay] = [calm[1].percent, median(calm[1].delays)];
    const show = (name: string, parts: readonly Measured[]) => {
      const of = ({ percent, delays }: Measured) => [
        percent,
        percent / calmCpu,
        median(delays),
        highest(delays),
        median(delays) / calmDelay,
      ];
      rows.push([name, ...of(parts[0]), ...of(parts[1]), parts[1].memoryMb]);
    };
    show("nobody", calm);
    const worst = { delay: 0, cpu: 0 };
    for (const isNamed of [false, true]) {
      for (const kind of KINDS) {
        const parts = await measure(kind, isNamed, first, later);
        show(`${kind}, ${isNamed ? "its own topic" : "a topic of all"}`, parts);
        worst.delay = Math.max(worst.delay, median(parts[1].delays) / calmDelay);
        worst.cpu = Math.max(worst.cpu, parts[1].percent / calmCpu);
      }
    }
    show("nobody, again", await measure(null, false, first, later));
    const columns = ["CPU, % of a core", "÷ calm", "delay, ms", "99 %, ms", "÷ calm"];
    return {
      tables: [{
        title: `${NEIGHBOURS} neighbours, and an agent that sends ${1_000 / HOSTILE_MS} messages a second`,
        columns: [
          { name: "hostile agent" },
          ...columns.map((name) => ({ name: `first ${first / 1_000} s: ${name}`, digits: 2 })),
          ...columns.map((name) => ({ name: `later: ${name}`, digits: 2 })),
          { name: "RSS, MB", digits: 0 },
        ],
        rows,
      }],
      checks: [
        {
          what: "delay of the neighbours, once its allowance is used up",
          unit: "times",
          measured: worst.delay,
          wanted_at_most: 1.5,
        },
      ],
      notes: [
        "delay: from when a neighbour's message was due at the manager until its acknowledgement; its journal gathers for 100 ms",
      ],
    };
  },
};

/** A fresh manager, the neighbours, and one hostile agent. @returns its first seconds, and later ones */
async function measure(
  kind: FaultName | null,
  isNamed: boolean,
  firstMs: number,
  laterMs: number,
): Promise<[Measured, Measured]> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
  try {
    await using broker = await TimedBroker.open();
    await using manager = await MeasuredManager.start(broker.url, join(directory, "fleet"));
    const startAt = Date.now() + 2_000;
    const lengthMs = SETTLE_MS + firstMs + GAP_MS + laterMs;
    const plan: FleetPlan = { ...SMALL_FLEET, batch: 10, gzip: true, startAt };
    // The first agent of the fleet is the hostile one's namesake.
    const neighbours = [...fleetMessages({ ...plan, agents: NEIGHBOURS + 1 }, startAt + lengthMs)]
      .filter(({ agent }) => agent > 0);
    const hostileAt = startAt + SETTLE_MS;
    const attack = kind === null ? null : fleetMessages(
      {
        ...plan,
        agents: 1,
        intervalMs: HOSTILE_MS,
        startAt: hostileAt,
        faults: { [kind]: 1 },
        healthEvery: 0,
      },
      startAt + lengthMs,
    );
    const delays: (readonly [due: number, delay: number])[] = [];
    const clock = performance.now() - Date.now();
    const neighbour = ({ at, topic, payload }: FleetMessage) => ({
      topic,
      payload,
      acknowledged: () => delays.push([at, performance.now() - (at + clock)]),
    });
    const foe = ({ topic, payload }: FleetMessage) => ({
      topic: isNamed && topic.endsWith("task_metrics") ? `${topic}/${HOSTILE}` : topic,
      payload,
      acknowledged() {},
    });
    let next = 0;
    let blow = attack?.next();
    const sendUntil = async (until: number) => {
      for (let now = Date.now(); now < until; now = Date.now()) {
        for (; next < neighbours.length && neighbours[next].at <= now; next++) {
          broker.publish(neighbour(neighbours[next]));
        }
        for (; blow && !blow.done && blow.value.at <= now; blow = attack!.next()) {
          broker.publish(foe(blow.value));
        }
        await sleep(SLICE_MS);
      }
    };
    await sendUntil(hostileAt);
    const measured: Measured[] = [];
    for (const [from, until] of [[0, firstMs], [firstMs + GAP_MS, firstMs + GAP_MS + laterMs]]) {
      await sendUntil(hostileAt + from);
      const before = manager.spent();
      await sendUntil(hostileAt + until);
      const { cpuSeconds, memoryMb } = manager.spent();
      const isOf = ([due]: readonly [number, number]) => due >= hostileAt + from && due < hostileAt + until;
      measured.push({
        percent: (cpuSeconds - before.cpuSeconds) / (until - from) * 100_000,
        get delays() {
          return delays.filter(isOf).map(([, delay]) => delay);
        },
        memoryMb,
      });
    }
    const patience = Date.now() + 60_000;
    while (broker.waiting > 0) {
      if (Date.now() > patience) throw new Error(`${broker.waiting} messages are not acknowledged`);
      await sleep(50);
    }
    await noneRefused(manager);
    return measured as [Measured, Measured];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What neighbours have sent is taken in, all of it. */
async function noneRefused(manager: MeasuredManager): Promise<void> {
  const { units } = await (await manager.ask("ingest")).json() as {
    units: { refused: { proplet_id: string | null; reason: string; count: number }[] }[];
  };
  for (const { proplet_id, reason, count } of units.flatMap(({ refused }) => refused)) {
    if (proplet_id === null || !proplet_id.startsWith("host-") || proplet_id === HOSTILE) continue;
    throw new Error(`${count} messages of ${proplet_id} are refused: ${reason}`);
  }
}

/** What one in a hundred exceeds. */
function highest(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)];
}
