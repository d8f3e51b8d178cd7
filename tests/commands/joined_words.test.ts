import assert from "node:assert/strict";
import { test } from "node:test";
import { joinedWords } from "../../commands/options/joined_words.ts";
import { RUN } from "../../commands/run/run.ts";

for (
  const [given, wanted] of [
    ["--parameter-list n a,b -- x", "--parameter-list n=a,b -- x"],
    ["--parameter-list n=a,b x", "--parameter-list n=a,b x"],
    ["--parameter-list=n=a,b x", "--parameter-list=n=a,b x"],
    ["--parameter-scan n -1 8 -q x", "--parameter-scan n=-1..8 -q x"],
    [
      "--repeat 3 --parameter-scan n 1 2 --parameter-list m a x",
      "--repeat 3 --parameter-scan n=1..2 --parameter-list m=a x",
    ],
    // A command's own are left alone.
    ["--repeat 3 x --parameter-list n a", "--repeat 3 x --parameter-list n a"],
    ["-- --parameter-list n a", "-- --parameter-list n a"],
    ["--name --parameter-list n a", "--name --parameter-list n a"],
    ["--parameter-scan", "--parameter-scan"],
    ["--parameter-scan n 1", "--parameter-scan n=1"],
  ]
) {
  test(given, () => assert.equal(joinedWords(RUN, given.split(" ")).join(" "), wanted));
}
