import style from "./built/fleet.css.txt" with { type: "text" };
import script from "./built/fleet.js.txt" with { type: "text" };
import { pageFiles } from "./page_files.ts";
import type { PageFile } from "./page_files.ts";

const VIEWS = [
  ["#/", "Fleet"],
  ["#/top", "Top"],
  ["#/compare", "Compare"],
  ["#/alerts", "Alerts"],
  ["#/rules", "Rules"],
  ["#/ingest", "Ingest"],
  ["#/settings", "Settings"],
] as const;

/** The page of a manager: its files by their names; that of none is the page itself. */
export function fleetPage(): ReadonlyMap<string, PageFile> {
  return pageFiles({ views: VIEWS, style, script });
}
