/** As much of Eleventy as is used here; it comes without types. */
declare module "@11ty/eleventy" {
  interface Config {
    setLibrary(extension: string, library: unknown): void;
    amendLibrary(extension: string, amend: (library: { enable(rule: string): void }) => void): void;
    setTemplateFormats(formats: readonly string[]): void;
    addTemplate(path: string, content: string, data: Readonly<Record<string, unknown>>): void;
    addTransform(
      name: string,
      transform: (this: { page: { outputPath: string } }, html: string) => string,
    ): void;
  }
  export default class Eleventy {
    constructor(
      input: string,
      output: string,
      options: { readonly quietMode: boolean; config(config: Config): void },
    );
    write(): Promise<unknown>;
  }
}
