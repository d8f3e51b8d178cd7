/** Reference pages of what proctor writes and reads: records, messages, configurations. */
import { comparisonJsonSchema } from "../../core/schema/comparison_schema.ts";
import { recordJsonSchema } from "../../core/schema/record.ts";
import { taskMessageJsonSchema } from "../../core/schema/task_message.ts";
import { taskProcessJsonSchema } from "../../core/schema/task_process.ts";
import { managerConfigJsonSchema } from "../../fleet/config/manager_schema.ts";
import { configReference } from "../../supervisor/config/reference.ts";
import { plain } from "./markdown_text.ts";
import type { Page } from "./page.ts";
import { keyTables } from "./schema_tables.ts";
import type { Schema } from "./schema_tables.ts";

/** A page for each format. */
export function formatPages(): Page[] {
  return [
    recordsPage(),
    page(
      "messages-reference.html",
      "Messages, key by key",
      "What exporters send of a task, and of its processes. [Exporters](../docs/exporters.md) explains topics and times.",
      [["A task", taskMessageJsonSchema()], ["A process of a task", taskProcessJsonSchema()]],
    ),
    page(
      "comparison-reference.html",
      "Comparisons, key by key",
      "What `proctor compare --json` prints. [Comparing runs](../docs/compare.md) explains the test behind it.",
      [["A comparison", comparisonJsonSchema()]],
    ),
    {
      url: "supervisor-keys.html",
      source: null,
      madeFrom: "the schema of its configuration",
      title: "Keys of a supervisor's file",
      markdown:
        `# Keys of a supervisor's file\n\nEvery key of \`proctor.yaml\`. [The supervisor](../docs/supervisor.md) explains ` +
        `them by what they are for.\n\n${configReference().replaceAll(/^####/gm, "##")}`,
    },
    page(
      "manager-keys.html",
      "Keys of a manager's file",
      "Every key of the file that `proctor manager --config` reads. [Many hosts](../docs/fleet.md) explains them by what they are for.",
      [["The file", managerConfigJsonSchema()]],
    ),
  ];
}

/** Records are told apart by their kind: a section for each. */
function recordsPage(): Page {
  const { oneOf = [], anyOf = oneOf } = recordJsonSchema() as Schema;
  const kinds = anyOf.map((schema): [string, unknown] => {
    const kind = schema.properties?.kind;
    return [`Records of kind ${String(kind?.const ?? kind?.enum?.[0])}`, schema];
  });
  return page(
    "records-reference.html",
    "Records, key by key",
    "Every line of a file of records has a `kind`. [Records and profiles](../docs/records.md) explains how they follow each other.",
    kinds,
  );
}

function page(
  url: string,
  title: string,
  intro: string,
  schemas: readonly (readonly [string, unknown])[],
): Page {
  const sections = schemas.map(([heading, schema]) => {
    const { description } = schema as Schema;
    const said = description === undefined ? "" : `${plain(description)}\n\n`;
    return `## ${heading}\n\n${said}${keyTables(schema as Schema, "", 3, (name) => name)}`;
  });
  return {
    url,
    source: null,
    madeFrom: "its schema",
    title,
    markdown: [`# ${title}`, intro, ...sections].join("\n\n"),
  };
}
