/** A command without the directory of its program, which takes the room of what tells it from others. */
export function withoutDirectory(command: string): string {
  return command.replace(/^\/\S*\/(?=[^/\s])/, "");
}
