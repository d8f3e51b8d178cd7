/*
 * usage: reading_program.ts SETTINGS ACKNOWLEDGED: reads with a session of these settings (JSON), acknowledges so many
 * messages, prints the payload of each that comes, and waits to be killed.
 */
import process from "node:process";
import { Session } from "../../../../fleet/mqtt/session.ts";

const most = Number(process.argv[3]);
let count = 0;
const session = new Session(JSON.parse(process.argv[2]), {
  deliver: (delivery) => {
    if (count++ < most) session.acknowledge([delivery]);
    console.log(Buffer.from(delivery.payload).toString());
  },
  state: () => {},
});
session.start();
