import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { runProgram } from "../cli/support/proctor.ts";
import { checkSignature, signAdHoc } from "../../scripts/macho_signature.ts";
import { ROOT } from "../support/fixture.ts";

const { bun: version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).devDependencies;
/** As scripts/runtime keeps them. */
const TARGETS = { arm64: "bun-darwin-aarch64", x64: "bun-darwin-x64" } as const;

/** Programs for macOS that were built here, or are built now, are such as macOS starts. */
describe("the program for macOS", () => {
  for (const [processor, name] of Object.entries(TARGETS)) {
    const runtime = join(ROOT, "dist/runtimes", `${name}-${version}`, "bin/bun");
    const skip = !existsSync(runtime) &&
      `needs ${name} in dist/runtimes (scripts/runtime @oven/${name})`;

    describe(processor, () => {
      test("is signed, page by page", { skip, timeout: 300_000 }, async () => {
        const directory = mkdtempSync(join(tmpdir(), "proctor-macho-"));
        try {
          const outfile = join(directory, "proctor");
          const { code, stderr } = await runProgram([
            `${ROOT}/node_modules/bun/bin/bun.exe`,
            "build",
            "--compile",
            "--minify",
            "--bytecode",
            "--splitting",
            "--format=esm",
            `--target=bun-darwin-${processor}`,
            `--compile-executable-path=${runtime}`,
            "--outfile",
            outfile,
            `${ROOT}/cli.ts`,
          ]);
          assert.equal(code, 0, stderr);
          const signing = [
            `${ROOT}/node_modules/bun/bin/bun.exe`,
            `${ROOT}/scripts/macho_signature.ts`,
            outfile,
          ];
          assert.deepEqual(await runProgram(signing).then((end) => [end.code, end.stderr]), [0, ""]);
          const file = readFileSync(outfile);
          const found = checkSignature(file);
          assert.ok(found, "it carries no signature");
          assert.equal(found.processor, processor);
          assert.deepEqual(found.wrongPages, []);
          assert.ok(found.isWhole && found.pageCount > 5_000, String(found.pageCount));
          // What the check is worth: one bit in the first page, in the last, and a byte behind the end.
          file[4_095] ^= 1;
          assert.deepEqual(checkSignature(file)?.wrongPages, [0]);
          file[4_095] ^= 1;
          assert.equal(checkSignature(Buffer.concat([file, Buffer.from([0])]))?.isWhole, false);
          // Signed by us it is what it is signed by Bun, whatever that has done.
          const again = checkSignature(signAdHoc(file, "proctor"));
          assert.deepEqual([again?.wrongPages, again?.isWhole, again?.pageCount], [
            [],
            true,
            found.pageCount,
          ]);
        } finally {
          rmSync(directory, { recursive: true });
        }
      });
    });
  }

  test("is no program where it is none", () => {
    assert.throws(() => checkSignature(new Uint8Array(64)), { message: "no Mach-O file of 64 bits" });
  });
});
