import { usageError } from "../../../core/error.ts";
import type { OutputFile } from "../../options/output_files.ts";
import type { SeriesFlags } from "./series_options.ts";

/** The formats that the results of a series are exported in. */
export type ExportFormat = "series_json" | "series_csv" | "series_markdown" | "series_asciidoc";

/**
 * The files that a series writes at its end.
 * @throws ProctorError of kind `usage` for standard output
 */
export function exportFiles(flags: SeriesFlags): (OutputFile & { readonly kind: ExportFormat })[] {
  const given: [string, string | undefined, ExportFormat][] = [
    ["--export-json", flags.exportJson, "series_json"],
    ["--export-csv", flags.exportCsv, "series_csv"],
    ["--export-markdown", flags.exportMarkdown, "series_markdown"],
    ["--export-asciidoc", flags.exportAsciidoc, "series_asciidoc"],
  ];
  return given.flatMap(([option, path, kind]) => {
    if (path === "-") throw usageError(`${option}: write it to a file; standard output is not for it`);
    return path === undefined ? [] : [{ option, path, kind }];
  });
}
