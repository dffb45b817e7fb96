// Reads what TypeScript has to know of the AssemblyScript kernels from their sources: the parameters of each exported function and the
// fields of the records that a parameter points to. The sources are the only place where either is written.
import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

const NUMBERS = ['i32', 'u32', 'f32', 'f64', 'usize'];
/** What a call may give for an address. */
const ARRAY = 'number | Float32Array | Float64Array | Int32Array | undefined';
/** Fields of a record are written as 32-bit integers, one after the other. */
const FIELDS = ['i32', 'u32', 'usize'];
/** The last two parameters of a kernel: the part of the range that one call does. */
const RANGE = ['begin: i32', 'end: i32'];

/**
 * @param entries files whose exported functions are the exports of the WebAssembly module
 * @param read gives the text of a file
 * @returns `functions`: file, name, parameters (without begin and end where `ranged`) and result; `records`: name and fields
 * @throws Error with file and line where a source breaks a rule that calls rely on
 */
export function readSignatures(entries, read, { ranged = true } = {}) {
  const parsed = new Map();
  const parse = (file) => {
    if (!parsed.has(file)) parsed.set(file, ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
    return parsed.get(file);
  };
  const functions = new Map();
  const records = new Map();
  for (const file of entries) {
    for (const node of parse(file).statements.filter(isExported)) {
      const name = node.name?.text ?? '';
      const wrong = (problem, at = node) => refuse(file, at, problem);
      if (!ts.isFunctionDeclaration(node)) wrong('only functions may be exported here: move the rest to another file');
      if (functions.has(name)) wrong(`${functions.get(name).file} exports ${name}, too`);
      const all = node.parameters.map((p) => ({ name: p.name.getText(), type: p.type?.getText() ?? '', node: p }));
      const range = all.slice(-2).map((p) => `${p.name}: ${p.type}`);
      if (ranged && range.join() !== RANGE.join()) wrong(`the last parameters of ${name} must be ${RANGE.join(', ')}`);
      if (ranged && node.type?.getText() !== 'void') wrong(`${name} must return void`);
      const parameters = ranged ? all.slice(0, -2) : all;
      for (const p of parameters) {
        if (NUMBERS.includes(p.type)) continue;
        const fields = recordOf(p.type, file, parse);
        if (!fields) wrong(`${p.name}: ${p.type} is neither one of ${NUMBERS.join(', ')} nor a record`, p.node);
        records.set(p.type, fields);
      }
      functions.set(name, { file, name, parameters: parameters.map(({ name, type }) => ({ name, type })) });
    }
  }
  return { functions: [...functions.values()], records: [...records].map(([name, fields]) => ({ name, fields })) };
}

/** The fields of an exported class of `file` or of a file that it imports by this name; undefined where there is none. */
function recordOf(name, file, parse) {
  const source = parse(file);
  const found = source.statements.find((node) => ts.isClassDeclaration(node) && node.name?.text === name);
  if (!found) {
    const imported = source.statements.find(
      (node) =>
        ts.isImportDeclaration(node) && node.importClause?.namedBindings?.elements?.some((e) => e.name.text === name),
    );
    return imported && recordOf(name, `${join(dirname(file), imported.moduleSpecifier.text)}.ts`, parse);
  }
  return found.members.map((member) => {
    const type = member.type?.getText() ?? '';
    if (!ts.isPropertyDeclaration(member) || !FIELDS.includes(type)) {
      refuse(file, member, `a field of ${name} must be one of ${FIELDS.join(', ')}`);
    }
    return { name: member.name.getText(), type };
  });
}

const isExported = (node) =>
  ts.isExportDeclaration(node) || (node.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) ?? false);

function refuse(file, node, problem) {
  const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
  throw new Error(`${file}:${line + 1}: ${problem}`);
}

const shapeOf = (fields) => `{ ${fields.map(({ name, type }) => `${name}: ${type}`).join('; ')} }`;
const namesOf = (fields) => `[${fields.map(({ name }) => `'${name}'`).join(', ')}]`;

/** The TypeScript module with the signatures of kernels: types for the compiler, the order of the names for the calls. */
export function kernelModule({ functions, records }) {
  const recordTypes = records.map(
    ({ name }) => `/** Address of one ${name}, or of several in a row. */\ntype ${name} = number;`,
  );
  return `/** Numbers as the kernels take them. A \`usize\` is an address, an array at that address or a number of bytes; absent: 0. */
${NUMBERS.map((name) => `type ${name} = ${name === 'usize' ? ARRAY : 'number'};`).join('\n')}
${recordTypes.join('\n')}

/** The arguments of each kernel, without the range that the machine adds. */
export interface KernelArguments {
${functions.map(({ file, name, parameters }) => `  /** ${file} */\n  ${name}: ${shapeOf(parameters)};`).join('\n')}
}

export type KernelName = keyof KernelArguments;

/** The names of the arguments in the order in which the kernel takes them. */
export const kernelParameters: { readonly [K in KernelName]: readonly (keyof KernelArguments[K])[] } = {
${functions.map(({ name, parameters }) => `  ${name}: ${namesOf(parameters)},`).join('\n')}
};

/** Records that kernels read from memory: 32-bit integers, one after the other. */
export interface KernelRecords {
${records.map(({ name, fields }) => `  ${name}: ${shapeOf(fields)};`).join('\n')}
}

/** The names of the fields in the order in which they are in memory. */
export const recordFields: { readonly [R in keyof KernelRecords]: readonly (keyof KernelRecords[R])[] } = {
${records.map(({ name, fields }) => `  ${name}: ${namesOf(fields)},`).join('\n')}
};
`;
}

/** The same for a module with a single function, which is called by \`call\` without a loop over the names. */
export function singleModule({ functions: [{ file, name, parameters }] }) {
  return `/** Numbers as the kernel takes them. A \`usize\` is an address. */
${NUMBERS.filter((n) => parameters.some(({ type }) => type === n))
  .map((n) => `type ${n} = number;`)
  .join('\n')}

/** The arguments of \`${name}\` in ${file}. */
export type Arguments = ${shapeOf(parameters)};

/** Calls the export \`${name}\`. */
export const call = (${name}: (...numbers: number[]) => number, a: Arguments): number =>
  ${name}(${parameters.map((p) => `a.${p.name}`).join(', ')});
`;
}
