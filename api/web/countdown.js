// One clock for every countdown on the page.

const watched = new Set();

export function counting(node, until, draw) {
  const entry = { node, end: new Date(until).getTime(), draw };
  if (tick(entry)) watched.add(entry);
  return node;
}

function tick({ node, end, draw }) {
  const left = Math.max(0, end - Date.now());
  draw(node, left);
  return left > 0;
}

setInterval(() => {
  for (const entry of watched) {
    const gone = entry.seen && !entry.node.isConnected;
    entry.seen ||= entry.node.isConnected;
    if (gone || !tick(entry)) watched.delete(entry);
  }
}, 1000);
