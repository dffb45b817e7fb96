/**
 * Reads the inputs of a case by name and kind; a case of another shape fails with a sentence instead of wrong numbers.
 */
import { fromPairs, type Interactions } from 'recdistill/data';
import type { Inputs, Json } from './_checker.js';
import { flattenRows, type Matrix } from './matrix.js';

export function readNumber(inputs: Inputs, key: string): number {
  return isNumber(inputs[key]) ? inputs[key] : refuse(inputs, key, 'a number');
}

export function readBoolean(inputs: Inputs, key: string): boolean {
  const value = inputs[key];
  return typeof value === 'boolean' ? value : refuse(inputs, key, 'true or false');
}

export function readText(inputs: Inputs, key: string): string {
  const value = inputs[key];
  return typeof value === 'string' ? value : refuse(inputs, key, 'a text');
}

/** A list of numbers. */
export function readNumbers(inputs: Inputs, key: string): readonly number[] {
  return isNumbers(inputs[key]) ? inputs[key] : refuse(inputs, key, 'a list of numbers');
}

/** Rows of numbers that may differ in length, such as the items of each user. */
export function readLists(inputs: Inputs, key: string): readonly (readonly number[])[] {
  const value = inputs[key];
  return isList(value) && value.every(isNumbers) ? value : refuse(inputs, key, 'a list of lists of numbers');
}

/** Rows of numbers of equal length. */
export const readMatrix = (inputs: Inputs, key: string): Matrix => flattenRows(readLists(inputs, key));

/** The items of each user as interactions over `items` items. */
export function readInteractions(inputs: Inputs, key: string, nItems: number): Interactions {
  const lists = readLists(inputs, key);
  const users = lists.flatMap((list, user) => list.map(() => user));
  return fromPairs(lists.length, nItems, users, lists.flat());
}

/** A group of inputs, such as a network. */
export function readGroup(inputs: Inputs, key: string): Inputs {
  const value = inputs[key];
  return value !== undefined && isGroup(value) ? value : refuse(inputs, key, 'an object');
}

/** A list of groups of inputs, such as the parts of a network. */
export function readGroups(inputs: Inputs, key: string): readonly Inputs[] {
  const value = inputs[key];
  return isList(value) && value.every(isGroup) ? value : refuse(inputs, key, 'a list of objects');
}

const isGroup = (value: Json): value is Inputs => typeof value === 'object' && value !== null && !isList(value);
const isNumber = (value: Json | undefined): value is number => typeof value === 'number';
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isNumbers = (value: Json | undefined): value is readonly number[] => isList(value) && value.every(isNumber);

function refuse(inputs: Inputs, key: string, expected: string): never {
  throw new Error(`inputs.${key} is ${JSON.stringify(inputs[key])?.slice(0, 40) ?? 'missing'}, expected ${expected}`);
}
