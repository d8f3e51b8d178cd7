/* Links that another user lays where we are about to write: none of them is followed. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openPrometheusTextfile } from "../../../exporters/prometheus/mod.ts";
import { Textfile } from "../../../exporters/prometheus/textfile.ts";
import { linkTarget } from "../../../platform/posix/link_target.ts";
import { StrangersLink } from "../../../platform/posix/strangers_link.ts";
import { RotatingFile } from "../../../io/rotating_file.ts";
import { writeFileWhole } from "../../../platform/posix/write_file.ts";
import { loadPlatform } from "../../../platform/mod.ts";
import { openOutput } from "../../../records/record_output.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { proctor } from "../../cli/support/proctor.ts";
import { exportContext } from "../../exporters/support/sample_messages.ts";
import { asNobody, noOtherUser } from "../../support/linux.ts";

const ATTACK = { timeout: 120_000, skip: noOtherUser };
const OURS = "precious\n";

/** A directory for everybody, and a file of ours that a stranger would like to have overwritten. */
function withVictim(use: (directory: string, victim: string) => Promise<void> | void): Promise<void> {
  return withDirectory(async (directory) => {
    const victim = `${directory}/victim`;
    writeFileSync(victim, OURS, { mode: 0o600 });
    await use(directory, victim);
    assert.equal(readFileSync(victim, "utf8"), OURS);
    assert.equal(statSync(victim).mode & 0o777, 0o600);
  });
}

function layLink(target: string, name: string): void {
  const [command, ...args] = asNobody(["ln", "-s", target, name]);
  execFileSync(command, args);
}

describe("an unfinished file", () => {
  test(
    "of metrics is made anew, whatever lies under its name",
    ATTACK,
    () =>
      withVictim(async (directory, victim) => {
        const file = new Textfile(`${directory}/a.prom`);
        for (const text of ["first\n", "second\n"]) {
          layLink(victim, `${directory}/.a.prom.${process.pid}.tmp`);
          await file.write(text);
          assert.equal(readFileSync(file.path, "utf8"), text);
        }
        assert.deepEqual(readdirSync(directory).sort(), ["a.prom", "victim"]);
      }),
  );

  test(
    "of compressed records is made anew, whatever lies under its name",
    ATTACK,
    () =>
      withVictim(async (directory, victim) => {
        const { openForWriting, writeDescriptor, closeDescriptor } = await loadPlatform();
        const writer = { open: openForWriting, write: writeDescriptor, close: closeDescriptor };
        const path = `${directory}/a.jsonl`;
        const warnings: string[] = [];
        const file = await RotatingFile.open(path, writer, {
          append: false,
          rotation: { maxBytes: 10, keep: 2, gzip: true },
          warn: (line) => void warnings.push(line),
        });
        const line = `${"x".repeat(100_000)}\n`;
        layLink(victim, `${path}.1.gz.unfinished`);
        for (let count = 0; count < 2; count++) {
          for (let bytes = new TextEncoder().encode(line); bytes.length > 0;) {
            bytes = bytes.subarray(await file.write(bytes));
          }
        }
        await file.settled();
        file.close();
        assert.deepEqual(warnings, []);
        assert.equal(gunzipSync(readFileSync(`${path}.1.gz`)).toString(), line);
        assert.ok(!existsSync(`${path}.1.gz.unfinished`) && !existsSync(`${path}.1`));
      }),
  );
});

describe("a link in a directory for everybody", () => {
  const whose = /link" is a link that belongs to another user \(65534\)$/;
  const withStrangersLink = (use: (directory: string, link: string) => Promise<void>) =>
    withVictim(async (directory, victim) => {
      chmodSync(directory, 0o1777);
      const link = `${directory}/link`;
      layLink(victim, link);
      await use(directory, link);
    });

  test(
    "that a stranger has laid leads to no file of ours",
    ATTACK,
    () =>
      withStrangersLink(async (directory, link) => {
        // One of ours on the way to it opens no way, either.
        symlinkSync("link", `${directory}/ours`);
        for (const path of [link, `${directory}/ours`]) {
          assert.throws(() => linkTarget(path), StrangersLink);
          assert.throws(() => writeFileWhole(path, "theirs\n"), whose);
          await assert.rejects(
            openPrometheusTextfile({ prometheus_textfile: path } as never, exportContext()),
            {
              kind: "usage",
              message: `prometheus_textfile: "${link}" is a link that belongs to another user (65534)`,
            },
          );
        }
        assert.deepEqual(readdirSync(directory).sort(), ["link", "ours", "victim"]);
      }),
  );

  test("to a directory leads to no file of ours, either", ATTACK, () =>
    withVictim(async (directory) => {
      chmodSync(directory, 0o1777);
      mkdirSync(`${directory}/private`, { mode: 0o700 });
      layLink(`${directory}/private`, `${directory}/link`);
      // In the middle of a path, behind a link of ours, and where the file is not there yet.
      mkdirSync(`${directory}/private/deep`);
      symlinkSync("link", `${directory}/ours`);
      for (const path of ["link/file", "link/deep/file", "ours/file", "ours/missing/file"]) {
        const file = `${directory}/${path}`;
        assert.throws(() => linkTarget(file), StrangersLink, path);
        assert.throws(() => writeFileWhole(file, "theirs\n"), whose);
        assert.throws(() => new Textfile(file), { kind: "usage" });
      }
      const lines: string[] = [];
      const records = { path: `${directory}/link/records` };
      assert.equal(await openOutput(records, await loadPlatform(), (line) => lines.push(line)), undefined);
      assert.match(
        lines.join("\n"),
        /link" is a link that belongs to another user \(65534\); the run goes on/,
      );
      assert.deepEqual(readdirSync(`${directory}/private`), ["deep"]);
    }));

  test("that is root's or ours leads where it says, a descriptor of ours to what it is", () =>
    withDirectory((directory) => {
      mkdirSync(`${directory}/real`);
      symlinkSync("real", `${directory}/ours`);
      writeFileWhole(`${directory}/ours/file`, "ours\n");
      assert.equal(readFileSync(`${directory}/real/file`, "utf8"), "ours\n");
      const descriptor = openSync(`${directory}/open`, "w");
      for (const name of [`/dev/fd/${descriptor}`, `/proc/self/fd/${descriptor}`]) {
        writeFileWhole(name, "x\n");
      }
      closeSync(descriptor);
      assert.equal(readFileSync(`${directory}/open`, "utf8"), "x\nx\n");
    }));

  test("that we have laid ourselves is followed", () =>
    withDirectory((directory) => {
      chmodSync(directory, 0o1777);
      symlinkSync("target", `${directory}/link`);
      writeFileWhole(`${directory}/link`, "ours\n");
      assert.equal(readFileSync(`${directory}/target`, "utf8"), "ours\n");
    }));

  test("that leads to a directory that is missing stays a link, and nothing is written", () =>
    withDirectory((directory) => {
      const link = `${directory}/link`;
      symlinkSync("missing/target", link);
      assert.equal(linkTarget(link), `${realpathSync(directory)}/missing/target`);
      assert.throws(() => writeFileWhole(link, "ours\n"), { code: "ENOENT" });
      assert.deepEqual(readdirSync(directory), ["link"]);
      assert.equal(readlinkSync(link), "missing/target");
    }));

  test(
    "costs the records, the summary and the metrics, and nothing else",
    ATTACK,
    () =>
      withStrangersLink(async (_, link) => {
        const summary = await proctor(["run", "--force", "--summary-file", link, "--", "true"]);
        assert.equal(
          summary.stderr,
          `proctor: summary: cannot write ${link}: "${link}" is a link that belongs to another user (65534)\n`,
        );
        const records = await proctor(["run", "--quiet", "--force", "--records", link, "--", "true"]);
        assert.deepEqual([records.code, records.stderr], [
          0,
          `proctor: records: cannot write ${link}: "${link}" is a link that belongs to another user (65534); the run goes on without them\n`,
        ]);
        const metrics = await proctor(["run", "--force", "--prometheus-textfile", link, "--", "true"]);
        assert.equal(metrics.code, 125);
        assert.match(
          metrics.stderr,
          /^proctor: [^\n]*link" is a link that belongs to another user \(65534\)\n$/,
        );
      }),
  );
});
