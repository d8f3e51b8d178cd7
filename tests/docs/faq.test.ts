/* The error sentences of docs/faq.md are those of the program, word for word, so that a search finds them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseAst } from "rolldown/parseAst";
import { ROOT } from "../support/fixture.ts";
import { readSources } from "../support/tidy.ts";
import { blocksOf } from "./support/blocks.ts";

/** What stands for a name or a number on the page, and for a value in a text of the sources. */
const GAP = "…";
const HOLE = "\0";
const FEWEST = 40;

const page = readFileSync(join(ROOT, "docs/faq.md"), "utf8");
const lines = page.split("\n");
const headings = lines.flatMap((line, index) => {
  const sentence = /^### `(.*)`$/.exec(line)?.[1];
  return sentence === undefined ? [] : [{ sentence, line: index + 1 }];
});

/** A text of the sources as one string; null where the node is none. */
function textOf(node: { type?: string } & Record<string, unknown>): string | null {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : null;
  if (node.type === "TemplateLiteral") {
    return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join(HOLE);
  }
  if (node.type !== "BinaryExpression" || node.operator !== "+") return null;
  const parts = [node.left, node.right].map((side) =>
    textOf(side as { type?: string } & Record<string, unknown>)
  );
  return parts.every((part) => part === null) ? null : parts.map((part) => part ?? HOLE).join("");
}

/** Every text in a source, values being holes. */
function messagesOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const text = textOf(node as { type?: string } & Record<string, unknown>);
    if (text !== null) found.push(text.replaceAll("$1", HOLE));
    Object.values(node).forEach(visit);
  };
  visit(parseAst(source, { lang: "ts" }).body);
  return found;
}

/** Whether a message has the parts of a sentence, in their order, with a value in each gap. */
function hasSentence(message: string, sentence: string): boolean {
  let at = 0;
  for (const [index, part] of sentence.split(GAP).map((part) => part.trim()).entries()) {
    const found = message.indexOf(part, at);
    if (found < 0 || index > 0 && part !== "" && !message.slice(at, found).includes(HOLE)) return false;
    if (index > 0 && part === "" && !message.slice(at).includes(HOLE)) return false;
    at = found + part.length;
  }
  return true;
}

describe("the error sentences of the questions", () => {
  test("are those of the sources", () => {
    const sources = readSources(ROOT).filter(({ path }) =>
      !/^(tests|bench|scripts|docs|examples)\//.test(path)
    );
    const messages = [
      ...sources.flatMap(({ text }) => messagesOf(text)),
      readFileSync(join(ROOT, "scripts/proctor"), "utf8"),
      // That of Commander, which reads the options.
      "unknown option '\0'",
    ];
    assert.ok(messages.length > 5_000, `${messages.length} texts`);
    const missing = headings.filter(({ sentence }) =>
      !messages.some((message) => hasSentence(message, sentence))
    );
    assert.deepEqual(missing, []);
  });

  test("are many, each once", () => {
    const sentences = headings.map(({ sentence }) => sentence);
    assert.equal(new Set(sentences).size, sentences.length);
    assert.ok(sentences.length >= FEWEST, `${sentences.length} sentences`);
  });

  test("stand in what is printed below them, and each says what to do", () => {
    const blocks = blocksOf("docs/faq.md", page);
    for (const [index, { sentence, line }] of headings.entries()) {
      const end = headings[index + 1]?.line ?? Infinity;
      const own = blocks.filter((block) => block.line > line && block.line < end);
      const printed = own.map(({ text }) => text).join("\n");
      const pattern = new RegExp(sentence.split(GAP).map((part) => RegExp.escape(part.trim())).join(".*"));
      if (own.length > 0) assert.match(printed, pattern);
      const section = lines.slice(line, Math.min(end - 1, lines.length)).join("").trim();
      assert.notEqual(section, "", sentence);
    }
  });

  test("are found by their fixed words alone", () => {
    const [message, ...more] = messagesOf("fail(`there is no ${kind} called ` + name + '; write one');")
      .filter((text) => text.includes("write one") && text.includes("called"));
    assert.deepEqual(more, []);
    assert.ok(hasSentence(message, "there is no … called …; write one"));
    assert.ok(hasSentence(message, "called …"));
    assert.ok(!hasSentence(message, "there is no process called …"));
    assert.ok(!hasSentence(message, "there is … no"));
    assert.ok(!hasSentence("there is no such host", "there is no … host"));
  });
});
