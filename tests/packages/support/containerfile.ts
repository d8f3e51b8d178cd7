const INSTRUCTIONS = [
  ..."ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR"
    .split(" "),
];

/**
 * What is wrong with a container file: instructions, their order, variables, sources, words as JSON.
 * @param isThere whether there is such a file in the context of the build
 */
export function faultsOfContainerfile(text: string, isThere: (path: string) => boolean): string[] {
  const faults: string[] = [];
  const variables = new Map<string, string>();
  let begun = false;
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, rest] = /^(\S+)\s*(.*)$/.exec(line)!;
    if (!INSTRUCTIONS.includes(name)) {
      faults.push(`${name} is not an instruction`);
      continue;
    }
    if (!begun && name !== "FROM" && name !== "ARG") faults.push(`${name}: FROM comes first`);
    const filled = rest.replaceAll(/\$\{(\w+)\}/g, (whole, variable) => {
      if (!variables.has(variable)) faults.push(`${name}: no ARG says what ${whole} is`);
      return variables.get(variable) ?? whole;
    });
    if (name === "FROM") {
      begun = true;
      if (!/^\S+[:@]\S+/.test(filled)) faults.push(`FROM: ${filled} has no version`);
    } else if (name === "ARG") {
      const [variable, value = ""] = rest.split("=");
      variables.set(variable, value);
    } else if (name === "COPY") {
      const words = filled.split(/\s+/);
      for (const option of words.filter((word) => word.startsWith("--"))) {
        if (!/^--(chmod=[0-7]{3,4}|chown=\S+|from=\S+|link)$/.test(option)) faults.push(`COPY: ${option}`);
      }
      const paths = words.filter((word) => !word.startsWith("--")).slice(0, -1);
      faults.push(...paths.filter((path) => !isThere(path)).map((path) => `COPY: there is no ${path}`));
    } else if (name === "CMD" || name === "ENTRYPOINT") {
      if (!isListOfWords(filled)) faults.push(`${name}: ${filled} is not a list of words in JSON`);
    }
  }
  return faults;
}

function isListOfWords(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === "string");
  } catch {
    return false;
  }
}
