import type { About } from './about.js';

/** A running server. */
export interface Serving {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** What is served since the start, as `/v1/bundle` says it. */
  readonly bundle: About;
  /** The port for `/health`, `/ready` and `/metrics` alone, if the server has one. */
  readonly healthPort?: number;
  /** For example `http://127.0.0.1:9001`. */
  readonly healthUrl?: string;
  /**
   * Loads and serves the bundle that is now in the folder. No request fails meanwhile. Resolves to the new response of
   * `/v1/bundle`.
   * @throws RecdistillError `reload-failed`; the previous bundle stays in service
   */
  reload(): Promise<About>;
  /** Stops accepting connections, answers the requests in progress, and ends. It takes at most `drain` and `grace` seconds and a little. */
  close(): Promise<void>;
  /** Resolves after `close`. @throws RecdistillError `server-failed` if the server ended for another reason */
  readonly ended: Promise<void>;
}
