/** A collector that takes whatever it is sent: prints its URL, and answers 200 until it is killed. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(200).end());
});
server.listen(
  0,
  "127.0.0.1",
  () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
