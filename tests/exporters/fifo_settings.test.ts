import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withDirectory } from "../cli/support/directory.ts";
import { makeFifo } from "../support/fifo.ts";
import { opened } from "./support/open.ts";

test(
  "a FIFO in place of a file that a setting names is told, and holds up nobody",
  { timeout: 120_000 },
  () =>
    withDirectory(async (directory) => {
      const fifo = makeFifo(join(directory, "fifo"));
      const broker = { mqtt: "mqtts://127.0.0.1:1", topic: "t" };
      for (const key of ["mqtt_ca", "mqtt_password_file"] as const) {
        await assert.rejects(opened({ ...broker, mqtt_user: "me", [key]: fifo }), {
          message: `${key}: cannot read ${fifo}: it is a pipe (FIFO); name a regular file`,
        });
      }
      await assert.rejects(
        opened({ ...broker, mqtt_cert: fifo, mqtt_key: fifo }),
        /^ProctorError: mqtt_cert: .*FIFO/,
      );
      for (const name of ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"]) {
        const variable = `OTEL_EXPORTER_OTLP_${name}`;
        await assert.rejects(opened({ otlp: "https://127.0.0.1:1" }, { [variable]: fifo }), {
          message: `otlp: ${variable}: cannot read "${fifo}": it is a pipe (FIFO); name a regular file`,
        });
      }
    }),
);
