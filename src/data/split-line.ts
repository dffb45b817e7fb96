/** The fields of one line of text, according to RFC 4180. */
export function splitLine(line: string, delimiter: string, quote: 'double' | 'none' = 'double'): string[] {
  if (quote === 'none') return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      const closing = /"(?:[^"]|"")*"?/y;
      closing.lastIndex = at;
      const quoted = closing.exec(line)![0];
      const end = line.indexOf(delimiter, at + quoted.length);
      fields.push(quoted.replace(/^"|"$/g, '').replaceAll('""', '"'));
      at = (end < 0 ? line.length : end) + delimiter.length;
    } else {
      const end = line.indexOf(delimiter, at);
      fields.push(line.slice(at, end < 0 ? line.length : end));
      at = (end < 0 ? line.length : end) + delimiter.length;
    }
  }
  return fields;
}
