/* A definition is kept as it was written, and becomes the same again. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../../config/fault.ts";
import { locateData, plainData } from "../../../config/located.ts";
import type { Located } from "../../../config/located.ts";
import { substitute } from "../../../config/substitute.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { loadWritten } from "../../../supervisor/config/load_entry.ts";
import { readWritten, writtenEntry } from "../../../supervisor/config/written_entry.ts";
import { scratch } from "../support/files.ts";

const AT = { file: "f", line: 1, column: 1 };

describe("an entry as it was written", () => {
  test("becomes the same definition, with what variables hold now, and keeps none of their values", () => {
    using files = scratch();
    files.write("of.env", "FROM_FILE=file-$SECRET\n");
    const path = files.write(
      "proctor.yaml",
      `
processes:
  web:
    command: serve "--port ${"${PROCTOR_PORT}"}" \${TOKEN} '\$\${LITERAL}' 007
    instances: 2
    port: \${PORT}
    env:
      A: \${SECRET}
      B: 0123
      C: "x \$\${SECRET}"
      D: true
    env_file: of.env
    groups: [front]
    depends_on: [db]
    stop: "\${TOKEN} now"
    health: { type: http, http: { url: "http://127.0.0.1:\${PROCTOR_PORT}/", headers: { Auth: "\${SECRET}" } } }
    nice: \${NICE}
    start_seconds: 1.50
  db: { command: "echo \$HOME | cat", shell: true }
`,
    );
    const variables = { PORT: "8000", SECRET: "s3cr3t-value", TOKEN: "to ken", NICE: "5" };
    const { definitions } = loadConfig(path, { variables });
    assert.equal(definitions.length, 3);
    for (const one of definitions) {
      const { written, directory } = one.source;
      const again = loadWritten(written, directory, { variables });
      assert.deepEqual(again.launch, one.launch);
      assert.equal(again.fingerprint, one.fingerprint);
      for (const value of ["s3cr3t-value", "to ken"]) assert.ok(!written.includes(value), written);
      const twice = loadWritten(again.source.written, again.source.directory, { variables });
      assert.equal(twice.fingerprint, one.fingerprint, "and can be kept again");
    }
    const [, second] = definitions;
    const changed = loadWritten(second.source.written, second.source.directory, {
      variables: { ...variables, TOKEN: "other", PORT: "9000" },
    });
    assert.equal(changed.id, "web:1");
    assert.deepEqual(changed.launch!.command.slice(1, 3), ["--port 9001", "other"]);
  });

  test("that names what is not there any more is refused with it", () => {
    using files = scratch();
    files.write("of.env", "A=1\n");
    const path = files.write("proctor.yaml", "processes: { web: { command: x, env_file: of.env } }\n");
    const [{ source }] = loadConfig(path, { variables: {} }).definitions;
    assert.throws(() => loadWritten(source.written, `${source.directory}/elsewhere`, { variables: {} }), {
      message: /the earlier definition.*env_file.*of\.env/,
    });
  });

  test("is data of any form", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("${A}", "$${A}", "x ${A} $${B}", "${B:-${}", "$", "{"),
    );
    const data = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(
          fc.oneof(text, fc.constantFrom("map", "written", "word", "length", "__proto__")),
          tie("any"),
          {
            maxKeys: 4,
          },
        ),
      ),
    })).any;
    const variables = { A: "value of ${A}", B: "" };
    fc.assert(fc.property(data, fc.boolean(), (value, plain) => {
      const marked = (one: Located): Located => {
        if (Array.isArray(one.value)) return { ...one, value: one.value.map(marked) };
        if (one.value instanceof Map) {
          return {
            ...one,
            value: new Map([...one.value].map(([key, e]) => [key, { ...e, value: marked(e.value) }])),
          };
        }
        return { ...one, plain };
      };
      const before = substitute(marked(locateData({ value }, AT, [])), variables, []);
      const after = substitute(readWritten(writtenEntry(before), AT), variables, []);
      assert.deepEqual(plainData(after), plainData(before));
      assert.deepEqual(plainData(after, { shown: true }), plainData(before, { shown: true }));
    }));
  });

  test("that cannot be read is refused, whatever stands there", () => {
    const garbage = [
      "",
      "web",
      "5",
      "null",
      "[]",
      "{}",
      '{"map":5}',
      '{"map":[5]}',
      '{"map":[["id",{"map":[]}]]}',
    ];
    for (const written of garbage) assert.throws(() => loadWritten(written, "/"), ConfigError, written);
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), (written) => {
      assert.throws(() => loadWritten(written, "/"), ConfigError);
    }));
  });
});
