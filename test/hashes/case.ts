/** A small run, or a few, whose results are hashed. */
import type { Json } from './digest.js';
import type { Parts } from './layout.js';

export interface Case {
  /** Such as `model/ease`; the names of its hashes begin with it. */
  readonly name: string;
  /** Names of cases that run before this one and whose runs it uses. */
  readonly needs: readonly string[];
  run(place: Place): Promise<Parts>;
}

/** The folder that all cases share, and the command line in it. */
export interface Place {
  /** A path in the folder. */
  path(...parts: string[]): string;
  /** Runs a command that computes: with the threads that were asked for. @throws Error if it does not end with 0 */
  compute(...words: string[]): Promise<Json>;
  /** Runs a command that has no option for threads. @throws Error as `compute` */
  ask(...words: string[]): Promise<Json>;
}

/** The name of the run that the case of this name makes. */
export const runOf = (name: string): string => name.replaceAll('/', '-');

/** Options written as on the command line, divided by single blanks; no value has one. */
export const words = (options: string): readonly string[] => options.split(' ').filter((word) => word !== '');
