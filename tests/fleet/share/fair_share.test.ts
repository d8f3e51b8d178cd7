import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fairShare, isHouseOfOther } from "../../../fleet/share/fair_share.ts";
import type { ShareMember } from "../../../fleet/share/fair_share.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const REST = { take: [], give: [] };
type Holders = Map<UnitKey, string | null>;

function member(name: string, given: Partial<ShareMember> = {}): ShareMember {
  return { name, wanted: null, reaches: true, isConnected: true, ...given };
}

/** Let each do what it comes to, some times. @returns how many units were given up */
function settle(members: readonly ShareMember[], holders: Holders, rounds = 4): number {
  let moved = 0;
  for (let round = 0; round < rounds; round++) {
    const changes = members.map(({ name }) => ({ name, ...fairShare(name, members, holders) }));
    for (const { name, give } of changes) {
      for (const unit of give) {
        assert.equal(holders.get(unit), name);
        holders.set(unit, null);
        moved++;
      }
    }
    // What was given in a round can be taken in the next; of two that reach for one, one gets it.
    for (const { name, take } of changes) {
      for (const unit of take) if (holders.get(unit) === null) holders.set(unit, name);
    }
    if (round < 2) continue;
    for (const { name } of members) {
      const { take } = fairShare(name, members, holders);
      for (const unit of take) if (holders.get(unit) === null) holders.set(unit, name);
    }
  }
  return moved;
}

const loadsOf = (members: readonly ShareMember[], holders: Holders) =>
  members.map(({ name }) => [...holders.values()].filter((one) => one === name).length);

test("whoever has what before, managers come to equal shares, and then to rest", () => {
  const holder = fc.constantFrom<string | null>(null, ...NAMES, "gone");
  fc.assert(
    fc.property(fc.array(holder, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (had, count) => {
      const members = NAMES.slice(0, count).map((name) => member(name));
      // Whoever is not there has lost what he had.
      const holders: Holders = new Map(
        had.map((one, at) => [`u/${at}`, members.some(({ name }) => name === one) ? one : null]),
      );
      const moved = settle(members, holders);
      const counts = loadsOf(members, holders);
      assert.equal(counts.reduce((sum, own) => sum + own, 0), had.length);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
      for (const { name } of members) assert.deepEqual(fairShare(name, members, holders), REST);
      const before = members.map(({ name }) => had.filter((one) => one === name).length);
      const most = Math.floor(had.length / count);
      const least = before.reduce((sum, own) => sum + Math.max(0, own - most - 1), 0);
      assert.ok(moved >= least && moved <= before.reduce((sum, own) => sum + Math.max(0, own - most), 0));
    }),
  );
});

test("who is not there for the others takes nothing, and gives nothing", () => {
  assert.deepEqual(fairShare("z", [member("a")], new Map([["u/1" as UnitKey, null]])), REST);
});

describe("managers that do not all read every unit", () => {
  test("come to rest with every unit that one of them reads held by one that does", () => {
    const holder = fc.constantFrom<string | null>(null, ...NAMES);
    const wanted = fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 11 })), { nil: null });
    const one = fc.record({ wanted, reaches: fc.boolean(), isConnected: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(holder, { minLength: 12, maxLength: 12 }),
        fc.array(one, { minLength: 1, maxLength: 5 }),
        (had, ones) => {
          const members = ones.map(({ wanted, ...rest }, at) =>
            member(NAMES[at]!, { ...rest, wanted: wanted && new Set(wanted.map((unit) => `u/${unit}`)) })
          );
          const holders: Holders = new Map(
            had.map((one, at) => [`u/${at}`, members.some(({ name }) => name === one) ? one : null]),
          );
          const before = new Map(holders);
          settle(members, holders, 6);
          for (const { name } of members) assert.deepEqual(fairShare(name, members, holders), REST);
          for (const [unit, holder] of holders) {
            const wanting = members.filter(({ wanted }) => wanted === null || wanted.has(unit));
            const isReached = wanting.some(({ reaches, isConnected }) => reaches && isConnected);
            const had = before.get(unit)!;
            const mayStay = wanting.length === 0 || !isReached;
            if (mayStay && had !== null) assert.equal(holder, had, `${unit} stays where it is`);
            else if (wanting.length === 0) assert.equal(holder, null);
            else assert.ok(wanting.some(({ name }) => name === holder), `${unit} has a manager`);
            const able = wanting.find(({ name }) => name === holder);
            const keeps = able?.isConnected === true && had === holder;
            if (isReached && able) assert.ok(able.reaches || keeps, `${unit} is with one that has a broker`);
          }
        },
      ),
    );
  });

  test("count what only one of them can read as its own share", () => {
    const holders: Holders = new Map([1, 2, 3, 4].map((at) => [`u/${at}`, null]));
    const members = [member("a"), member("b", { wanted: new Set(["u/3", "u/4"]) })];
    settle(members, holders);
    assert.deepEqual([...holders.values()], ["a", "a", "b", "b"]);
  });
});

describe("managers without a broker", () => {
  const units = (...own: (string | null)[]): Holders => new Map(own.map((one, at) => [`u/${at}`, one]));

  test("give all they have to those that have one, and get it back", () => {
    const holders = units("a", "a", "b", "b");
    const away = [member("a", { reaches: false, isConnected: false }), member("b"), member("c")];
    assert.deepEqual(fairShare("a", away, holders), { take: [], give: ["u/0", "u/1"] });
    settle(away, holders);
    assert.deepEqual(loadsOf(away, holders), [0, 2, 2]);
    const back = away.map(({ name }) => member(name));
    settle(back, holders);
    assert.deepEqual(loadsOf(back, holders).toSorted(), [1, 1, 2]);
  });

  test("keep what they have where no other is connected now, whoever reached it last", () => {
    const holders = units("a", "b", "b", "b");
    for (const [reaches, isConnected] of [[false, false], [true, false], [false, true]] as const) {
      const members = ["a", "b"].map((name) => member(name, { reaches, isConnected }));
      for (const { name } of members) assert.deepEqual(fairShare(name, members, holders), REST);
    }
    const members = [
      member("a", { reaches: false, isConnected: false }),
      member("b", { isConnected: false }),
    ];
    assert.deepEqual(fairShare("a", members, holders), REST);
  });

  test("keep what they have, and take nothing, while a connection that is back has yet to prove itself", () => {
    const holders = units("a", "b", "b", null);
    const members = [member("a"), member("b", { reaches: false })];
    assert.deepEqual(fairShare("b", members, holders), REST);
    assert.deepEqual(fairShare("a", members, holders), { take: ["u/3"], give: [] });
    // What one does for all stays where it is, too.
    assert.equal(isHouseOfOther("b", members), false);
    assert.equal(
      isHouseOfOther("b", [member("a"), member("b", { reaches: false, isConnected: false })]),
      true,
    );
  });

  test("take what nobody has, so that the first to be back goes on with it", () => {
    const members = ["a", "b"].map((name) => member(name, { reaches: false, isConnected: false }));
    const holders = units(null, null, null);
    settle(members, holders);
    assert.deepEqual(loadsOf(members, holders), [2, 1]);
  });
});

test("what one does for all is for one that reads every unit and reaches the broker, where there is one", () => {
  const isOfOther = (...members: ShareMember[]) => members.map(({ name }) => isHouseOfOther(name, members));
  const some = { wanted: new Set(["u/1"]) };
  const away = { reaches: false, isConnected: false };
  assert.deepEqual(isOfOther(member("a"), member("b")), [false, false]);
  assert.deepEqual(isOfOther(member("a", some), member("b")), [true, false]);
  assert.deepEqual(isOfOther(member("a", some), member("b", some)), [false, false]);
  assert.deepEqual(isOfOther(member("a", away), member("b")), [true, false]);
  assert.deepEqual(isOfOther(member("a", away), member("b", some)), [true, false]);
  assert.deepEqual(isOfOther(member("a", away), member("b", away)), [false, false]);
  assert.equal(isHouseOfOther("z", [member("a")]), true);
});
