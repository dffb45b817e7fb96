// An edge worker: GET /?user=ID or /?items=ID,ID, with a bundle of either kind; one without users answers for items. It only needs web APIs: fetch, Response, URL and crypto.subtle.
// The bundle is one of the static files of the deployment, here in `env.ASSETS`.
import { createStudent, loadBundle } from 'recdistill/student';

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
      const user = searchParams.get('user');
      const items = (searchParams.get('items') ?? '').split(',').filter((id) => student.hasItem(id));
      if (user !== null && student.hasUser(user)) return Response.json(student.recommend(user, { k: 5 }));
      if (items.length > 0) return Response.json(student.recommendFromItems(items, { k: 5 }));
      return Response.json({ error: 'give a known user, or items' }, { status: 404 });
    },
  };
}

export default workerWith();
