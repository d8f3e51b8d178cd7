/* Records in a file that begins anew: no line is lost, and none stands in two files. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { RotatingFile } from "../../io/rotating_file.ts";
import type { FileWriter } from "../../io/rotating_file.ts";
import type { Rotation } from "../../io/rotation.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { jsonl } from "../../records/formats/jsonl.ts";
import { RecordWriter } from "../../records/record_writer.ts";
import { withDirectory } from "../cli/support/directory.ts";

async function platformWriter(): Promise<FileWriter> {
  const { openForWriting, writeDescriptor, closeDescriptor } = await loadPlatform();
  return { open: openForWriting, write: writeDescriptor, close: closeDescriptor };
}

/** One that writes at once what goes on in a file on a disk of this machine. */
async function promptWriter(): Promise<FileWriter> {
  const { fileWriterAtOnce } = await loadPlatform();
  return { ...await platformWriter(), atOnce: fileWriterAtOnce };
}

/** A rotating file, and what it warned of. */
async function open(path: string, rotation: Rotation | undefined, append = true, writer?: FileWriter) {
  const warnings: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  const file = await RotatingFile.open(path, writer ?? await platformWriter(), { append, rotation, warn });
  return { warnings, writer: new RecordWriter<unknown>(file, jsonl, warn) };
}

/** Everything that lies there, the oldest first. */
function readAll(path: string, keep: number): string {
  const names = Array.from({ length: keep }, (_, index) => `${path}.${keep - index}`);
  return [...names, path].map((name) => {
    if (existsSync(`${name}.gz`)) return gunzipSync(readFileSync(`${name}.gz`)).toString();
    return existsSync(name) ? readFileSync(name, "utf8") : "";
  }).join("");
}

describe("a file that others rotate", () => {
  const rotations = [undefined, { maxBytes: 10_000, keep: 3, gzip: false }];
  for (const [rotation, isPrompt] of rotations.flatMap((one) => [[one, false], [one, true]] as const)) {
    const how = `${rotation ? "with rotation of ours" : "without"}${isPrompt ? ", written at once" : ""}`;
    test(
      `is made anew when it is moved or removed, ${how}; no line is lost`,
      { timeout: 120_000 },
      async () => {
        await withDirectory(async (directory) => {
          const path = `${directory}/records.jsonl`;
          const files = await (isPrompt ? promptWriter() : platformWriter());
          const { writer, warnings } = await open(path, rotation, true, files);
          const holds = (file: string, number: number) => async () => {
            for (let tries = 0; tries < 1_000; tries++) {
              if (existsSync(file) && readFileSync(file, "utf8").endsWith(`${number}}\n`)) return;
              await sleep(5);
            }
            assert.fail(`${file} never had ${number}`);
          };
          writer.write({ number: 1 });
          await holds(path, 1)();
          renameSync(path, `${path}-20260101`);
          writer.write({ number: 2 });
          await holds(path, 2)();
          rmSync(path);
          writer.write({ number: 3 });
          await holds(path, 3)();
          // copytruncate
          truncateSync(path);
          writer.write({ number: 4 });
          await holds(path, 4)();
          await writer.close();
          assert.equal(readFileSync(`${path}-20260101`, "utf8"), '{"number":1}\n');
          assert.equal(readFileSync(path, "utf8"), '{"number":4}\n');
          assert.equal(warnings.length, 2, warnings.join("\n"));
          assert.match(
            warnings[0],
            /records\.jsonl was moved or removed by others; it goes on in a file of that name$/,
          );
        });
      },
    );
  }
});

describe("a file that begins anew", () => {
  for (const gzip of [false, true]) {
    test(`loses no line, splits none, and stays below its size${gzip ? ", compressed" : ""}`, async () => {
      await withDirectory(async (directory) => {
        const path = `${directory}/records.jsonl`;
        const { writer, warnings } = await open(path, { maxBytes: 2_000, keep: 200, gzip });
        for (let number = 0; number < 1_000; number++) {
          writer.write({ number, padding: "x".repeat(number % 90) });
          if (number % 50 === 0) await sleep(1);
        }
        await writer.close();
        const lines = readAll(path, 200).trimEnd().split("\n").map((line) => JSON.parse(line).number);
        assert.deepEqual(lines, Array.from({ length: 1_000 }, (_, index) => index));
        const names = readdirSync(directory);
        assert.ok(names.length > 20, `${names.length} files`);
        for (const name of names) {
          if (!name.endsWith(".gz")) assert.ok(statSync(`${directory}/${name}`).size <= 2_000, name);
        }
        if (gzip) assert.equal(names.filter((name) => name.endsWith(".gz")).length, names.length - 1);
        assert.ok(!names.some((name) => name.endsWith(".tmp")));
        assert.deepEqual(warnings, []);
      });
    });
  }

  test("property: whatever is written piece by piece comes out whole", async () => {
    const pieces = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 7 }), (
        lengths,
        maxBytes,
        most,
      ) =>
        withDirectory(async (directory) => {
          const path = `${directory}/file`;
          const real = await platformWriter();
          // A disk that takes a few bytes at a time.
          const stingy: FileWriter = {
            ...real,
            write: (fd, bytes) => real.write(fd, bytes.subarray(0, most * 10)),
          };
          const { writer } = await open(path, { maxBytes, keep: 100, gzip: false }, true, stingy);
          const texts = lengths.map((length, number) => `${number}-${"y".repeat(length)}`);
          for (const text of texts) writer.write(text);
          await writer.close();
          const lines = readAll(path, 100).trimEnd().split("\n").map((line) => JSON.parse(line));
          assert.deepEqual(lines, texts);
          for (const name of readdirSync(directory)) {
            const text = readFileSync(`${directory}/${name}`, "utf8");
            assert.ok(text.endsWith("\n"), "a line was split");
            assert.ok(
              text.length <= maxBytes || text.indexOf("\n") === text.length - 1,
              `${name} is too large`,
            );
          }
        })),
      { numRuns: 8 },
    );
  });

  test("keeps as many old ones as asked for, and none beyond", async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/file`;
      const { writer } = await open(path, { maxBytes: 30, keep: 2, gzip: false });
      for (let number = 0; number < 50; number++) writer.write(`line ${number} ………`);
      await writer.close();
      assert.deepEqual(readdirSync(directory).toSorted(), ["file", "file.1", "file.2"]);
      assert.match(readFileSync(path, "utf8"), /line 49/);
      assert.match(readFileSync(`${path}.1`, "utf8"), /line 48/);
    });
  });

  test("adds to what is there, after ending a line that was cut off", async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/file`;
      writeFileSync(path, '"whole"\n{"cut of');
      const { writer } = await open(path, undefined);
      writer.write("next");
      await writer.close();
      assert.equal(readFileSync(path, "utf8"), '"whole"\n{"cut of\n"next"\n');
      const again = await open(path, undefined, false);
      again.writer.write("anew");
      await again.writer.close();
      assert.equal(readFileSync(path, "utf8"), '"anew"\n');
    });
  });

  test("goes on growing where it cannot be renamed, and says so once", async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/file`;
      mkdirSync(`${path}.1`);
      writeFileSync(`${path}.1/in-the-way`, "");
      const { writer, warnings } = await open(path, { maxBytes: 40, keep: 1, gzip: false });
      for (let number = 0; number < 20; number++) writer.write(`line ${number}`);
      await writer.close();
      assert.equal(readFileSync(path, "utf8").trimEnd().split("\n").length, 20);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0], /cannot be rotated: .*goes on growing/);
    });
  });
});

describe("a writer that tries again", () => {
  test(
    "keeps what comes while the disk is full, and tells of both ends of it",
    { timeout: 120_000 },
    async () => {
      let isFull = true;
      const written: string[] = [];
      const warnings: string[] = [];
      const output = {
        label: "disk",
        write(bytes: Uint8Array): Promise<number> {
          if (isFull) return Promise.reject(Object.assign(new Error(), { code: "ENOSPC" }));
          written.push(Buffer.from(bytes).toString());
          return Promise.resolve(bytes.length);
        },
        close: () => {},
      };
      const writer = new RecordWriter<unknown>(output, jsonl, (line) => warnings.push(line), { retryMs: 20 });
      writer.write(1);
      await sleep(100);
      writer.write(2);
      isFull = false;
      while (written.join("") !== "1\n2\n") await sleep(5);
      await writer.close();
      assert.deepEqual(warnings, [
        "records: cannot write to disk: no space left on the device; trying again",
        "records: disk can be written to again",
      ]);
    },
  );

  test("gives up at the end", async () => {
    const output = {
      label: "disk",
      write: () => Promise.reject(Object.assign(new Error(), { code: "ENOSPC" })),
      close: () => {},
    };
    const writer = new RecordWriter<unknown>(output, jsonl, () => {}, { retryMs: 3_600_000 });
    writer.write(1);
    await sleep(20);
    await writer.close();
  });
});
