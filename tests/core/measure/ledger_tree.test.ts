/*
 * The ledger against a simulated machine: a tree that forks, runs, ends and is reaped, by its parents or (when
 * the parent was first to go) by us, with the kernel's own rule for who inherits what. Things happen between
 * any two reads of one tick, too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Ledger } from "../../../core/measure/ledger.ts";
import { Raw, RAW_WIDTH, Total, TOTAL_WIDTH } from "../../../core/measure/raw.ts";

interface Process {
  readonly parent: Process | null; // at birth
  readonly born: number;
  adopted: boolean;
  state: "alive" | "zombie" | "reaped";
  own: number;
  reaped: number;
  readonly row: Float64Array;
}

class Machine {
  readonly all: Process[] = [];
  /** All that was ever used, whoever it is billed to. */
  truth = 0;

  constructor() {
    this.#spawn(null);
  }

  get there(): Process[] {
    return this.all.filter(({ state }) => state !== "reaped");
  }

  /** One event, chosen by a number. */
  step(choice: number, amount: number): void {
    const alive = this.all.filter(({ state }) => state === "alive");
    if (alive.length === 0) return;
    const actor = alive[choice % alive.length];
    const action = Math.floor(choice / alive.length) % 10;
    if (action < 3 && alive.length < 12) this.#spawn(actor);
    else if (action === 3) this.end(actor);
    else if (action < 6) this.#wait(actor);
    else {
      actor.own += amount;
      this.truth += amount;
    }
  }

  end(process: Process): void {
    process.state = "zombie";
    for (const child of this.#children(process)) child.adopted = true; // we are the subreaper
  }

  /** Ended children of ours: the root, and orphans. */
  ours(): Process[] {
    return this.all.filter(({ state, adopted, parent }) =>
      state === "zombie" && (adopted || parent === null)
    );
  }

  #spawn(parent: Process | null): void {
    const row = new Float64Array(RAW_WIDTH);
    this.all.push({ parent, born: this.all.length, adopted: false, state: "alive", own: 0, reaped: 0, row });
  }

  #wait(parent: Process): void {
    const child = this.#children(parent).find(({ state }) => state === "zombie");
    if (!child) return;
    child.state = "reaped";
    parent.reaped += child.own + child.reaped;
  }

  #children(process: Process): Process[] {
    return this.all.filter((child) => child.parent === process && !child.adopted && child.state !== "reaped");
  }
}

/** Does what a group does at each tick, with `between` called wherever the machine can go on meanwhile. */
class Watcher {
  readonly ledger = new Ledger();
  #members: Process[] = [];
  readonly #none = new Float64Array(TOTAL_WIDTH).fill(NaN);

  tick(machine: Machine, between: () => void): void {
    for (const zombie of machine.ours()) {
      const final = new Float64Array(RAW_WIDTH);
      final[Raw.cpuSeconds] = zombie.own + zombie.reaped; // what wait4 says
      zombie.state = "reaped";
      this.ledger.addEnded(final);
      this.#members = this.#members.filter((member) => member !== zombie);
      between();
    }
    const fresh = machine.there.filter((process) => !this.#members.includes(process));
    this.#members.push(...fresh.sort((a, b) => a.born - b.born));
    const kept: Process[] = [];
    for (const member of this.#members) {
      between();
      if (member.state === "reaped") continue;
      member.row[Raw.cpuSeconds] = member.own;
      member.row[Raw.reapedCpuSeconds] = member.reaped;
      kept.push(member);
    }
    this.#members = kept;
    this.ledger.draw(kept, this.#none);
  }

  get total(): number {
    return this.ledger.totals[Total.cpuSeconds];
  }
}

// Whole numbers add up without rounding, so equal means equal.
const events = fc.array(
  fc.record({ choice: fc.nat(10_000), amount: fc.integer({ min: 1, max: 1_000 }), tick: fc.boolean() }),
  { maxLength: 120, size: "max" },
);

test("property: while the tree stands still the total is the truth; it never shrinks and never exceeds it", () => {
  let processes = 0;
  fc.assert(
    fc.property(events, events, (script, meanwhile) => {
      const machine = new Machine();
      const watcher = new Watcher();
      let next = 0;
      const between = () => {
        const event = meanwhile[next++];
        if (event) machine.step(event.choice, event.amount);
      };
      let before = 0;
      for (const { choice, amount, tick } of script) {
        machine.step(choice, amount);
        if (!tick) continue;
        watcher.tick(machine, between);
        assert.ok(watcher.total >= before, `${before} shrank to ${watcher.total}`);
        assert.ok(watcher.total <= machine.truth, `${watcher.total} of ${machine.truth}`);
        before = watcher.total;
      }
      watcher.tick(machine, () => {});
      assert.equal(watcher.total, machine.truth);
      // And when all is over, nobody left.
      while (machine.there.length > 0) {
        for (const process of machine.there) if (process.state === "alive") machine.end(process);
        watcher.tick(machine, () => {});
        assert.equal(watcher.total, machine.truth);
      }
      processes += machine.all.length;
    }),
    { numRuns: 300 },
  );
  assert.ok(processes > 2_000, "the simulation had hardly any process");
});

test("the simulated machine can show a wrong bill: children read before their parents are counted twice", () => {
  const machine = new Machine();
  const ledger = new Ledger();
  machine.step(0, 1); // the root forks
  const [root, child] = machine.all;
  child.own = machine.truth = 7;
  child.row[Raw.cpuSeconds] = child.own;
  machine.end(child);
  root.reaped += child.own;
  root.row[Raw.reapedCpuSeconds] = root.reaped;
  ledger.draw([child, root], new Float64Array(TOTAL_WIDTH).fill(NaN));
  assert.ok(ledger.totals[Total.cpuSeconds] > machine.truth);
});
