// A small shop with recommendations in its own process: no separate server, no training data.
// node examples/node-app/app.mjs BUNDLE [PORT]
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createStudent, loadBundle } from 'recdistill/student';

const [folder, port = '3000'] = process.argv.slice(2);
const { model } = await loadBundle((file) => readFile(join(folder, file)));
const student = createStudent(model);
student.warmUp();

/** The basket of each visitor. A real shop would use its session store. */
const baskets = new Map();

const answers = {
  '/home': (user) => (student.hasUser(user) ? student.recommend(user, { k: 5 }) : forBasket(user)),
  '/basket': (user, item) => {
    if (item && student.hasItem(item)) baskets.set(user, [...(baskets.get(user) ?? []), item]);
    return forBasket(user);
  },
  '/item': (_user, item) => (student.hasItem(item) ? student.similarItems(item, { k: 5 }) : []),
};
const forBasket = (user) => {
  const items = baskets.get(user) ?? [];
  return items.length > 0 ? student.recommendFromItems(items, { k: 5 }) : [];
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://shop');
  const answer = answers[pathname]?.(searchParams.get('user') ?? '', searchParams.get('item') ?? '');
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? { error: 'try /home, /basket or /item' }));
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/home?user=${encodeURIComponent(model.userIds[0])}`);
});
process.once('SIGTERM', () => server.close());
