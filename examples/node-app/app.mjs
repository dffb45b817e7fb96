// A small shop with recommendations in its own process: no separate server, no training data.
// node examples/node-app/app.mjs BUNDLE [PORT]
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createStudent, loadBundle, StudentError } from 'recdistill/student';

const [folder, port = '3000'] = process.argv.slice(2);
const { model } = await loadBundle((file) => readFile(join(folder, file)));
const student = createStudent(model);
student.warmUp();

/** The basket of each visitor. A real shop would use its session store. */
const baskets = new Map();

const answers = {
  '/home': (user) =>
    student.hasUser(user) ? student.recommend(user, { k: 5, exclude: basketOf(user) }) : forBasket(user),
  '/basket': (user, item) => {
    if (item && student.hasItem(item)) baskets.set(user, [...basketOf(user), item]);
    return forBasket(user);
  },
  '/item': (_user, item) => (student.hasItem(item) ? student.similarItems(item, { k: 5 }) : []),
};
const basketOf = (user) => baskets.get(user) ?? [];
/** For an empty basket: popular items. */
const forBasket = (user) => {
  try {
    return student.recommendFromItems(basketOf(user), { k: 5 });
  } catch (error) {
    // A bundle without users may have no popular items.
    if (error instanceof StudentError && error.code === 'empty-history') return [];
    throw error;
  }
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://shop');
  const answer = answers[pathname]?.(searchParams.get('user') ?? '', searchParams.get('item') ?? '');
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? { error: 'try /home, /basket or /item' }));
});
server.listen(Number(port), '127.0.0.1', () => {
  const [path, id] =
    model.nUsers > 0 ? ['/home?user=', model.userIds[0]] : ['/basket?user=guest&item=', model.itemIds[0]];
  console.log(`http://127.0.0.1:${server.address().port}${path}${encodeURIComponent(id)}`);
});
process.once('SIGTERM', () => server.close());
