/** Starts a server: in this thread, or with several workers in a separate process. */
import { packageVersion } from '../formats/package-version.js';
import { aboutBundle } from './about.js';
import { createApp } from './app.js';
import { closeApp } from './close.js';
import { startHealth } from './health/health.js';
import { historiesSource, keyOf } from './histories.js';
import { listen, urlOf } from './listen.js';
import { createMetrics, createProcessMetrics } from './metrics.js';
import { oneAtATime } from './one-at-a-time.js';
import type { Phase } from './operation.js';
import { parseServeOptions, type ServeOptions } from './options.js';
import { createRateTable } from './rate-table.js';
import { createHolder, prepare, readSteadyBundle, reloading } from './served.js';
import type { Serving } from './serving.js';
import { tokenOf } from './token.js';
import { serveWithWorkers } from './workers/supervisor.js';

/**
 * Serves the bundle in a folder over HTTP. `close` waits `drain` and then at most `grace` seconds.
 * @param bundle folder of a student bundle
 * @throws RecdistillError `bad-option`, `cannot-listen`, and those of `readBundle`
 */
export async function serve(bundle: string, given: Partial<ServeOptions> = {}): Promise<Serving> {
  const options = parseServeOptions(given);
  const token = tokenOf(options, process.env);
  return options.workers === 1 ? serveAlone(bundle, options, token) : serveWithWorkers(bundle, options, token);
}

/** Milliseconds between two signs of life for the health port. */
const BEAT = 500;

async function serveAlone(folder: string, options: ServeOptions, token: string | undefined): Promise<Serving> {
  const source = historiesSource(options);
  const holder = createHolder(prepare(await readSteadyBundle(folder, source)));
  const bundle = aboutBundle(holder.current);
  const metrics = createMetrics(() => holder.current);
  const whole = createProcessMetrics();
  let phase: Phase = 'serving';
  const reload = oneAtATime(() =>
    reloading(whole, async () => {
      const next = await readSteadyBundle(folder, source);
      if (keyOf(next) !== holder.current.key) holder.swap(prepare(next));
      return aboutBundle(holder.current);
    }),
  );
  const metricsText = async () => whole.merged([await metrics.counts()]);
  const operations = { reload, metricsText, phase: () => phase };
  const made = await createApp({
    ...{ options, holder, metrics, operations, rates: createRateTable() },
    ...(token !== undefined && { token }),
  });
  const { app } = made;
  const health = await startHealth(options, token, metricsText);
  const port = await listen(app.server, options).catch(async (cause: unknown) => {
    await health.close();
    throw cause;
  });
  const beats = setInterval(health.status.beat, BEAT);
  health.status.phase = 'serving';
  app.log.info({ version: packageVersion, bundle: holder.current.id, port }, 'serving');
  let told: () => void;
  const ended = new Promise<void>((resolve) => {
    told = resolve;
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    health.status.phase = 'stopping';
    await closeApp(made, options, (next) => {
      phase = next;
    });
    clearInterval(beats);
    await health.close();
    told();
  };
  return {
    url: urlOf({ host: options.host, port }),
    port,
    bundle,
    ...health.place,
    reload,
    close() {
      closing ??= close();
      return closing;
    },
    ended,
  };
}
