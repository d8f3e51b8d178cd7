import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareSets } from "../../../core/compare/comparison.ts";
import { distributionOf } from "../../../render/page/distribution_model.ts";
import { distributionSection } from "../../../render/page/distribution_section.ts";
import { runSet } from "../../core/compare/support/runs.ts";

test("every run is a dot on one scale, and four make a box", () => {
  const found = distributionOf("wall_seconds", [[1, 2, 3, 4, 5], [2, 9, 4]])!;
  const [first, second] = found.lanes;
  assert.deepEqual(first.dots.map(({ value, run }) => [value, run]), [[1, 1], [2, 2], [3, 3], [4, 4], [
    5,
    5,
  ]]);
  assert.deepEqual(second.dots.map(({ value, run }) => [value, run]), [[2, 1], [4, 3], [9, 2]]);
  assert.equal(first.dots[1].at, second.dots[0].at, "the same figure in two places");
  assert.deepEqual([first.box!.low, first.box!.median, first.box!.high], [
    first.dots[1].at,
    first.dots[2].at,
    first.dots[3].at,
  ]);
  assert.equal(second.box, null, "three runs have no box");
});

test("everything lies within the scale, whatever the figures", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e15, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (sets) => {
    const found = distributionOf("peak_memory_bytes", sets);
    const all = sets.flat();
    assert.equal(found === null, Math.min(...all) === Math.max(...all));
    for (const { dots, box } of found?.lanes ?? []) {
      const places = [...dots.map(({ at }) => at), ...(box ? [box.low, box.median, box.high] : [])];
      assert.ok(places.every((at) => at >= -1e-9 && at <= 1 + 1e-9), `${places}`);
    }
    assert.ok(
      (found?.ticks.length ?? 0) <= 6 && (found?.ticks ?? []).every(({ at }) => at > -0.01 && at < 1.01),
    );
  }));
});

test("noise of no size does not fill the scale", () => {
  const [{ dots }] = distributionOf("cpu_seconds", [[100, 100.001, 100.002]])!.lanes;
  assert.ok(dots[2].at - dots[0].at < 0.01);
});

test("the section names the runs, says in words what is drawn, and has it as a table; hostile labels stay text", () => {
  const walls = (...seconds: number[]) => seconds.map((wall_seconds) => ({ wall_seconds, cpu_seconds: 1 }));
  const sets = [runSet("<b>old", walls(1, 1.1, 0.9, 1)), runSet("new", walls(2))];
  const html = distributionSection(compareSets(sets, ["wall_seconds", "cpu_seconds"])).text;
  assert.ok(!html.includes("<b>old"));
  assert.match(html, /Every run <small>&lt;b&gt;old: 4 runs, new: 1 run<\/small>/);
  assert.equal([...html.matchAll(/<circle /g)].length, 5);
  assert.equal([...html.matchAll(/<rect class="box"/g)].length, 1);
  assert.match(
    html,
    /aria-label="wall of &lt;b&gt;old: 4 runs from 900ms to 1\.10s, median 1\.00s, middle half from/,
  );
  assert.match(html, /aria-label="wall of new: 1 run, 2\.00s"/);
  assert.match(html, /The same in every run: CPU\./);
  assert.match(html, /<th scope="row">CPU<\/th><td>new<\/td><td class="number">1<\/td>/);
});
