/* The fenced blocks of a document, with what the comment above each of them says to the test that runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
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
  /** `<!-- in: repository -->` above it: its commands begin there, and not in the directory of the page. */
  readonly isInRepository: boolean;
  /** `<!-- needs: PROGRAM -->` above it: its page is not run where that program is missing. */
  readonly needs: string | null;
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
const NOTE = /^ *<!-- (not run|file|exit|in|needs): (.+) -->$/;

/** Every document that users read, with its blocks. */
export function documentBlocks(): { document: string; blocks: Block[] }[] {
  const documents = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
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

/** What a block may be of: `text` is what programs print, or a drawing. */
const LANGUAGES = [
  "acl",
  "conf",
  "console",
  "dockerfile",
  "ini",
  "ipython",
  "json",
  "logstash",
  "python",
  "sh",
  "sql",
  "text",
  "ts",
  "yaml",
];

/** Blocks that no test would see: indented ones, and fences without a known language, or with commands as text. */
export function escapedBlocks(document: string, text: string): string[] {
  const seen = new Set(blocksOf(document, text).map(({ line }) => line));
  return new MarkdownIt({ html: true }).parse(text, {}).flatMap(({ type, info, content, map }) => {
    const line = map === null ? 0 : map[0] + 1;
    const place = `${document}:${line}`;
    if (type === "code_block") return `${place}: the block is indented; fence it`;
    if (type !== "fence") return [];
    if (!LANGUAGES.includes(info)) return `${place}: ${info === "" ? "a block without a language" : info}`;
    if (!seen.has(line)) return `${place}: a block that is not fenced by three backticks`;
    if (info === "text" && /^\$ /m.test(content)) return `${place}: commands, as text`;
    return [];
  });
}

/** The comments above a fence; the formatter keeps a blank line between the two. */
function notesAbove(
  lines: readonly string[],
  fence: number,
): Omit<Block, "document" | "line" | "language" | "text"> {
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
    isInRepository: notes.get("in") === "repository",
    needs: notes.get("needs") ?? null,
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
