// What time it is in the market. That is this machine's clock, unless the newest block is ahead of it, as on a chain for
// trying things out; a block that is behind says nothing, as the node or the index may have stopped.

const NOTICED = 20;
let ahead = 0;

/** Each answer of the API tells the time of the index's newest block. */
export function told(time) {
  const found = time - Date.now() / 1000;
  if (found > NOTICED) ahead = Math.max(ahead, found);
}

export const marketNow = () => Math.floor(Date.now() / 1000 + ahead);
