/** A program that the system starts by itself, and what it is told to do. */
export interface ServiceRequest {
  /** By which the system knows it. */
  readonly name: string;
  readonly description: string;
  /** The program, by its whole path, and its words. */
  readonly command: readonly [program: string, ...words: string[]];
  /** What belongs to the service alone, and is made where it is missing. */
  readonly directory: string;
  /** Whether a directory with these names in it is one of ours, so that its rights may be set. */
  isOurs(names: readonly string[]): boolean;
}

/** What a system asks of a service. */
export type ServiceControl = "stop" | "reload";

/** This program, as a service that the system has started. */
export interface OwnService {
  /** Call this for what the system asks; what it has asked before is told now. */
  onControl(asked: (control: ServiceControl) => void): void;
  /** Say that the start is done. */
  isUp(): void;
  /** Say that all is done; the system may end this program from now on. */
  hasEnded(exitCode: number): void;
}

/** The services of a system. */
export interface Services {
  /** Where a service keeps what it has to remember, unless it is told. */
  directoryOf(name: string): string;
  /**
   * Have the system start a program by itself, with as few rights as there are.
   * @returns what this system does not take, in a sentence each
   * @throws ProctorError when it cannot be had; nothing of it is left then
   */
  install(request: ServiceRequest): string[];
  /**
   * Stop a service of ours, and have the system forget it.
   * @param marks words that stand in its command, by which it is known to be ours
   * @throws ProctorError when there is none, or it cannot be removed
   */
  remove(name: string, marks: readonly string[]): Promise<void>;
  /**
   * Be the service that the system has started us as.
   * @throws ProctorError where it has not
   */
  enter(name: string): Promise<OwnService>;
}
