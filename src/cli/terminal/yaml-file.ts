/** Reads YAML, and gives errors their place in the file. */
import { isCollection, isNode, isScalar, type Node, visit } from 'yaml';
import { fail, RecdistillError } from '../../errors.js';
import { readYaml, yamlValue } from '../../formats/yaml.js';

export interface YamlFile {
  readonly value: unknown;
  /** Runs `work`. An error about an option or a name gets its line and column. */
  within<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * @param example content of such a file, shown if the file is empty
 * @throws RecdistillError `file-missing`, `read-failed`, `over-limit`, `usage` for a file that is empty or not YAML
 */
export function readYamlFile(path: string, example: string): YamlFile {
  const { document, at } = readYaml(path);
  // A warning is about a tag that is not known: its value would be read as text.
  const error = document.errors[0] ?? document.warnings[0];
  if (error) {
    fail('usage', {
      problem: `${at(error.pos[0])}: ${error.message}`,
      hint: 'Correct the YAML. Check the indentation.',
    });
  }
  if (document.contents === null) fail('usage', { problem: `${path} is empty`, hint: example });
  return {
    value: yamlValue(path, document),
    async within(work) {
      try {
        return await work();
      } catch (cause) {
        const offset = cause instanceof RecdistillError ? placeOf(document.contents!, cause) : undefined;
        if (offset === undefined) throw cause;
        const { message, hint } = cause as RecdistillError;
        return fail('usage', { problem: `${at(offset)}: ${message}`, hint }, cause);
      }
    },
  };
}

/** Offset of the option or name in an error. */
function placeOf(root: Node, { code, details }: RecdistillError): number | undefined {
  const placed = Array.isArray(details.path) && isCollection(root) ? root.getIn(details.path, true) : undefined;
  if (isNode(placed)) return placed.range?.[0];
  if (code === 'bad-plan')
    return find(root, (key, value) => key === 'name' && value === details.given) ?? root.range?.[0];
  if (code === 'unknown-name') return find(root, (key, value) => key !== undefined && value === details.given);
  if (code === 'bad-space' && isCollection(root)) {
    const place = [details.owner, details.option].filter((key) => key !== undefined);
    const node = root.getIn(place, true);
    return isNode(node) ? node.range?.[0] : undefined;
  }
  // A flag is not in the file.
  if ((code !== 'unknown-option' && code !== 'bad-option') || String(details.option).startsWith('-')) return undefined;
  const path = String(details.option).split('.');
  const name = path.findLast((part) => !/^\d+$/.test(part));
  const named = (key: unknown) => key === name;
  // The same option may occur several times: the value identifies it.
  return (
    find(root, (key, value) => named(key) && JSON.stringify(value) === String(details.given)) ??
    find(root, named) ??
    root.range?.[0]
  );
}

/** Offset of the first pair that `wanted` accepts. */
function find(root: Node, wanted: (key: unknown, value: unknown) => boolean): number | undefined {
  let offset: number | undefined;
  visit(root, {
    Pair(_, { key, value }) {
      const plain = isScalar(value) ? value.value : isNode(value) ? value.toJSON() : undefined;
      if (!isScalar(key) || !wanted(key.value, plain)) return undefined;
      offset = key.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}
