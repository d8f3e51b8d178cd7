import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { definitionsOf } from "../../../commands/ctl/ctl_add.ts";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { makeFifo } from "../../support/fifo.ts";
import { scratch } from "../support/files.ts";
import { SupervisorProgram } from "../support/program.ts";

/** Words that YAML takes for something else than text, all of which must arrive as they stand. */
const WORDS = [
  "0123",
  "24.10",
  "12345678901234567890",
  "1_000",
  "0x1F",
  "0o17",
  "yes",
  "True",
  "false",
  "1e3",
  "+5",
  "-0",
];

function load(text: string, variables: Record<string, string> = {}) {
  using files = scratch();
  return loadConfig(files.write("proctor.yaml", text), { variables });
}

function faultsOf(text: string, variables: Record<string, string> = {}): string[] {
  try {
    load(text, variables);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack));
    return error.lines.map((line) => line.replace(/^.*?proctor\.yaml:/, ""));
  }
  assert.fail("expected faults, found none");
}

const one = (control: string, more = "") => `
managed_processes:
  - id: a
${more}
    management: { control: { executable: sleep, ${control} } }
`;

/** The same, a line for each key: in braces a variable must stand between quotes. */
const block = (control: string) => `
managed_processes:
  - id: a
    management:
      control:
        executable: sleep
${control.replaceAll(/^/gm, "        ")}
`;

describe("values are text, as written", () => {
  for (const word of WORDS) {
    test(word, () => {
      const tags = `    metadata: { version: ${word}, tags: [${word}] }`;
      const { definitions: [map] } = load(
        one(`arguments: [${word}], environment: { W: ${word}, ${word}: x }`, tags),
      );
      assert.deepEqual(map.launch?.environment, { W: word, [word]: "x" });
      assert.deepEqual(map.launch?.command, ["sleep", word]);
      assert.deepEqual((map.shown.metadata as Record<string, unknown>).version, word);
      assert.deepEqual((map.shown.metadata as Record<string, unknown>).tags, [word]);
      const { definitions: [list] } = load(one(`environment: [W=${word}]`));
      assert.deepEqual(list.launch?.environment, { W: word });
    });

    test(`${word}, by a variable`, () => {
      const { definitions: [definition] } = load(
        block("arguments:\n - ${W}\nenvironment:\n W: ${W}\n D: ${NONE:-" + word + "}"),
        { W: word },
      );
      assert.deepEqual(definition.launch?.environment, { W: word, D: word });
      assert.deepEqual(definition.launch?.command, ["sleep", word]);
    });
  }

  test("numbers stay numbers where they are wanted, by a variable as well", () => {
    const { definitions: [definition] } = load(
      block("file_descriptor_limit: ${N}\nuser: ${U}\ngroup: 0x10"),
      { N: "64", U: "65534" },
    );
    const { fileDescriptorLimit, user, group } = definition.launch!;
    assert.deepEqual([fileDescriptorLimit, user, group], [64, 65_534, 16]);
  });

  test("an id may look like a number, and be depended on", () => {
    const { definitions } = load(`
managed_processes:
  - { id: 007, management: { control: { executable: true } } }
  - { id: 8.0, depends_on: [007], management: { control: { executable: true } } }
`);
    assert.deepEqual(definitions.map(({ id }) => id), ["007", "8.0"]);
    assert.deepEqual([...definitions[1].dependsOn.keys()], ["007"]);
    assert.deepEqual(definitions[0].launch?.command, ["true"]);
  });

  test("what is no text stays a fault", () => {
    assert.deepEqual(
      faultsOf(one("environment: { A: , B: ~ }")),
      [
        '5:64: environment.A: it has no value; write "" for the empty one, or leave the name out',
        '5:69: environment.B: it has no value; write "" for the empty one, or leave the name out',
      ],
    );
    assert.match(
      faultsOf(one("environment: [A]"))[0],
      /^5:63: environment: there is no "=" in it; write NAME=value$/,
    );
    assert.match(faultsOf(one('arguments: ["a\\0b"]'))[0], /^5:61: there is a NUL character in it/);
  });

  test("any text between quotes is that text", { timeout: 120_000 }, () => {
    const text = fc.string({ unit: "binary", maxLength: 30 }).filter((value) =>
      value.isWellFormed() && !value.includes("\0") && !value.includes("${")
    );
    fc.assert(fc.property(text, (value) => {
      const { definitions: [definition] } = load(one(`environment: { W: ${JSON.stringify(value)} }`));
      assert.equal(definition.launch?.environment.W, value);
    }));
  });
});

describe("what is added by proctor ctl add", () => {
  test("is sent as it was written", async () => {
    using files = scratch();
    const file = files.write(
      "more.yaml",
      `
x-c: &c { environment: { PIN: 0123, VER: 24.10 } }
managed_processes:
  - { id: 007, x-why: so, management: { control: { <<: *c, executable: sleep, arguments: [1_000, 0x1F, "\${A}"] } } }
`,
    );
    const [definition] = await definitionsOf(undefined, [], { file });
    assert.deepEqual(JSON.parse(JSON.stringify(definition)), {
      id: "007",
      management: {
        control: {
          environment: { PIN: "0123", VER: "24.10" },
          executable: "sleep",
          arguments: ["1_000", "0x1F", "${A}"],
        },
      },
    });
  });

  test("has its faults in one line", async () => {
    using files = scratch();
    const file = (text: string) => files.write("more.yaml", text);
    const refuses = async (path: string, words: RegExp) => {
      await assert.rejects(definitionsOf(undefined, [], { file: path }), (error: Error) => {
        assert.match(error.message, words);
        assert.ok(!error.message.includes("\n"), error.message);
        return true;
      });
    };
    await refuses(file("a: &a [*a]"), /more\.yaml:1:8: \*a is inside of what it stands for/);
    await refuses(file("a: b: c"), /more\.yaml:1:\d+: this is not YAML/);
    await refuses(file(""), /there is no entry of managed_processes in it/);
    await refuses(file("sleep"), /there is no entry of managed_processes in it/);
    await refuses(makeFifo(`${files.path}/fifo`), /it is a pipe \(FIFO\); name a regular file/);
    await refuses(`${files.path}/none`, /no such file/);
  });
});

describe("a service", () => {
  test("gets its arguments and variables byte for byte", { timeout: 60_000 }, async () => {
    await using program = new SupervisorProgram();
    const told = join(program.files.path, "told");
    program.files.write("vars.env", "FROM_FILE=0777#x\nQUOTED='a  b'\n");
    program.files.write(
      "proctor.yaml",
      `
managed_processes:
  - id: teller
    management:
      control:
        executable: sh
        arguments:
          - -c
          - 'printf "%s\\0" "$@" "$PIN" "$VER" "$N" "$FROM_FILE" "$QUOTED" > told.new; mv told.new told; sleep 1000'
          - sh
${WORDS.map((word) => `          - ${word}\n`).join("")}
        environment: { PIN: 0123, VER: 24.10, N: 12345678901234567890 }
        env_file: vars.env
`,
    );
    await program.start();
    const bytes = await program.until("it has told", () => readFileSync(told, "utf8"));
    assert.deepEqual(bytes.split("\0").slice(0, -1), [
      ...WORDS,
      "0123",
      "24.10",
      "12345678901234567890",
      "0777#x",
      "a  b",
    ]);
  });
});
