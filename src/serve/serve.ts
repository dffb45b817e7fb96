/** Starts a server: in this thread, or with several workers in a separate process. */
import { packageVersion } from '../formats/package-version.js';
import { createApp } from './app.js';
import { closeApp, listen, urlOf } from './listen.js';
import { createMetrics, createProcessMetrics } from './metrics.js';
import { oneAtATime } from './one-at-a-time.js';
import { parseServeOptions, type ServeOptions } from './options.js';
import { createRateTable } from './rate-table.js';
import { aboutBundle } from './routes.js';
import { createHolder, prepare, readSteadyBundle, reloading } from './served.js';
import type { Serving } from './serving.js';
import { tokenOf } from './token.js';
import { serveWithWorkers } from './workers/supervisor.js';

/**
 * Serves the bundle in a folder over HTTP.
 * @param bundle folder of a student bundle
 * @throws RecdistillError `bad-option`, `cannot-listen`, and those of `readBundle`
 */
export async function serve(bundle: string, given: Partial<ServeOptions> = {}): Promise<Serving> {
  const options = parseServeOptions(given);
  const token = tokenOf(options, process.env);
  return options.workers === 1 ? serveAlone(bundle, options, token) : serveWithWorkers(bundle, options, token);
}

async function serveAlone(folder: string, options: ServeOptions, token: string | undefined): Promise<Serving> {
  const holder = createHolder(prepare(await readSteadyBundle(folder)));
  const metrics = createMetrics(() => holder.current);
  const whole = createProcessMetrics();
  let stopping = false;
  const reload = oneAtATime(() =>
    reloading(whole, async () => {
      const bundle = await readSteadyBundle(folder);
      if (bundle.manifest.sha256 !== holder.current.manifest.sha256) holder.swap(prepare(bundle));
      return aboutBundle(holder.current);
    }),
  );
  const operations = {
    reload,
    metricsText: async () => whole.merged([await metrics.counts()]),
    stopping: () => stopping,
  };
  const app = await createApp({
    ...{ options, holder, metrics, operations, rates: createRateTable() },
    ...(token !== undefined && { token }),
  });
  const port = await listen(app.server, options);
  app.log.info({ version: packageVersion, bundle: holder.current.id, port }, 'serving');
  let told: () => void;
  const ended = new Promise<void>((resolve) => {
    told = resolve;
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    stopping = true;
    await closeApp(app, options.grace);
    told();
  };
  return {
    url: urlOf({ host: options.host, port }),
    port,
    reload,
    close() {
      closing ??= close();
      return closing;
    },
    ended,
  };
}
