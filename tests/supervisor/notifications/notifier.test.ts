import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { Notifier } from "../../../supervisor/notifications/notifier.ts";
import type { NotifierPace } from "../../../supervisor/notifications/notifier.ts";
import { event, rule, transition } from "./support/events.ts";
import { LetterBox, PostOffice } from "./support/post_office.ts";

const QUICK: NotifierPace = { retryMs: [1, 5], lastingMs: 1 };
const SECRET = "0123456789abcdef";

function notifier(given: object, pace = QUICK) {
  const said: string[] = [];
  return { said, notifier: new Notifier(rule(given), "notify[0]", (line) => said.push(line), pace) };
}

const sequences = ({ text }: { text: string }) =>
  JSON.parse(text).events.map(({ sequence }: { sequence: number }) => sequence);

describe("a webhook", { timeout: 60_000 }, () => {
  test("is told at once, as JSON that is signed", async () => {
    await using office = await PostOffice.open();
    const { notifier: told } = notifier({ webhook: `${office.url}/hook?x=1`, secret: SECRET });
    told.take(event(7));
    const [{ path, headers, text }] = await office.first(1);
    assert.equal(path, "/hook?x=1");
    assert.equal(headers["content-type"], "application/json");
    const expected = createHmac("sha256", SECRET).update(text).digest("hex");
    assert.equal(headers["x-proctor-signature"], `sha256=${expected}`);
    assert.deepEqual(JSON.parse(text).events, [event(7)]);
    await told.finish();
  });

  test("is told of what follows together, at the latest when there is no more time", async () => {
    await using office = await PostOffice.open();
    const { notifier: told } = notifier({ webhook: office.url, digest: "10m" });
    told.take(event(1));
    await office.first(1);
    for (const sequence of [2, 3, 4]) told.take(event(sequence));
    await told.finish();
    assert.deepEqual(office.all.map(sequences), [[1], [2, 3, 4]]);
  });

  test("is tried again until it takes it, which is said once", async () => {
    await using office = await PostOffice.open();
    office.statuses = [503, 429, 200];
    const { said, notifier: told } = notifier({ webhook: office.url, digest: "0s" });
    told.take(event(1));
    const posted = await office.first(3);
    assert.deepEqual(posted.map(sequences), [[1], [1], [1]]);
    await told.finish();
    assert.deepEqual(said, [
      "notify[0] (webhook): status 503; it is tried again",
      "notify[0] (webhook): it is reached again",
    ]);
    assert.equal(office.all.length, 3);
  });

  test("that refuses for good is not asked again", async () => {
    await using office = await PostOffice.open();
    office.statuses = [404, 200];
    const { said, notifier: told } = notifier({ webhook: office.url, digest: "0s" });
    told.take(event(1));
    await office.first(1);
    told.take(event(2));
    await office.first(2);
    await told.finish();
    assert.deepEqual(office.all.map(sequences), [[1], [2]]);
    assert.deepEqual(said, ["notify[0] (webhook): status 404; an event is dropped"]);
  });

  test("that does not answer is waited for no longer than it may", async () => {
    await using office = await PostOffice.open();
    office.statuses = [0, 200];
    const { said, notifier: told } = notifier({ webhook: office.url, timeout: "50ms" });
    told.take(event(1));
    await office.first(2);
    await told.finish();
    assert.match(said[0], /no answer within 50 ms; it is tried again$/);
  });

  test("that has taken it, and goes on answering, is told once", async () => {
    await using office = await PostOffice.open();
    office.isEndless = true;
    const { said, notifier: told } = notifier({ webhook: office.url, timeout: "10m", digest: "0s" });
    told.take(event(1));
    await office.first(1);
    told.take(event(2));
    await office.first(2);
    await told.finish();
    assert.deepEqual(office.all.map(sequences), [[1], [2]]);
    assert.deepEqual(said, []);
  });

  test("that takes no long messages is told in several, one after the other", async () => {
    await using office = await PostOffice.open();
    office.statuses = [503, 200];
    office.mostBytes = 1_000;
    const { said, notifier: told } = notifier({ webhook: office.url, digest: "10m" });
    told.take(event(0));
    for (let sequence = 1; sequence < 10; sequence++) told.take(event(sequence));
    await office.first(3);
    await told.finish();
    office.mostBytes = 100;
    told.take(event(10));
    await told.finish();
    assert.deepEqual(office.all.slice(1).flatMap(sequences), Array.from({ length: 10 }, (_, index) => index));
    assert.match(said.at(-1)!, /status 413; an event is dropped$/);
  });

  test("holds nobody up at the end", async () => {
    await using office = await PostOffice.open();
    office.statuses = [0];
    const { said, notifier: told } = notifier({ webhook: office.url, timeout: "10m" });
    told.take(event(1));
    await office.first(1);
    told.take(event(2));
    told.abort();
    await told.finish();
    assert.deepEqual(said, [
      "notify[0] (webhook): there is no more time: an event is dropped",
      "notify[0] (webhook): there is no more time: an event is dropped",
    ]);
  });

  test("is told how many were dropped for want of room", async () => {
    await using office = await PostOffice.open();
    office.statuses = [0, 200];
    const { notifier: told } = notifier({ webhook: office.url, timeout: "200ms", digest: "0s" });
    told.take(event(1));
    await office.first(1);
    for (let sequence = 2; sequence <= 1_101; sequence++) told.take(event(sequence));
    const [, second] = await office.first(2);
    const numbers = sequences(second);
    assert.deepEqual([numbers.length, numbers[0], numbers.at(-1)], [1_000, 102, 1_101]);
    assert.equal(JSON.parse(second.text).dropped_count, 101);
    // It has been told of them.
    told.take(event(1_102));
    const [, , third] = await office.first(3);
    assert.deepEqual([sequences(third), JSON.parse(third.text).dropped_count], [[1_102], 0]);
    await told.finish();
  });

  test("is told that a process runs again when it goes on running", async () => {
    await using office = await PostOffice.open();
    const { notifier: told } = notifier({ webhook: office.url, digest: "0s" });
    told.take(transition(1, "running", "backoff"));
    await office.first(1);
    // It crashes again before it has recovered.
    told.take(transition(2, "starting", "running"));
    told.take(transition(3, "running", "backoff"));
    await office.first(2);
    told.take(transition(4, "starting", "running"));
    await office.first(3);
    // Nobody was told that this one is down.
    told.take(transition(5, "starting", "running", "other"));
    told.take(transition(6, "running", "failed"));
    await office.first(4);
    await told.finish();
    assert.deepEqual(office.all.map(sequences), [[1], [3], [4], [6]]);
  });
});

test("a webhook is told of good health only after bad", { timeout: 60_000 }, async () => {
  await using office = await PostOffice.open();
  const { notifier: told } = notifier({ webhook: office.url, digest: "0s" });
  const [good, bad] = ["it is healthy", "it is unhealthy: status 503"];
  for (const [index, reason] of [good, bad, good, good].entries()) told.take(event(index, { reason }));
  told.take(event(4, { id: "other", reason: good }));
  await told.finish();
  assert.deepEqual(office.all.flatMap(sequences), [1, 2]);
});

describe("a letter", { timeout: 60_000 }, () => {
  const letterTo = ({ address }: LetterBox, server = `smtp://${address}`) => ({
    email: { server, from: "Proctor <proctor@example.org>", to: ["ops@example.org", "boss@example.org"] },
    digest: "0s",
  });

  test("has the title as its subject, and a line for each event", async () => {
    await using box = await LetterBox.open();
    const { said, notifier: told } = notifier(letterTo(box));
    told.take(transition(1, "running", "failed"));
    const [letter] = await box.first(1);
    await told.finish();
    assert.deepEqual(said, []);
    assert.match(letter, /^From: Proctor <proctor@example\.org>$/m);
    assert.match(letter, /^To: ops@example\.org, boss@example\.org$/m);
    assert.match(letter, /^Subject: \S+/m);
    assert.ok(box.commands.includes("RCPT TO:<boss@example.org>"), box.commands.join("\n"));
    const body = letter.slice(letter.indexOf("\n\n"));
    const text = /base64/.test(letter)
      ? Buffer.from(body, "base64").toString()
      : body.replace(/=\n/g, "").replace(
        /(?:=[0-9A-F]{2})+/g,
        (bytes) => Buffer.from(bytes.replaceAll("=", ""), "hex").toString(),
      );
    assert.match(text, /web: running → failed/);
  });

  test("that is refused for good is not sent again, one that is refused for now is", async () => {
    await using box = await LetterBox.open();
    box.reply = "550 never";
    const { said, notifier: told } = notifier(letterTo(box));
    told.take(event(1));
    await box.first(1);
    box.reply = "451 later";
    told.take(event(2));
    await box.first(3);
    box.reply = "250 taken";
    await box.first(4);
    await told.finish();
    assert.match(said[0], /550 never; an event is dropped$/);
    assert.match(said[1], /451 later; it is tried again$/);
  });

  test("goes over no wire in the clear where there is a password", async () => {
    await using box = await LetterBox.open();
    const { said, notifier: told } = notifier(letterTo(box, `smtp://me:pa55word@${box.address}`));
    told.take(event(1));
    await told.finish();
    assert.equal(box.all.length, 0);
    assert.ok(!box.commands.some((line) => /AUTH|pa55/.test(line)), box.commands.join("\n"));
    assert.match(said.join("\n"), /an event is dropped$/);
    assert.doesNotMatch(said.join("\n"), /pa55word/);
  });
});
