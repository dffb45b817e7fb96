// An edge worker: GET /?user=ID, /?items=ID,ID or both, with a bundle of either kind. It only needs web APIs: fetch, Response, URL and crypto.subtle.
// The bundle is among the static files of the deployment (README.md), here in `env.ASSETS`.
import { createStudent, loadBundle, StudentError } from 'recdistill/student';

/** @param kernel the compiled kernel.wasm, for platforms that do not allow compiling WebAssembly at run time */
export function workerWith(kernel) {
  /** Loaded with the first request of an instance. */
  let loading;
  const load = async (env, base) => {
    const { model } = await loadBundle((file) => env.ASSETS.fetch(new URL(`/bundle/${file}`, base)));
    return createStudent(model, kernel ? { kernel } : {});
  };
  return {
    async fetch(request, env) {
      loading ??= load(env, request.url).catch((error) => {
        loading = undefined;
        throw error;
      });
      const student = await loading;
      const { searchParams } = new URL(request.url);
      const user = searchParams.get('user') ?? undefined;
      const items = (searchParams.get('items') ?? '').split(',').filter((id) => id !== '');
      try {
        return Response.json(listFor(student, user, items));
      } catch (error) {
        // A user of a bundle without users (wrong-kind), or no known item and no popular ones (empty-history).
        if (!(error instanceof StudentError)) throw error;
        const { code, message, hint } = error;
        return Response.json({ error: { code, message, hint } }, { status: 422 });
      }
    },
  };
}

/** The same lists as those of `recdistill serve`. */
function listFor(student, user, items) {
  const isRefused = items.length === 0 && student.model.nUsers === 0;
  if (user !== undefined && (student.hasUser(user) || isRefused))
    return student.recommend(user, { k: 5, exclude: items });
  // Without any known item: popular items.
  return student.recommendFromItems(
    items.filter((id) => student.hasItem(id)),
    { k: 5 },
  );
}

export default workerWith();
