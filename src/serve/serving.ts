/** A server that runs. */
export interface Serving {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /**
   * Serves the bundle that is in the folder now; no request fails meanwhile. Resolves to what `/v1/bundle` then answers.
   * @throws RecdistillError `reload-failed`; the bundle before stays
   */
  reload(): Promise<object>;
  /** Takes no more connections, answers what is under way, and ends. */
  close(): Promise<void>;
  /** Resolves after `close`. @throws RecdistillError `server-failed` if the server ended otherwise */
  readonly ended: Promise<void>;
}
