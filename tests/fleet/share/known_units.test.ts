/* Units that are shared out: made-up ones go, those that live stay. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KnownUnits } from "../../../fleet/share/known_units.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";

const HOUR = 3_600_000;
const unit = (name: string): UnitKey => `made-up/${name}`;

/** Units as a store has them: when agents of each were heard of; none for those that nothing is kept of. */
function bench(most: number) {
  const known = new Map<UnitKey, { first: number; last: number } | null>();
  const [lines, forgotten] = [[] as string[], [] as UnitKey[]];
  const clock = { now: 1_764_000_000_000 };
  const units = new KnownUnits({
    known: () => new Set(known.keys()),
    shares: {
      add: (units) => Promise.resolve(units.forEach((unit) => known.set(unit, null))),
      forgetUnits: (of, silentSince, count) => {
        const gone = of.filter((one) => (known.get(one)?.last ?? -1) < silentSince)
          .sort((a, b) => heard(known.get(a)) - heard(known.get(b))).slice(0, count);
        gone.forEach((one) => known.delete(one));
        return Promise.resolve(gone);
      },
    },
    forgotten: (units) => Promise.resolve(void forgotten.push(...units)),
    say: (line) => lines.push(line),
    now: () => clock.now,
    most,
  });
  return { units, known, lines, forgotten, clock };
}

const heard = (of: { first: number; last: number } | null | undefined) => of ? of.last - of.first : -1;

describe("units", () => {
  test("are forgotten an hour after, where nothing is kept of them", async () => {
    const { units, known, forgotten, clock } = bench(10);
    await units.add([unit("a"), unit("b")]);
    known.set(unit("b"), { first: clock.now, last: clock.now });
    await units.forget();
    clock.now += HOUR - 1;
    await units.forget();
    assert.equal(known.size, 2);
    clock.now += 1;
    await units.forget();
    assert.deepEqual([[...known.keys()], forgotten], [[unit("b")], [unit("a")]]);
  });

  test("that are made up lock nothing out for long, however many there are", async () => {
    const { units, known, lines, clock } = bench(10);
    await units.add(Array.from({ length: 25 }, (_, at) => unit(`${at}`)));
    assert.equal(known.size, 10);
    await units.add([unit("real")]);
    assert.ok(!known.has(unit("real")), "those that are new may prove themselves first");
    assert.match(lines[0]!, /more than 10 units/);
    clock.now += 600_000;
    await units.add([unit("real")]);
    assert.ok(known.has(unit("real")) && known.size === 10);
    assert.equal(lines.length, 1, "said once an hour");
  });

  test("with agents give way only where all is silent, those heard of for the shortest time first", async () => {
    const { units, known, clock } = bench(3);
    await units.add([unit("old"), unit("brief"), unit("alive")]);
    const day = 24 * HOUR;
    known.set(unit("old"), { first: clock.now - 30 * day, last: clock.now });
    known.set(unit("brief"), { first: clock.now, last: clock.now + HOUR });
    known.set(unit("alive"), { first: clock.now + day, last: clock.now + 2 * day });
    await units.forget();
    clock.now += 2 * day;
    await units.add([unit("new")]);
    assert.deepEqual([...known.keys()], [unit("old"), unit("alive"), unit("new")]);
    known.set(unit("new"), { first: clock.now, last: clock.now });
    clock.now += 60_000;
    await units.add([unit("x"), unit("y"), unit("z")]);
    assert.ok(known.has(unit("alive")) && known.has(unit("new")) && !known.has(unit("old")));
  });
});
