import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MemberNews, NO_NEWS } from "../../../core/measure/member_news.ts";

const ROOT = 100;
const US = 1;

/** News of a tree that knows its root, and whom a test says that it knows. */
function made(known: readonly number[] = []): MemberNews {
  const members = new Set([ROOT, ...known]);
  const news = new MemberNews(US, (pid) => members.has(pid));
  news.begin(ROOT);
  news.forked(ROOT, US, 1);
  return news;
}

const bornOf = (news: MemberNews) => news.take().born.map(({ pid }) => pid);

describe("news of a tree", () => {
  test("are births from it, in their order, whatever their parents have come to; strangers are none", () => {
    const news = made();
    news.forked(200, ROOT, 2);
    news.forked(900, 800, 3);
    news.forked(201, 200, 4);
    news.exited(200, 200);
    news.forked(202, 201, 5);
    assert.equal(news.isAny, true);
    assert.deepEqual(news.take(), {
      born: [{ pid: 200, atNs: 2 }, { pid: 201, atNs: 4 }, { pid: 202, atNs: 5 }],
      executed: [],
      hasEnded: true,
      isIncomplete: false,
    });
    assert.equal(news.isAny, false);
    assert.equal(news.take(), NO_NEWS);
    assert.deepEqual([200, 201, 202, 900].map((pid) => news.knows(pid)), [false, true, true, false]);
  });

  test("are told of children of those whom looks alone have found", () => {
    const news = made([300]);
    news.forked(301, 300, 2);
    news.executed(300);
    news.executed(900);
    const { born, executed } = news.take();
    assert.deepEqual([born.map(({ pid }) => pid), executed], [[301], [300]]);
  });

  test("end with the last thread; one whose main thread is over goes on to have children", () => {
    const news = made();
    news.forked(200, ROOT, 2);
    news.threadStarted(200);
    news.take();
    news.exited(200, 200);
    assert.equal(news.isAny, false);
    news.forked(201, 200, 3);
    assert.deepEqual(bornOf(news), [201]);
    news.exited(200, 205);
    assert.equal(news.take().hasEnded, true);
    news.forked(202, 200, 4);
    assert.deepEqual(bornOf(news), []);
  });

  test("are none of a stranger who has a member's number, though the tree knows the dead still", () => {
    const news = made([200]);
    news.forked(200, ROOT, 2);
    news.exited(200, 200);
    news.forked(200, 800, 3);
    news.forked(201, 200, 4);
    assert.deepEqual(bornOf(news), [200]);
    // And however often the tree has taken a look since.
    news.forked(203, 200, 4);
    assert.deepEqual(bornOf(news), []);
    // Of its own it is a member again.
    news.exited(200, 200);
    news.forked(200, ROOT, 5);
    news.forked(202, 200, 6);
    assert.deepEqual(bornOf(news), [200, 202]);
  });

  test("are incomplete after a loss, after more births than are kept, and when we have a child that we did not start", () => {
    const news = made();
    assert.equal(news.isAny, false);
    news.lose();
    assert.equal(news.take().isIncomplete, true);
    assert.equal(news.isAny, false);
    news.forked(700, US, 2);
    assert.equal(news.take().isIncomplete, true);
    for (let pid = 1_000; pid < 11_000; pid++) {
      news.forked(pid, ROOT, 3);
      news.exited(pid, pid);
    }
    const { born, isIncomplete } = news.take();
    assert.ok(born.length < 10_000 && isIncomplete);
  });

  test("are none of a stranger's child whose number is that of a dead member, whom the tree has looked at since", () => {
    const news = made([200]);
    news.forked(200, ROOT, 2);
    news.exited(200, 200);
    news.take();
    news.forked(200, 800, 3);
    news.forked(201, 200, 4);
    news.executed(200);
    assert.deepEqual(news.take(), NO_NEWS);
  });

  test("are none of a stranger who has the number of a member whose end was not told", () => {
    const news = made([200]);
    news.forked(200, 800, 3);
    news.forked(201, 200, 4);
    assert.deepEqual(news.take(), NO_NEWS);
  });

  test("are births from each process that this program has begun the tree with, and goes on with", () => {
    const news = made([200]);
    news.begin(200);
    news.forked(200, US, 2);
    news.forked(201, 200, 3);
    assert.deepEqual(news.take(), { ...NO_NEWS, born: [{ pid: 201, atNs: 3 }] });
    assert.equal(news.knows(200), true);
    // It is over before its birth was told: whoever has its number then is another.
    news.begin(200);
    news.exited(200, 200);
    news.forked(202, 300, 4);
    news.forked(200, 300, 5);
    assert.equal(news.take().born.length, 0);
  });

  test("take no more memory than for so many, though nobody asks for them", () => {
    const members = new Set([ROOT]);
    let askedCount = 0;
    const news = new MemberNews(US, (pid) => (askedCount++, members.has(pid)));
    news.begin(ROOT);
    news.forked(ROOT, US, 1);
    for (let pid = 1_000; pid < 101_000; pid++) {
      news.forked(pid, ROOT, 3);
      news.executed(pid);
      news.exited(pid, pid);
    }
    askedCount = 0;
    const { born, executed, isIncomplete } = news.take();
    assert.ok(born.length <= 4_096 && executed.length <= 4_096 && isIncomplete);
    // Of those that are over, none is kept to be asked after.
    assert.equal(askedCount, 0);
  });

  test("property: whoever descends from the root and lives is known, and nobody else", () => {
    const step = fc.record({ who: fc.nat(), what: fc.constantFrom("fork", "end", "take", "stranger") });
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const news = made();
      const alive = new Set([ROOT]);
      const born: number[] = [], told: number[] = [];
      let next = 1_000;
      for (const { who, what } of steps) {
        const one = [...alive][who % Math.max(1, alive.size)];
        if (what === "fork" && alive.size > 0) {
          news.forked(++next, one, next);
          alive.add(next);
          born.push(next);
        } else if (what === "stranger") news.forked(++next, 5, next);
        else if (what === "end" && alive.size > 0) {
          news.exited(one, one);
          alive.delete(one);
        } else if (what === "take") told.push(...bornOf(news));
      }
      told.push(...bornOf(news));
      assert.deepEqual(told, born);
      for (let pid = 1_000; pid <= next; pid++) assert.equal(news.knows(pid), alive.has(pid));
    }));
  });
});
