// Everything runs in the browser: the bundle is downloaded once, and the liked items never leave the device.
import { createStudent, loadBundle, StudentError } from './student/index.js';

const started = performance.now();
const { model } = await loadBundle((file) => fetch(`bundle/${file}`));
const student = createStudent(model);
const kernel = student.warmUp();
const at = (id) => document.getElementById(id);
at('state').textContent =
  `${model.nItems} items, ready after ${Math.round(performance.now() - started)} ms (${kernel === 'wasm' ? 'WebAssembly' : 'plain'}).`;

const nameOf = (itemId, label) => label || itemId;
const likes = [];

/** Without likes: popular items. A bundle without users may have none. */
function listed() {
  try {
    return student.recommendFromItems(likes, { k: 5 });
  } catch (error) {
    if (error instanceof StudentError && error.code === 'empty-history') return [];
    throw error;
  }
}

function show() {
  at('likes').textContent = likes.join(', ') || 'nothing yet';
  at('list').replaceChildren(
    ...listed().map(({ itemId, label }) => {
      const line = document.createElement('li');
      line.textContent = nameOf(itemId, label);
      line.dataset.item = itemId;
      return line;
    }),
  );
}

for (const [n, itemId] of model.itemIds.slice(0, 30).entries()) {
  const button = document.createElement('button');
  button.textContent = nameOf(itemId, model.labels?.[n]);
  button.dataset.item = itemId;
  button.addEventListener('click', () => {
    if (!likes.includes(itemId)) likes.push(itemId);
    show();
  });
  at('catalogue').append(button);
}
show();
