import { request } from "node:http";

/** Bounds of an answer. */
export interface AnswerBounds {
  readonly withinMs: number;
  readonly mostBytes: number;
}

/**
 * The JSON that a server at a Unix socket answers to a GET by. One that never answers, or never ends, holds nobody up.
 * @throws an error with a `code` of the system, or one that says what is wrong with the answer
 */
export function getSocketJson(
  socketPath: string,
  path: string,
  { withinMs, mostBytes }: AnswerBounds,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, headers: { host: "localhost", connection: "close" } });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
      asked.destroy();
    };
    const timer = setTimeout(
      () => fail(Object.assign(new Error("it does not answer"), { code: "ETIMEDOUT" })),
      withinMs,
    );
    asked.on("error", fail);
    asked.on("response", (answer) => {
      const pieces: Uint8Array[] = [];
      let length = 0;
      answer.on("error", fail);
      answer.on("data", (piece: Uint8Array) => {
        pieces.push(piece);
        length += piece.length;
        if (length > mostBytes) fail(new Error(`it answers more than ${mostBytes} bytes`));
      });
      answer.on("end", () => {
        clearTimeout(timer);
        if (answer.statusCode !== 200) return reject(new Error(`it answers ${answer.statusCode}`));
        try {
          resolve(JSON.parse(Buffer.concat(pieces).toString("utf8")));
        } catch {
          reject(new Error("its answer is not JSON"));
        }
      });
    });
    asked.end();
  });
}
