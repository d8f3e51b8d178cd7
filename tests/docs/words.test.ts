/* Words that a reader stumbles over, in what users read: the documentation, help, errors and screens. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAst } from "rolldown/parseAst";
import { ROOT } from "../support/fixture.ts";
import { readSources } from "../support/tidy.ts";

/** Each with what the field says instead. */
const STUMBLES: readonly (readonly [words: RegExp, instead: string])[] = [
  [/\btold\b|\btells?\b/i, "reported, printed, sent"],
  [/\banew\b/i, "again; reload, restart, rotate"],
  [/\bnobody\b/i, "no user, no process, not …"],
  [/\bwho(m)?ever\b/i, "each user who, anyone who"],
  [/\bfor want of\b/i, "because … is too small, out of"],
  [/(?<!\bthere )\bis no (?!longer|more|less|better|different)[a-z]+ ?;/i, "is not a …"],
  [/\bbetween (two )?looks\b|\b(first|last|each|next) look\b/i, "sample"],
];

function stumbles(text: string): string[] {
  return STUMBLES.flatMap(([words, instead]) => {
    const found = words.exec(text);
    return found === null ? [] : [`"${found[0]}" (${instead})`];
  });
}

/** Lines of prose, without blocks of code and what stands in backquotes. */
function prose(markdown: string): string[] {
  return markdown
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, (block) => block.replaceAll(/[^\n]/g, ""))
    .replaceAll(/`[^`\n]*`/g, "")
    .split("\n");
}

/** Texts of several words in a source, each with its offset. */
function texts(source: string): { text: string; at: number }[] {
  const found: { text: string; at: number }[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const { type, value, start } = node as { type?: string; value?: unknown; start: number };
    const text = type === "Literal" ? value : (value as { cooked?: unknown } | undefined)?.cooked;
    if (typeof text === "string" && /\S\s+\S/.test(text)) found.push({ text, at: start });
    Object.values(node).forEach(visit);
  };
  visit(parseAst(source, { lang: "ts" }).body);
  return found;
}

test("the documentation", () => {
  const directories = [
    ".",
    "docs",
    "python",
    "packages/npm",
    "packages/action",
    "packages/container",
    "examples",
  ];
  const files = directories.flatMap((directory) => {
    let names: string[] = [];
    try {
      names = readdirSync(join(ROOT, directory));
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT") throw error;
    }
    return names.filter((name) => name.endsWith(".md")).map((name) => join(directory, name));
  }).filter((file) => file !== "CHANGELOG.md");
  assert.ok(files.length > 40);
  const found = files.flatMap((file) =>
    prose(readFileSync(join(ROOT, file), "utf8")).flatMap((line, index) =>
      stumbles(line).map((word) => `${file}:${index + 1}: ${word}`)
    )
  );
  assert.deepEqual(found, []);
});

test("help, errors and screens", () => {
  const sources = readSources(ROOT).filter(({ path }) => !/^(tests|bench|scripts)\//.test(path));
  assert.ok(sources.length > 500);
  const found = sources.flatMap(({ path, text: source }) =>
    texts(source).flatMap(({ text, at }) =>
      stumbles(text).map((word) => `${path}:${source.slice(0, at).split("\n").length}: ${word}`)
    )
  );
  assert.deepEqual(found, []);
});

test("a planted word is found", () => {
  assert.equal(prose("a\n```\ntold\n```\n`told` b").flatMap(stumbles).length, 0);
  assert.equal(prose("is told\n").flatMap(stumbles).length, 1);
  const [only, ...more] = texts("/* told */ fail(`${name} is no number; write one`); const told = 'told';");
  assert.deepEqual(more, []);
  assert.equal(stumbles(only.text).length, 1);
});
