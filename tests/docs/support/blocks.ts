/* The fenced blocks of a document, with what the comment above each of them says to the test that runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/fixture.ts";

/** A fenced block. */
export interface Block {
  readonly document: string;
  /** Of its fence, counted from 1. */
  readonly line: number;
  /** The word behind the fence: `sh`, `console`, `yaml`, or nothing. */
  readonly language: string;
  readonly text: string;
  /** `<!-- not run: REASON -->` above it: why no test can run it. */
  readonly notRun: string | null;
  /** `<!-- file: NAME -->` above it: the file that it is the text of, for the commands below it on the page. */
  readonly file: string | null;
  /** `<!-- exit: CODE -->` above it: how its last command ends. */
  readonly exit: number;
}

/** One command of a block, and what the page prints below it. */
export interface Command {
  readonly block: Block;
  readonly text: string;
  readonly output: readonly string[];
  /** How it ends; null where the page does not say. */
  readonly exit: number;
}

const FENCE = /^( *)```(\w*)\s*$/;
const NOTE = /^ *<!-- (not run|file|exit): (.+) -->$/;

/** Every document that users read, with its blocks. */
export function documentBlocks(): { document: string; blocks: Block[] }[] {
  const documents = [
    "README.md",
    "CONTRIBUTING.md",
    "python/README.md",
    ...["docs", "examples"].flatMap((folder) =>
      readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".md")).map((name) =>
        `${folder}/${name}`
      )
    ),
  ];
  return documents.map((document) => ({
    document,
    blocks: blocksOf(document, readFileSync(join(ROOT, document), "utf8")),
  }));
}

/** All fenced blocks of a document, in their order. */
export function blocksOf(document: string, text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = FENCE.exec(lines[at]);
    if (fence === null) continue;
    const [, indent, language] = fence;
    const end = lines.findIndex((line, index) => index > at && line === `${indent}\`\`\``);
    if (end === -1) throw new Error(`${document}:${at + 1}: the block has no end`);
    blocks.push({
      document,
      line: at + 1,
      language,
      text: lines.slice(at + 1, end).map((line) => line.slice(indent.length)).join("\n"),
      ...notesAbove(lines, at),
    });
    at = end;
  }
  return blocks;
}

/** The comments above a fence; the formatter keeps a blank line between the two. */
function notesAbove(lines: readonly string[], fence: number): Pick<Block, "notRun" | "file" | "exit"> {
  const notes = new Map<string, string>();
  for (let at = fence - 1; at >= 0; at--) {
    const note = NOTE.exec(lines[at]);
    if (note !== null) notes.set(note[1], note[2]);
    else if (lines[at].trim() !== "") break;
  }
  return {
    notRun: notes.get("not run") ?? null,
    file: notes.get("file") ?? null,
    exit: Number(notes.get("exit") ?? 0),
  };
}

/** The commands of a block: a `sh` block is one script, in a `console` block each begins with `$ `. */
export function commandsOf(block: Block): Command[] {
  if (block.language !== "console") return [{ block, text: block.text, output: [], exit: block.exit }];
  const lines = block.text.split("\n");
  const commands: { text: string; output: string[] }[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at].startsWith("$ ")) {
      commands.at(-1)?.output.push(lines[at]);
      continue;
    }
    let text = lines[at].slice(2);
    const word = /<<'?(\w+)'?/.exec(text)?.[1];
    while (text.endsWith("\\")) text += `\n${lines[++at]}`;
    while (word !== undefined && lines[at] !== word) text += `\n${lines[++at]}`;
    commands.push({ text, output: [] });
  }
  return commands.map(({ text, output }, index) => {
    const next = commands[index + 1];
    const printed = next?.text === "echo $?" ? Number(next.output[0]) : 0;
    return { block, text, output, exit: next === undefined ? block.exit : printed };
  });
}

/** The words that lines begin with, without numbers and signs: what stays when something is measured again. */
export function labelsOf(lines: readonly string[]): Set<string> {
  const labels = lines.map((line) => /\p{L}[\p{L}_-]+/u.exec(line)?.[0]).filter((label) =>
    label !== undefined
  );
  return new Set(labels);
}
