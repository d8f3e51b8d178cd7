/* Exports one message to the port of its first argument, closes within the second's milliseconds, prints the report, and has nothing left to do. */
import process from "node:process";
import { openExporters } from "../../../../exporters/open.ts";
import { message } from "./messages.ts";

const exporters = await openExporters({
  mqtt: `mqtt://127.0.0.1:${process.argv[2]}`,
  mqtt_version: "3.1.1",
  domain: "d",
  channel: "c",
}, { onNotice: () => {} });
exporters.message(message(1));
await exporters.close(Number(process.argv[3]));
console.log(JSON.stringify(exporters.reports[0]));
