import style from "./built/supervisor.css.txt" with { type: "text" };
import script from "./built/supervisor.js.txt" with { type: "text" };
import { pageFiles } from "./page_files.ts";
import type { PageFile } from "./page_files.ts";

/** The page of a supervisor: its files by their names; that of none is the page itself. */
export function supervisorPage(): ReadonlyMap<string, PageFile> {
  return pageFiles({ views: [["#/", "Processes"], ["#/events", "Events"]], style, script });
}
