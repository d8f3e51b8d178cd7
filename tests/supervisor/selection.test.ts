import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { idsOf, isMeant } from "../../supervisor/selection.ts";

const id = fc.stringMatching(/^[ab]{1,3}(?::[01])?$/);
const one = fc.record({
  id,
  type: fc.constantFrom("standard_managed" as const, "unmanaged" as const),
  groups: fc.array(fc.constantFrom("front", "back"), { maxLength: 2 }),
});
const processes = fc.uniqueArray(one, { selector: ({ id }) => id, minLength: 1, maxLength: 8 });
const name = fc.oneof(id, fc.stringMatching(/^[ab:01*?]{1,5}$/), fc.constantFrom("@front", "@back"));

test("who comes later is meant by the names by which it would have been chosen", () => {
  fc.assert(fc.property(processes, fc.array(name, { minLength: 1, maxLength: 3 }), (all, names) => {
    // A name that is that of one process is not that of instances of others.
    fc.pre(names.every((name) =>
      !all.some((one) => one.id !== name && one.id.startsWith(`${name}:`)) ||
      !all.some((one) => one.id === name)
    ));
    const chosen = names.flatMap((name) => {
      try {
        return idsOf([name], all, true);
      } catch {
        return [];
      }
    });
    for (const one of all) assert.equal(isMeant(names, one), chosen.includes(one.id), `${names} ${one.id}`);
  }));
  assert.ok(isMeant([], { id: "a", type: "standard_managed" }));
  assert.ok(!isMeant([], { id: "a", type: "unmanaged" }));
});
