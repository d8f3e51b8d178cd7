/* What is not ours outlives a run: old files beside the records, and what the command itself has made. */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { describe, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { asNobody, noOtherUser } from "../../support/linux.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, shell } from "../support/proctor.ts";

const TIMEOUT = { timeout: 120_000 };
const THEIRS = "important\n";
const ROTATING = "run -q --interval 10ms --records x.jsonl --records-max-size 2K --records-keep 3";
const BUSY = "-- sleep 3";

describe("old files of records", () => {
  for (
    const [name, content, what] of [
      ["x.jsonl.1", THEIRS, "records"],
      ["x.jsonl.3", THEIRS, "records"],
      ["x.jsonl.2.gz", gzipSync(THEIRS), "compressed records"],
      ["x.jsonl.2.gz", THEIRS, "compressed records"],
    ] as const
  ) {
    test(
      `that are not ours keep a run from beginning: ${name}, ${content.length} bytes`,
      TIMEOUT,
      () =>
        withDirectory(async (cwd) => {
          writeFileSync(`${cwd}/${name}`, content);
          const { stdout, stderr } = await shell(`$PROCTOR ${ROTATING} -- touch ran; echo "code $?"`, {
            cwd,
          });
          assert.equal(stdout.toString(), "code 125\n");
          assert.equal(
            stderr,
            `proctor: --records: ${name} is there and is not ${what} of proctor; --force overwrites it\n`,
          );
          assert.deepEqual(readdirSync(cwd), [name]);
          assert.deepEqual(readFileSync(`${cwd}/${name}`), Buffer.from(content));
          const forced = await shell(`$PROCTOR ${ROTATING} --force ${BUSY}; echo "code $?"`, { cwd });
          assert.equal(forced.stdout.toString(), "code 0\n");
          assert.match(readFileSync(`${cwd}/x.jsonl.1`, "utf8"), /^\{"kind":"/);
        }),
    );
  }

  for (const gzip of [false, true]) {
    test(
      `that are ours move on, ${gzip ? "compressed" : "plain"}; others are not asked about`,
      TIMEOUT,
      () =>
        withDirectory(async (cwd) => {
          const others = ["x.jsonl.4", "x.jsonl.01", "x.jsonl.1.bak", "ax.jsonl.1"];
          for (const name of others) writeFileSync(`${cwd}/${name}`, THEIRS);
          const oldest = `${cwd}/x.jsonl.3${gzip ? ".gz" : ""}`;
          for (let round = 0; round < 2; round++) {
            const { stdout, stderr } = await shell(
              `$PROCTOR ${ROTATING} ${gzip ? "--records-gzip" : ""} ${BUSY}; echo "code $?"`,
              { cwd },
            );
            assert.equal(stdout.toString() + stderr, "code 0\n");
            const head = readFileSync(oldest);
            assert.match((gzip ? gunzipSync(head) : head).toString(), /^\{"kind":"/);
          }
          for (const name of others) assert.equal(readFileSync(`${cwd}/${name}`, "utf8"), THEIRS);
        }),
    );
  }

  test("are looked at by watch, too", TIMEOUT, () =>
    withDirectory(async (cwd) => {
      writeFileSync(`${cwd}/x.jsonl.1`, THEIRS);
      const { stdout, stderr } = await shell(
        `sleep 60 & $PROCTOR watch -q --pid $! --records x.jsonl --records-max-size 2K; echo "code $?"; kill $!`,
        { cwd },
      );
      assert.equal(stdout.toString(), "code 125\n");
      assert.match(
        stderr,
        /^proctor: --records: x\.jsonl\.1 is there and is not records of proctor; [^\n]+\n$/,
      );
    }));
});

describe("a file that the command has made", () => {
  for (
    const [option, name, what, code] of [
      ["--summary-file", "cost.txt", "summary", 125],
      ["--report", "cost.html", "report", 0],
    ] as const
  ) {
    const told =
      `proctor: ${what}: cannot write ${name}: something has made it meanwhile that is not a ${what} of ` +
      "proctor; --force overwrites it\n";
    const run = (cwd: string, ...more: string[]) =>
      proctor(["run", "-q", ...more, option, name, "--", "sh", "-c", `echo important >${name}`], { cwd });

    test(`is not overwritten: ${option}`, TIMEOUT, () =>
      withDirectory(async (cwd) => {
        const fresh = await run(cwd);
        assert.deepEqual([fresh.code, fresh.stderr], [code, told]);
        assert.equal(readFileSync(`${cwd}/${name}`, "utf8"), THEIRS);
        assert.deepEqual(readdirSync(cwd), [name]);
      }));

    test(
      `is not overwritten where a file of ours or an empty one was: ${option}`,
      TIMEOUT,
      () =>
        withDirectory(async (cwd) => {
          await proctor(["run", "-q", option, name, "--", "true"], { cwd });
          assert.ok(statSync(`${cwd}/${name}`).size > 0);
          for (let round = 0; round < 2; round++) {
            const { stderr } = await run(cwd);
            assert.equal(stderr, told);
            assert.equal(readFileSync(`${cwd}/${name}`, "utf8"), THEIRS);
            writeFileSync(`${cwd}/${name}`, "");
          }
        }),
    );

    test(
      `is overwritten by --force, or when it is empty: ${option}`,
      TIMEOUT,
      () =>
        withDirectory(async (cwd) => {
          const forced = await run(cwd, "--force");
          assert.deepEqual([forced.code, forced.stderr], [0, ""]);
          assert.ok(!readFileSync(`${cwd}/${name}`, "utf8").includes(THEIRS));
          const empty = await proctor(["run", "-q", option, name, "--", "sh", "-c", `: >${name}`], { cwd });
          assert.deepEqual([empty.code, empty.stderr], [0, ""]);
          assert.ok(statSync(`${cwd}/${name}`).size > 0);
        }),
    );
  }
});

test(
  "a file that only its rights protect is refused, too",
  { ...TIMEOUT, skip: noOtherUser },
  () =>
    withDirectory(async (cwd) => {
      writeFileSync(`${cwd}/x.txt`, THEIRS);
      chownSync(`${cwd}/x.txt`, 65_534, 65_534);
      chmodSync(`${cwd}/x.txt`, 0o444);
      const command = asNobody([BINARY, "run", "--summary-file", "x.txt", "--", "touch", "ran"]).join(" ");
      const { stderr } = await shell(command, { cwd });
      assert.equal(
        stderr,
        "proctor: --summary-file: x.txt is there and is not a summary of proctor; --force overwrites it\n",
      );
      assert.ok(!existsSync(`${cwd}/ran`));
      assert.equal(readFileSync(`${cwd}/x.txt`, "utf8"), THEIRS);
    }),
);
