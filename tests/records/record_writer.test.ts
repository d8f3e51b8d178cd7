import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { ProctorRecord } from "../../core/schema/record.ts";
import { jsonl } from "../../records/formats/jsonl.ts";
import { openOutput } from "../../records/record_output.ts";
import type { Destination } from "../../records/record_output.ts";
import type { Exporter } from "../../records/formats/exporter.ts";
import { RecordWriter } from "../../records/record_writer.ts";
import type { Output } from "../../io/output.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { withDirectory } from "../cli/support/directory.ts";

/** A writer as the commands make it. */
async function openWriter(
  destination: Destination,
  exporter: Exporter,
  warn: (line: string) => void,
): Promise<RecordWriter | undefined> {
  const output = await openOutput(destination, await loadPlatform(), warn);
  return output && new RecordWriter(output, exporter, warn);
}

const record = (number: number, padding = 0): ProctorRecord =>
  ({ kind: "sample", number, padding: "x".repeat(padding) }) as unknown as ProctorRecord;
const noFullDevice = existsSync("/dev/full") ? false : "/dev/full is missing";

describe("the record writer", () => {
  test("writes everything, in order", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const warnings: string[] = [];
      const writer = await openWriter(
        { path: `${directory}/file` },
        jsonl,
        (line) => warnings.push(line),
      );
      for (let number = 0; number < 2_000; number++) writer!.write(record(number));
      await writer!.close();
      const lines = readFileSync(`${directory}/file`, "utf8").trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).number),
        Array.from({ length: 2_000 }, (_, index) => index),
      );
      assert.deepEqual(warnings, []);
    });
  });

  test("writes what gathers together, lines among records, in order", async () => {
    const writes: string[] = [];
    const output: Output = {
      label: "a pipe",
      write: () => assert.fail("it takes all at once"),
      writeAtOnce: (bytes) => {
        writes.push(Buffer.from(bytes).toString());
        return bytes.length;
      },
      close: () => {},
    };
    const writer = new RecordWriter(output, jsonl, () => assert.fail());
    const line = (number: number) => new TextEncoder().encode(`{"line":${number}}\n`);
    writer.writeLine(line(1));
    writer.gather();
    const used = line(2);
    writer.writeLine(used);
    used.fill(0); // Its memory is used again.
    writer.write(record(3));
    writer.writeLine(line(4));
    writer.release();
    writer.gather();
    writer.release();
    writer.write(record(5));
    await writer.close();
    assert.deepEqual(writes, [
      '{"line":1}\n',
      `{"line":2}\n${jsonl.format(record(3))}{"line":4}\n`,
      jsonl.format(record(5)),
    ]);
  });

  test(
    "goes on after a write that took longer than the pause between two",
    { timeout: 120_000 },
    async () => {
      const written: number[] = [];
      let finishFirst = () => {};
      const first = new Promise<void>((resolve) => finishFirst = resolve);
      const output = {
        label: "a slow one",
        write: async (bytes: Uint8Array) => {
          if (written.length === 0) await first;
          for (const line of Buffer.from(bytes).toString().trimEnd().split("\n")) {
            written.push(JSON.parse(line).number);
          }
          return bytes.length;
        },
        close: () => {},
      };
      const writer = new RecordWriter(output, jsonl, () => assert.fail());
      writer.write(record(1)); // goes out at once …
      writer.write(record(2)); // … and this one is to follow when the pause is over,
      finishFirst(); // but is taken along before.
      while (written.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 400)); // longer than the pause
      writer.write(record(3));
      writer.write(record(4));
      await writer.close();
      assert.deepEqual(written, [1, 2, 3, 4]);
    },
  );

  test("hands over at once what can be taken, and the rest in order", { timeout: 120_000 }, async () => {
    let text = "";
    let open = () => {};
    const opened = new Promise<void>((resolve) => open = resolve);
    let room = 150; // Of the second record a piece is taken, of the third nothing: it stands behind the rest.
    const take = (bytes: Uint8Array) => {
      text += Buffer.from(bytes).toString();
      return bytes.length;
    };
    const output: Output = {
      label: "a pipe that fills up",
      write: (bytes) => opened.then(() => take(bytes)),
      writeAtOnce: (bytes) => {
        const taken = take(bytes.subarray(0, room));
        room -= taken;
        return taken;
      },
      close: () => {},
    };
    const writer = new RecordWriter(output, jsonl, () => assert.fail());
    writer.write(record(1, 60));
    const first = text;
    assert.ok(first.endsWith("\n"), "the first is there before anybody waits");
    writer.write(record(2, 60));
    assert.equal(text.length, 150);
    room = 1_000;
    writer.write(record(3));
    assert.equal(text.length, 150, "nothing overtakes what waits");
    open();
    await writer.close();
    assert.deepEqual(text.trimEnd().split("\n").map((line) => JSON.parse(line).number), [1, 2, 3]);
  });

  test("offers what has gathered all together, and the rest in order", { timeout: 120_000 }, async () => {
    const offered: string[] = [];
    const written: string[] = [];
    let room = 1_000;
    const output: Output = {
      label: "a file",
      gathers: true,
      writeAtOnce: (bytes) => {
        const taken = bytes.subarray(0, room);
        offered.push(Buffer.from(taken).toString());
        return taken.length;
      },
      write: (bytes) => {
        written.push(Buffer.from(bytes).toString());
        return Promise.resolve(bytes.length);
      },
      close: () => {},
    };
    const writer = new RecordWriter(output, jsonl, () => assert.fail());
    writer.write(record(1));
    assert.equal(offered.length, 1, "the first after a pause");
    for (let number = 2; number < 6; number++) writer.write(record(number, number));
    assert.equal(offered.length, 1);
    assert.equal(writer.isIdle, false);
    room = 60;
    await writer.close();
    assert.deepEqual([offered.length, offered[1].length, written.length], [2, 60, 1]);
    const lines = [...offered, ...written].join("").trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).number), [1, 2, 3, 4, 5]);
  });

  test("gives up once where nothing can be written at once", { timeout: 120_000 }, async () => {
    const failures: unknown[] = [];
    const fault = Object.assign(new Error("write"), { code: "EPIPE" });
    const output: Output = {
      label: "a pipe",
      writeAtOnce: () => {
        throw fault;
      },
      write: () => Promise.reject(fault),
      close: () => {},
    };
    const onFailure = (error: unknown) => void failures.push(error);
    const writer = new RecordWriter(output, jsonl, () => assert.fail(), { onFailure });
    writer.write(record(1));
    writer.write(record(2));
    await writer.close();
    assert.deepEqual([failures, writer.droppedCount, writer.hasFailed], [[fault], 1, true]);
  });

  test("leaves a descriptor of somebody else open", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const descriptor = openSync(`${directory}/file`, "w");
      const writer = await openWriter({ descriptor }, jsonl, () => assert.fail());
      writer!.write(record(1));
      await writer!.close();
      closeSync(descriptor); // throws when it is closed already
      assert.equal(readFileSync(`${directory}/file`, "utf8").split("\n").length, 2);
    });
  });

  test("warns once when the device is full, and close still comes back", {
    skip: noFullDevice,
    timeout: 120_000,
  }, async () => {
    const warnings: string[] = [];
    const writer = await openWriter({ path: "/dev/full" }, jsonl, (line) => warnings.push(line));
    for (let number = 0; number < 100; number++) writer!.write(record(number));
    await writer!.close();
    writer!.write(record(101));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /\/dev\/full: no space left/);
  });

  test("gives no writer for what cannot be opened, and warns once", { timeout: 120_000 }, async () => {
    const warnings: string[] = [];
    const writer = await openWriter(
      { path: "/no/such/directory/file" },
      jsonl,
      (line) => warnings.push(line),
    );
    assert.equal(writer, undefined);
    assert.equal(warnings.length, 1);
  });

  test("drops samples, and nothing else, before it eats the memory", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      // A FIFO whose reader stands still at first: a write that waits for it would show in the count of warnings.
      const pipe = `${directory}/pipe`;
      await new Promise((resolve) => spawn("mkfifo", [pipe]).on("close", resolve));
      const reader = spawn("sh", ["-c", `exec 3<"$0"; sleep 1; cat <&3 >"$0.copy"`, pipe], {
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => reader.on("close", resolve));
      const warnings: string[] = [];
      const writer = await openWriter({ path: pipe }, jsonl, (line) => warnings.push(line));
      for (let number = 0; number < 40; number++) writer!.write(record(number, 1_000_000));
      writer!.write({ kind: "summary" } as ProctorRecord);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0], /dropped/);
      await writer!.close();
      await ended;
      const lines = readFileSync(`${pipe}.copy`, "utf8").trimEnd().split("\n");
      assert.ok(lines.length > 10 && lines.length < 30, `${lines.length} records`);
      assert.equal(JSON.parse(lines.at(-1)!).kind, "summary");
    });
  });

  test("leaves out the many and small when half of the room is taken, so that the others go on", {
    timeout: 120_000,
  }, async () => {
    const warnings: string[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => release = resolve);
    const texts: string[] = [];
    const output = {
      label: "a slow one",
      write: async (bytes: Uint8Array) => {
        await released;
        texts.push(Buffer.from(bytes).toString());
        return bytes.length;
      },
      close: () => {},
    } satisfies Output;
    const writer = new RecordWriter<{ kind?: "process"; padding: string }>(
      output,
      jsonl,
      (line) => warnings.push(line),
      { isDispensable: () => true, minor: { is: ({ kind }) => kind !== undefined, words: "processes" } },
    );
    const padding = "x".repeat(1_000_000);
    for (let number = 0; number < 12; number++) writer.write({ kind: "process", padding });
    for (let number = 0; number < 12; number++) writer.write({ padding });
    assert.deepEqual(warnings, [
      "records: a slow one does not take them fast enough; processes are dropped",
      "records: a slow one does not take them fast enough; samples are dropped",
    ]);
    release();
    await writer.close();
    const lines = texts.join("").trimEnd().split("\n").map((line) => JSON.parse(line));
    // Eight of each fit into 16 MiB, and one more than half of it.
    assert.equal(lines.filter(({ kind }) => kind === "process").length, 9);
    assert.equal(lines.filter(({ kind }) => kind === undefined).length, 8);
    assert.equal(writer.droppedCount, 7);
  });

  test("a reader that stands still does not hold this program up", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const pipe = `${directory}/pipe`;
      await new Promise((resolve) => spawn("mkfifo", [pipe]).on("close", resolve));
      const reader = spawn("sh", ["-c", `exec 3<"$0"; sleep 1; cat <&3 >/dev/null`, pipe], {
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => reader.on("close", resolve));
      const writer = await openWriter({ path: pipe }, jsonl, () => assert.fail());
      const begun = Date.now();
      writer!.write(record(0, 1_000_000));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const waited = Date.now() - begun;
      await writer!.close();
      await ended;
      assert.ok(waited < 500, `a timer of 50 ms came after ${waited} ms`);
    });
  });
});
