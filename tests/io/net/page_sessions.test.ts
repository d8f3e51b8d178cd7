import assert from "node:assert/strict";
import { test } from "node:test";
import { PageSessions } from "../../../io/net/page_sessions.ts";

const HOUR = 3_600_000;
const cookieOf = ({ cookie }: { cookie: string }) => cookie.split(";")[0];

test("a code lets in once, and its cookie is for its own place alone", () => {
  const sessions = new PageSessions();
  const code = sessions.makeCode();
  assert.ok(code.length >= 43, "256 bits");
  const one = sessions.enter(code)!;
  assert.equal(sessions.enter(code), null);
  assert.equal(sessions.enter(""), null);
  assert.match(one.cookie, new RegExp(`; Path=/${one.place}/; HttpOnly; SameSite=Strict$`));
  const other = sessions.enter(sessions.makeCode())!;
  assert.ok(sessions.admits(one.place, `theme=dark; ${cookieOf(one)}`));
  assert.ok(!sessions.admits(one.place, cookieOf(other)));
  assert.ok(!sessions.admits(one.place, null));
  assert.ok(!sessions.admits(one.place, "proctor="));
  assert.ok(!sessions.admits("elsewhere", cookieOf(one)));
  assert.ok(!sessions.admits("", cookieOf(one)));
});

test("a code that nobody has brought for ten minutes lets nobody in", () => {
  let nowMs = 5 * HOUR;
  const sessions = new PageSessions(() => nowMs);
  const [early, late] = [sessions.makeCode(), sessions.makeCode()];
  nowMs += 10 * 60_000;
  assert.ok(sessions.enter(early));
  nowMs += 1;
  assert.equal(sessions.enter(late), null);
  assert.ok(sessions.enter(sessions.makeCode()));
});

test("who asks nothing for half a day, and the oldest of too many, need a new link", () => {
  let nowMs = 0;
  const sessions = new PageSessions(() => nowMs);
  const one = sessions.enter(sessions.makeCode())!;
  nowMs = 11 * HOUR;
  assert.ok(sessions.admits(one.place, cookieOf(one)));
  nowMs += 11 * HOUR;
  assert.ok(sessions.admits(one.place, cookieOf(one)));
  nowMs += 11 * HOUR;
  sessions.use(one.place);
  nowMs += 11 * HOUR;
  assert.ok(sessions.admits(one.place, cookieOf(one)), "a stream went on in between");
  nowMs += 13 * HOUR;
  assert.ok(!sessions.admits(one.place, cookieOf(one)));
  const first = sessions.enter(sessions.makeCode())!;
  const second = sessions.enter(sessions.makeCode())!;
  assert.ok(sessions.admits(first.place, cookieOf(first)));
  for (let more = 0; more < 31; more++) sessions.enter(sessions.makeCode());
  assert.ok(sessions.admits(first.place, cookieOf(first)), "it was used after the second");
  assert.ok(!sessions.admits(second.place, cookieOf(second)));
  const codes = Array.from({ length: 9 }, () => sessions.makeCode());
  assert.equal(sessions.enter(codes[0]), null, "only the last eight links are kept");
  assert.ok(sessions.enter(codes[1]));
});
