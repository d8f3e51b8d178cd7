import assert from "node:assert/strict";
import { test } from "node:test";
import { selected } from "../../commands/ctl/ctl_select.ts";
import { forEachRow } from "../../commands/ctl/ctl_work.ts";
import { ProctorError } from "../../core/error.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";

const IDS = ["web:0", "web:1", "web.old", "db", "db-2", "webx"];

function clientOf(statuses: readonly object[]): Client {
  return { ask: () => Promise.resolve(statuses) } as unknown as Client;
}

const client = clientOf(
  IDS.map((id) => ({ id, type: "standard_managed", groups: id.startsWith("db") ? ["back"] : [] })),
);

test("names stand for processes, instances, patterns and groups", async () => {
  const ask = (...names: string[]) => selected(client, names);
  assert.deepEqual(await ask(), []);
  assert.deepEqual(await ask("db"), ["db"]);
  assert.deepEqual(await ask("web"), ["web:0", "web:1"]);
  assert.deepEqual(await ask("web:*", "db", "web:1"), ["web:0", "web:1", "db"]);
  assert.deepEqual(await ask("db?2"), ["db-2"]);
  assert.deepEqual(await ask("web.*"), ["web.old"]);
  assert.deepEqual(await ask("*"), IDS);
  assert.deepEqual(await ask("*b*"), ["web:0", "web:1", "web.old", "db", "db-2", "webx"]);
  assert.deepEqual(await ask("w*b?**1"), ["web:1"]);
  assert.deepEqual(await ask("*web:0*"), ["web:0"]);
  assert.deepEqual(await ask("@back"), ["db", "db-2"]);
  // The supervisor says that there is none.
  assert.deepEqual(await ask("nobody"), ["nobody"]);
  for (const name of ["x*", "@front"]) {
    await assert.rejects(
      ask(name),
      (error: Error) => error.message.startsWith(`"${name}": no process fits; there are web:0,`),
    );
  }
});

test("a pattern of many stars is looked through at once", async () => {
  const long = clientOf([{ id: "a".repeat(100), type: "standard_managed", groups: [] }]);
  assert.equal((await selected(long, ["*a".repeat(50)])).length, 1);
  await assert.rejects(selected(long, [`${"*a".repeat(50)}*b`]), /no process fits/);
});

test("a refusal names some that are there, and how many more", async () => {
  const many = clientOf(Array.from({ length: 25 }, (_, id) => ({ id: `w${id}`, type: "standard_managed" })));
  await assert.rejects(selected(many, ["x*"]), /there are w0, .*, w19 and 5 more$/);
});

test("patterns and groups stand for what is started here alone, where that is demanded", async () => {
  const mixed = clientOf([
    { id: "web", type: "standard_managed", groups: ["all"] },
    { id: "found", type: "unmanaged", groups: ["all"] },
  ]);
  assert.deepEqual(await selected(mixed, ["*"], true), ["web"]);
  assert.deepEqual(await selected(mixed, ["@all"], true), ["web"]);
  assert.deepEqual(await selected(mixed, ["*", "@all"]), ["web", "found"]);
  // By its name it is refused by the supervisor, which says why.
  assert.deepEqual(await selected(mixed, ["found"], true), ["found"]);
});

test("a supervisor that tells of no groups is not asked to do anything to one", async () => {
  const older = clientOf(IDS.map((id) => ({ id, type: "standard_managed" })));
  await assert.rejects(selected(older, ["@back"]), /"@back": the supervisor that runs is older/);
});

test("within a row one follows another, and none one that has failed", async () => {
  const told: string[] = [];
  const work = async (id: string) => {
    told.push(`+${id}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    told.push(`-${id}`);
    if (id === "b:1") throw new ProctorError("system", `${id}: it did not come up`);
    return { id };
  };
  const code = await forEachRow([["a:0", "a:1"], ["b:0", "b:1", "b:2"]], { json: true }, work);
  assert.equal(code, 125);
  assert.deepEqual(told.filter((one) => one.includes("a")), ["+a:0", "-a:0", "+a:1", "-a:1"]);
  assert.deepEqual(told.filter((one) => one.includes("b")), ["+b:0", "-b:0", "+b:1", "-b:1"]);
});
