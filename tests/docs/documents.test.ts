import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { MAY_IMPORT } from "../support/architecture.ts";
import { ROOT } from "../support/fixture.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const architecture = read("docs/architecture.md");

/** What stands between backticks. */
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => words);

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  "python/README.md",
  "bench/README.md",
];

/** A heading as GitHub makes an anchor of it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

describe("docs/architecture.md", () => {
  test("names files and directories that are there", () => {
    const paths = quoted(architecture).filter((words) => /^[\w.-]+(\/[\w.-]*)+$|^\w+\.ts$/.test(words));
    assert.ok(paths.length > 100);
    assert.deepEqual(paths.filter((path) => !existsSync(join(ROOT, path))), []);
  });

  test("has the arrows that are tested", () => {
    const [, section] = architecture.split("### Who may import whom\n");
    const rows = [...section.split("\n## ")[0].matchAll(/^\| `(\w+)\/` +\|(.*)\|$/gm)];
    const told = Object.fromEntries(
      rows.map(([, room, places]) => [room, quoted(places).map((place) => place.replace(/\/$/, ""))]),
    );
    const rooms = Object.keys(MAY_IMPORT).filter((room) => existsSync(join(ROOT, room)));
    const tested = rooms.filter((room) => !MAY_IMPORT[room].includes("*"))
      .map((room) => [room, MAY_IMPORT[room]]);
    assert.deepEqual(told, Object.fromEntries(tested));
  });
});

describe("documents", () => {
  test("link to what is there", () => {
    const broken = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [path, anchor] = link.split("#");
          const target = path === "" ? document : join(dirname(document), path);
          if (!existsSync(join(ROOT, target))) return true;
          if (anchor === undefined || !target.endsWith(".md")) return false;
          const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading));
          return !headings.includes(anchor);
        })
        .map((link) => `${document}: ${link}`)
    );
    assert.deepEqual(broken, []);
  });
});
