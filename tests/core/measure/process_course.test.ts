/* Which processes a tree waited for, and how many were at work: by hand, and against the definition. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProcessCourse } from "../../../core/measure/process_course.ts";
import { ProcessLife } from "../../../core/measure/process_life.ts";

interface Node {
  readonly life: ProcessLife;
  readonly parent: Node | undefined;
}

type Step = [pid: number, from: number, to: number];

/** Tell a course of births and ends, in the order of time; ends as given, whoever has children. */
function told(nodes: readonly Node[]): ProcessCourse {
  const course = new ProcessCourse();
  course.begin(nodes[0].life);
  const events = nodes.flatMap(({ life, parent }) => [
    {
      atNs: life.startNs,
      tell: () => parent && course.born(life, isAlive(parent, life) ? parent.life : undefined),
    },
    { atNs: life.endNs, tell: () => course.ended(life) },
  ]);
  for (const { tell } of events.sort((a, b) => a.atNs - b.atNs)) tell();
  return course;
}

const isAlive = (parent: Node, child: ProcessLife) => parent.life.endNs > child.startNs;

function process(
  pid: number,
  parent: Node | undefined,
  startSeconds: number,
  endSeconds: number,
  name: string,
): Node {
  const life = new ProcessLife(pid, parent?.life.pid ?? 0, startSeconds * 1e9);
  life.endNs = endSeconds * 1e9;
  life.name = name;
  return { life, parent };
}

describe("the critical path", () => {
  test("has a child whose end is told after what its parent did next, and after its parent's end", () => {
    const shell = process(1, undefined, 0, 10, "sh");
    const first = process(2, shell, 1, 4.5, "first");
    const second = process(3, shell, 5, 9.5, "second");
    const course = new ProcessCourse();
    course.begin(shell.life);
    course.born(first.life, shell.life);
    course.leaving(first.life, 4e9);
    course.born(second.life, shell.life);
    course.ended(first.life);
    course.leaving(second.life, 9e9);
    course.leaving(shell.life, 9.75e9);
    course.ended(shell.life);
    course.ended(second.life);
    const { programs } = course.path.summary()!;
    assert.deepEqual(programs.map(({ name }) => name), ["second", "first", "sh"]);
    // To the next that the shell did at the latest.
    const [ofSecond, ofFirst, ofShell] = programs.map(({ seconds }) => seconds);
    assert.ok(ofSecond >= 4.5 && ofSecond <= 4.75, `${ofSecond}`);
    assert.ok(ofFirst >= 3.5 && ofFirst <= 4, `${ofFirst}`);
    assert.equal(ofSecond + ofFirst + ofShell, 10);
    assert.equal(course.parallelism.summary()!.peak, 1);
  });

  test("of a tree that ran before begins when it was begun to be watched", () => {
    const shell = process(1, undefined, -100, 10, "sh");
    const before = process(2, shell, -50, 7, "before");
    const course = new ProcessCourse();
    course.beginAmidst(2e9);
    course.born(shell.life, undefined);
    course.born(before.life, shell.life);
    course.ended(before.life);
    course.ended(shell.life);
    const summary = course.path.summary()!;
    assert.deepEqual([summary.startNs, summary.seconds], [2e9, 8]);
    assert.deepEqual(summary.programs.map(({ name, seconds }) => [name, seconds]), [["before", 5], [
      "sh",
      3,
    ]]);
    assert.equal(course.parallelism.summary()!.mean, 1);
  });

  test("of a build: the last of what each waited for", () => {
    const make = process(1, undefined, 0, 20, "make");
    const short = process(2, make, 1, 4, "cc");
    const long = process(3, make, 1, 11, "cc");
    const inner = process(4, long, 2, 10, "cc1");
    const link = process(5, make, 12, 19, "ld");
    const { path, parallelism } = told([make, short, long, inner, link]);
    const summary = path.summary()!;
    assert.deepEqual(summary.programs, [
      { name: "cc1", seconds: 8, processCount: 1 },
      { name: "ld", seconds: 7, processCount: 1 },
      { name: "make", seconds: 3, processCount: 1 },
      { name: "cc", seconds: 2, processCount: 1 },
    ]);
    const steps = summary.longest.map(({ life, fromNs, toNs }): Step => [life.pid, fromNs / 1e9, toNs / 1e9]);
    assert.deepEqual(steps, [[1, 0, 1], [3, 1, 2], [4, 2, 10], [3, 10, 11], [1, 11, 12], [5, 12, 19], [
      1,
      19,
      20,
    ]]);
    const { mean, peak, aloneSeconds } = parallelism.summary()!;
    assert.deepEqual([peak, aloneSeconds], [2, 17]);
    assert.ok(Math.abs(mean - 23 / 20) < 1e-9);
  });

  test("leads to whom a parent has left behind, if that is what the run waited for", () => {
    const shell = process(1, undefined, 0, 2, "sh");
    const orphan = process(2, shell, 1, 9, "sleep");
    const { programs, seconds } = told([shell, orphan]).path.summary()!;
    assert.equal(seconds, 9);
    assert.deepEqual(programs.map(({ name, seconds }) => [name, seconds]), [["sleep", 8], ["sh", 1]]);
  });

  test("of nothing that has ended is none", () => {
    const course = new ProcessCourse();
    course.begin(new ProcessLife(1, 0, 5));
    assert.equal(course.path.summary(), null);
    assert.equal(course.parallelism.summary(), null);
  });
});

/** Trees: each process is born in the life of its parent, and ends whenever. All moments differ. */
const trees = fc.array(fc.record({ parent: fc.nat(), birth: fc.nat(1_000), length: fc.nat(1_000) }), {
  maxLength: 200,
}).map((drawn) => {
  const nodes: Node[] = [];
  const add = (parent: Node | undefined, start: number, length: number) => {
    const life = new ProcessLife(nodes.length + 1, parent?.life.pid ?? 0, start);
    life.endNs = start + length;
    life.name = `program ${life.pid % 3}`;
    nodes.push({ life, parent });
  };
  add(undefined, 0, 1_000_000_007);
  drawn.forEach(({ parent, birth, length }, index) => {
    const above = nodes[parent % nodes.length];
    const span = above.life.endNs - above.life.startNs;
    // The index in the last digits, so that no two moments are one.
    const start = above.life.startNs + Math.floor((span * birth) / 1_001_000) * 1_000 + 2 * index + 1;
    if (start < above.life.endNs) add(above, start, length * 1_000_000 + 1_000 * 2 * (index + 1));
  });
  return nodes;
}).filter((nodes) =>
  new Set(nodes.flatMap(({ life }) => [life.startNs, life.endNs])).size === 2 * nodes.length
);

/** By definition: what was before a moment in the life of a process. */
function history(nodes: readonly Node[], of: Node, atNs: number): Step[] {
  const { life } = of;
  const child =
    nodes.filter(({ parent, life: { endNs } }) => parent === of && endNs <= atNs && endNs <= life.endNs)
      .sort((a, b) => b.life.endNs - a.life.endNs)[0];
  if (child) return [...history(nodes, child, child.life.endNs), [life.pid, child.life.endNs, atNs]];
  const before = of.parent ? history(nodes, of.parent, life.startNs) : [];
  return [...before, [life.pid, life.startNs, atNs]];
}

test("property: the path is that of the definition, without gaps, however long it is", () => {
  fc.assert(fc.property(trees, (nodes) => {
    const { path } = told(nodes);
    const last = nodes.reduce((a, b) => b.life.endNs > a.life.endNs ? b : a);
    const expected = history(nodes, last, last.life.endNs);
    const summary = path.summary()!;
    assert.ok(Math.abs(summary.seconds - last.life.endNs / 1e9) < 1e-6);
    const longest = expected.toSorted((a, b) => (b[2] - b[1]) - (a[2] - a[1])).slice(
      0,
      summary.longest.length,
    );
    assert.deepEqual(
      summary.longest.map(({ fromNs, toNs }) => toNs - fromNs).sort((a, b) => b - a),
      longest.map(([, from, to]) => to - from),
    );
    for (const { name, seconds, processCount } of summary.programs) {
      const steps = expected.filter(([pid]) => `program ${pid % 3}` === name);
      assert.ok(Math.abs(steps.reduce((sum, [, from, to]) => sum + to - from, 0) / 1e9 - seconds) < 1e-6);
      assert.equal(processCount, new Set(steps.map(([pid]) => pid)).size);
    }
  }));
});

test("property: as many are at work as live without a living child, at each moment", () => {
  fc.assert(fc.property(trees, (nodes) => {
    const { mean, peak, aloneSeconds, overTime, intervalSeconds } = told(nodes).parallelism.summary()!;
    const moments = nodes.flatMap(({ life }) => [life.startNs, life.endNs]).sort((a, b) => a - b);
    let work = 0;
    let most = 0;
    let alone = 0;
    moments.slice(1).forEach((to, index) => {
      const from = moments[index];
      const lives = nodes.filter(({ life }) => life.startNs <= from && life.endNs > from);
      const level = lives.filter((one) => !lives.some(({ parent }) => parent === one)).length;
      work += level * (to - from);
      most = Math.max(most, level);
      if (level === 1) alone += to - from;
    });
    const total = moments.at(-1)! - moments[0];
    assert.ok(Math.abs(mean - work / total) < 1e-6);
    assert.equal(peak, most);
    assert.ok(Math.abs(aloneSeconds - alone / 1e9) < 1e-9);
    assert.ok(overTime.length <= 64);
    const sum = overTime.reduce((all, value, index) => {
      const length = Math.min(intervalSeconds, total / 1e9 - index * intervalSeconds);
      return all + value * length;
    }, 0);
    assert.ok(Math.abs(sum - work / 1e9) < 1e-6);
  }));
});
