/* A client of PostgreSQL that falls silent between two messages of one statement (protocol 3, extended query). */
import { once } from "node:events";
import { connect } from "node:net";

const PROTOCOL_3 = 196_608;

function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.isBuffer(part) ? part : Buffer.from(`${part}\0`)));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), head, body]);
}

/** Run a statement in a transaction, begin another one and say nothing more, as a manager that is stopped there. */
export async function holdInTheMidst(port: number, database: string, sql: string): Promise<Disposable> {
  const socket = connect(port, "127.0.0.1");
  let heard = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => heard = Buffer.concat([heard, chunk]));
  /** Answers up to the next one of this type, each of them a letter, a length and a body. */
  const until = async (type: string) => {
    for (;;) {
      while (heard.length >= 5 && heard.length > heard.readUInt32BE(1)) {
        const found = String.fromCharCode(heard[0]!);
        const body = heard.subarray(5, heard.readUInt32BE(1) + 1);
        heard = heard.subarray(heard.readUInt32BE(1) + 1);
        if (found === "E") throw new Error(body.toString());
        if (found === type) return;
      }
      await once(socket, "data");
    }
  };
  await once(socket, "connect");
  const version = Buffer.alloc(4);
  version.writeUInt32BE(PROTOCOL_3);
  const names = ["user", "proctor", "database", database, "application_name", "proctor manager", ""];
  socket.write(message("", version, ...names));
  await until("Z");
  socket.write(message("Q", "BEGIN"));
  await until("Z");
  socket.write(message("Q", sql));
  await until("Z");
  socket.write(Buffer.concat([message("P", "", "SELECT 1", Buffer.alloc(2)), message("H")]));
  await until("1");
  socket.on("error", () => {});
  return { [Symbol.dispose]: () => void socket.destroy() };
}
