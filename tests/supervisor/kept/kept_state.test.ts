/* What cannot be written is tried again until it is written, the last of it alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptState } from "../../../supervisor/kept/kept_state.ts";
import type { KeptProcess, StateDirectory } from "../../../supervisor/kept/state_directory.ts";
import { eventually } from "../../support/eventually.ts";

/** A directory that can be made to fail, and what has reached it. */
class Place {
  code: string | null = null;
  readonly kept: string[] = [];
  readonly decided: string[] = [];
  attempts = 0;

  keep({ id }: KeptProcess): void {
    this.attempts++;
    if (this.code !== null) throw Object.assign(new Error(this.code), { code: this.code });
    this.kept.push(id);
  }

  keepDecisions({ id }: KeptProcess): void {
    this.decided.push(id);
  }

  forget(): void {}
}

const state = (id: string) => ({ id }) as KeptProcess;

function stateIn(place: Place): { kept: KeptState; told: (string | null)[] } {
  const told: (string | null)[] = [];
  return { kept: new KeptState(place as unknown as StateDirectory, (reason) => told.push(reason)), told };
}

for (const code of ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "EACCES"]) {
  test(`is tried again until it is written: ${code}`, { timeout: 120_000 }, async () => {
    const place = new Place();
    const { kept, told } = stateIn(place);
    assert.equal(kept.keep(state("first")), true);
    place.code = code;
    assert.equal(kept.keep(state("second")), false);
    assert.equal(kept.keep(state("third")), false);
    const { attempts } = place;
    await eventually(() => place.attempts > attempts);
    place.code = null;
    await eventually(() => place.kept.length === 2);
    assert.deepEqual(place.kept, ["first", "third"]);
    assert.deepEqual(place.decided.slice(0, 2), ["second", "third"]);
    assert.deepEqual([told.length, told[1]], [2, null]);
    kept.close();
    assert.deepEqual(place.kept, ["first", "third"]);
  });
}

test("is tried once more at the end, and not after that", { timeout: 120_000 }, async () => {
  const place = new Place();
  const { kept } = stateIn(place);
  place.code = "ENOSPC";
  kept.keep(state("a"));
  place.code = null;
  kept.close();
  assert.deepEqual(place.kept, ["a"]);
  place.code = "ENOSPC";
  kept.keep(state("b"));
  kept.forget("b");
  place.code = null;
  const before = place.attempts;
  // A later one of another shows that its time has passed.
  const other = new Place();
  const { kept: later } = stateIn(other);
  other.code = "ENOSPC";
  later.keep(state("c"));
  other.code = null;
  await eventually(() => other.kept.length === 1);
  assert.equal(place.attempts, before);
});
