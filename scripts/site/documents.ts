/** The documents of the repository as pages, and the group of the navigation that each belongs to. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Group, Page } from "./page.ts";

/** Groups in the order of the navigation: documents by name in their order, the others of a prefix behind them. */
const GROUPS: readonly { name: string; documents: readonly string[]; prefix?: string }[] = [
  { name: "Start", documents: ["install", "tour", "faq"] },
  {
    name: "Tutorials",
    prefix: "tutorial-",
    documents: ["tutorial-build", "tutorial-regression", "tutorial-service", "tutorial-fleet"],
  },
  {
    name: "How-to guides",
    prefix: "howto-",
    documents: [
      "howto-ci",
      "howto-containers",
      "howto-rootless",
      "howto-systemd",
      "howto-kubernetes",
    ],
  },
  { name: "Coming from", prefix: "migrate-", documents: [] },
  {
    name: "Measure",
    documents: ["run", "records", "compare", "pictures", "app-metrics", "top", "watch", "sysmon"],
  },
  { name: "Export", documents: ["exporters", "prometheus", "otlp"] },
  {
    name: "Keep running",
    documents: ["supervisor", "supervisor-api", "supervisor-logs", "supervisor-page", "ctl-monitor"],
  },
  { name: "Many hosts", prefix: "fleet-", documents: ["fleet", "fleet-page", "fleet-alerts", "fleet-store"] },
  { name: "Program", documents: ["library", "groups", "monitoring", "python"] },
  { name: "Reference", documents: ["metrics", "limits"] },
  {
    name: "Explanation",
    documents: [
      "accounting",
      "platforms",
      "benchmarks",
      "security",
      "architecture",
      "specification",
      "decisions",
      "bench",
    ],
  },
  { name: "Project", documents: ["changelog", "contributing", "security-policy"] },
];

/** Where documents go that no group names: they are in the navigation all the same. */
const FALLBACK = "Explanation";

/** Documents outside of docs/, by the name of their page. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  python: "python/README.md",
  bench: "bench/README.md",
  changelog: "CHANGELOG.md",
  contributing: "CONTRIBUTING.md",
  "security-policy": "SECURITY.md",
};

/** Titles that two documents share, or that say little in a list. */
const LABELS: Readonly<Record<string, string>> = {
  bench: "Running the benchmarks",
  "security-policy": "Reporting a vulnerability",
};

/** Every document, in its group; a group without one is left out. */
export function documentGroups(root: string): Group[] {
  const names = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))
    .map((name) => basename(name, ".md"));
  const all = new Set([...names, ...Object.keys(ELSEWHERE)]);
  const groupOf = (name: string) =>
    (GROUPS.find(({ documents }) => documents.includes(name)) ??
      GROUPS.find(({ prefix }) => prefix !== undefined && name.startsWith(prefix)))?.name ?? FALLBACK;
  return GROUPS.map(({ name, documents }) => {
    const own = [...all].filter((document) => groupOf(document) === name).toSorted();
    const ordered = [
      ...documents.filter((one) => own.includes(one)),
      ...own.filter((one) => !documents.includes(one)),
    ];
    return { name, pages: ordered.map((one) => documentPage(root, one)) };
  });
}

function documentPage(root: string, name: string): Page {
  const source = ELSEWHERE[name] ?? `docs/${name}.md`;
  // What is made from the sources and stands in a document has a page of its own here.
  const markdown = readFileSync(join(root, source), "utf8").replace(
    /<!-- reference -->[^]*<!-- end of the reference -->/,
    "[Keys of a supervisor's file](supervisor-keys.html) lists them, made from the schema.",
  );
  const title = /^# (.+)$/m.exec(markdown)?.[1].replaceAll("`", "") ?? name;
  return { url: `${name}.html`, source, title, label: LABELS[name], markdown };
}

/** The first page: what README.md says, without its list of documents, which the navigation is. */
export function landingPage(root: string): Page {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const markdown = readme.replace(/^## Documentation\n[^]*?(?=^## |^Apache|$(?![^]))/m, "");
  return { url: "index.html", source: "README.md", title: "proctor", markdown };
}
