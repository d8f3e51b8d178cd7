/** The reference of the library, made from the declarations that mod.ts exports and their docstrings. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { code } from "./markdown_text.ts";
import type { Page } from "./page.ts";

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly name?: string; readonly doc?: string }[];
}
interface Located {
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: JsDoc;
  readonly name?: string;
  readonly accessibility?: string;
  readonly kind: string;
}
interface Declaration extends Located {
  readonly def?: {
    readonly constructors?: readonly Located[];
    readonly properties?: readonly Located[];
    readonly methods?: readonly Located[];
  };
}
interface Symbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

const SECTIONS: readonly (readonly [heading: string, kinds: readonly string[]])[] = [
  ["Functions", ["function"]],
  ["Classes", ["class"]],
  ["Types", ["interface", "typeAlias"]],
  ["Schemas and values", ["variable"]],
];

/** A page with every export. */
export function libraryPage(root: string): Page {
  const text = execFileSync(join(root, "node_modules/deno/deno"), ["doc", "--json", "mod.ts"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [module] = Object.values<{ module_doc: JsDoc; symbols: Symbol[] }>(JSON.parse(text).nodes);
  const all = module.symbols.flatMap(({ name, declarations }) =>
    declarations.map((declaration) => ({ name, declaration }))
  );
  const sections = SECTIONS.flatMap(([heading, kinds]) => {
    const members = all.filter(({ declaration }) => kinds.includes(declaration.kind))
      .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
    return [`## ${heading}`, ...members.flatMap(({ name, declaration }) => exported(name, declaration))];
  });
  const title = "The library, export by export";
  return {
    url: "library-reference.html",
    source: null,
    madeFrom: "the declarations of mod.ts",
    title,
    markdown: [
      `# ${title}`,
      said(module.module_doc),
      "[The library](../docs/library.md) begins with examples.",
      ...sections,
    ]
      .join("\n\n"),
  };
}

function exported(name: string, declaration: Declaration): string[] {
  const heading = `### ${code(name)}`;
  if (declaration.kind !== "class") return [heading, said(declaration.jsDoc), fenced(sourceOf(declaration))];
  const { constructors = [], properties = [], methods = [] } = declaration.def ?? {};
  const members = [...constructors, ...properties, ...methods]
    .filter((member) => member.accessibility === undefined && !member.name?.startsWith("["));
  return [
    heading,
    said(declaration.jsDoc),
    ...members.flatMap((
      member,
    ) => [`#### ${code(memberName(name, member))}`, said(member.jsDoc), fenced(sourceOf(member))]),
  ];
}

function memberName(name: string, member: Located): string {
  return member.name === "constructor" ? `new ${name}` : `${name}.${member.name}`;
}

/** A declaration as it is written, without the body of a function: its lines are indented as the formatter has them. */
function sourceOf({ location, kind }: Located): string {
  const lines = readFileSync(fileURLToPath(location.filename), "utf8").split("\n").slice(location.line);
  const indent = /^ */.exec(lines[0])![0];
  const isEnd = (line: string) => line.startsWith(indent) && !line.startsWith(`${indent} `);
  const isWhole = kind === "interface" || kind === "typeAlias";
  // A union that takes several lines has its members one step further in.
  const isUnion = isWhole && lines[0].endsWith("=");
  const last = lines.findIndex((line, at) =>
    isUnion
      ? at > 0 && line.startsWith(`${indent}  `) && !line.startsWith(`${indent}   `) && line.endsWith(";")
      : isWhole
      ? (at === 0 || isEnd(line)) && /[;}]$/.test(line)
      : (at === 0 || isEnd(line)) && /[;{}=[(]$/.test(line) &&
        !(at === 0 && /[([]$/.test(line) && kind !== "variable")
  );
  const text = lines.slice(0, last + 1).map((line) => line.slice(indent.length)).join("\n");
  return isWhole
    ? text
    : text.replace(/\s*(\{|\{.*\}|=)$/, "").replace(/ = .*$/s, kind === "variable" ? "" : "$&");
}

/** A docstring: its paragraphs, then what its tags say. */
function said(jsDoc: JsDoc | undefined): string {
  const tags = (jsDoc?.tags ?? []).filter(({ doc }) => doc).map(({ kind, name, doc }) => {
    const word = kind === "return" ? "Returns" : kind === "throws" ? "Throws" : name ? code(name) : kind;
    return `- ${word}: ${doc!.trim().replace(/\s*\n\s*/g, " ")}`;
  });
  return [jsDoc?.doc?.trim() ?? "", tags.join("\n")].filter(Boolean).join("\n\n");
}

function fenced(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}
