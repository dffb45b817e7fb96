/** The library comes without types. */
declare module 'unbzip2-stream' {
  /** A stream that unpacks bzip2; an error event says that the input is damaged. */
  export default function unbzip2(): NodeJS.ReadWriteStream;
}
