import { isOfLoopback } from "../../io/net/loopback.ts";
import { readRegularFile } from "../../io/regular_file.ts";

const HOSTS = "/etc/hosts";
/** Lists of what is to be blocked are far longer; whoever keeps one there has no names of his own looked up. */
const MOST_BYTES = 262_144;

/**
 * The names, in small letters, by which hosts(5) leads to the loopback: what this machine's administrator has written
 * there, and no server of names can. Windows finds itself otherwise.
 */
export function namesOfLoopback(file = HOSTS): readonly string[] {
  if (process.platform === "win32") return [];
  try {
    return namesIn(new TextDecoder().decode(readRegularFile(file, MOST_BYTES).bytes));
  } catch {
    return [];
  }
}

function namesIn(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return isOfLoopback(address) ? names.map((name) => name.toLowerCase()) : [];
  });
}
