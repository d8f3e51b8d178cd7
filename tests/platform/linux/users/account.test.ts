import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { findAccount } from "../../../../platform/linux/users/account.ts";
import { findGroup, findUser } from "../../../../platform/linux/users/name_service.ts";
import { parsePasswd } from "../../../../platform/linux/users/passwd.ts";
import type { Account } from "../../../../platform/contract/users.ts";

const skip = !existsSync("/usr/bin/getent") && "needs getent";
const ask = (...words: string[]) => execFileSync(words[0], words.slice(1), { encoding: "utf8" }).trim();
const numbers = (text: string) => text.split(/\s+/).map(Number).sort((a, b) => a - b);

test("passwd: users in their order; what is no line is none", () => {
  const text =
    "root:x:0:0:root:/root:/bin/sh\nbroken\ntoor:x:0:0::/root:\nodd:x:y:0:::\n\n:x:5:5:::\nweb:x:33:34::/w:\n";
  assert.deepEqual(parsePasswd(text), [
    { name: "root", uid: 0, gid: 0, home: "/root", shell: "/bin/sh" },
    { name: "toor", uid: 0, gid: 0, home: "/root", shell: "" },
    { name: "web", uid: 33, gid: 34, home: "/w", shell: "" },
  ]);
});

describe("accounts are what the machine says", () => {
  test("of every user in its list", { skip, timeout: 120_000 }, () => {
    const names = ask("getent", "passwd").split("\n").map((line) => line.split(":"));
    assert.ok(names.length > 3);
    for (const [name, , uid, , , home, shell] of names) {
      const account = findAccount(name, null) as Account;
      const gid = Number(ask("id", "-g", name));
      assert.deepEqual([account.uid, account.gid, account.name], [Number(uid), gid, name]);
      assert.deepEqual([account.home, account.shell], [home || "/", shell || "/bin/sh"]);
      assert.deepEqual(
        [...new Set(account.groups)].sort((a, b) => a - b),
        numbers(ask("id", "-G", name)),
        name,
      );
    }
  });

  test("by number, by a number as text, and with another group", { skip, timeout: 120_000 }, () => {
    const root = findAccount("root", null);
    assert.deepEqual([findAccount(0, null), findAccount("0", null)], [root, root]);
    const [group, , gid] = ask("getent", "group").split("\n").at(-1)!.split(":");
    for (const named of [group, gid, Number(gid)]) {
      const account = findAccount("root", named) as Account;
      assert.equal(account.gid, Number(gid));
      assert.ok(account.groups.includes(Number(gid)));
    }
  });

  test("those that are not there are named", { skip, timeout: 120_000 }, () => {
    assert.equal(findAccount("no such user", null), 'there is no user "no such user"');
    assert.equal(findAccount("root", "no such group"), 'there is no group "no such group"');
    assert.match(String(findAccount(3_999_999_999, null)), /its group is not known; write group, too$/);
    assert.deepEqual(findAccount(3_999_999_999, 3_999_999_998), {
      uid: 3_999_999_999,
      gid: 3_999_999_998,
      groups: [],
      name: null,
      home: null,
      shell: null,
    });
    assert.equal(findUser("x".repeat(100_000)), undefined);
    assert.equal(findGroup("é".repeat(3_000)), undefined);
  });
});
