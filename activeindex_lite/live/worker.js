// Runs in a worker: opens what the page holds, then makes the events of one move after another. A new move ends the one
// before at its next pause; a new picture too.

const channel = new MessageChannel();
// Lets messages in: a timer would take 4 ms.
const pause = () =>
  new Promise((done) => {
    channel.port1.onmessage = done;
    channel.port2.postMessage(null);
  });

let story;
let latest = 0;
let working = Promise.resolve();

async function open({ live, picture }) {
  const { bytes, kind } = runnable(live.binaries);
  const core = await startCore(bytes, { ...live.network, weights: halves(bytesOf(live.weights)) });
  const pictureOf = async (uri) => opened(await (await fetch(uri)).blob());
  const captions = await Promise.all(live.captions.map(pictureOf));
  story = storyteller({ ...live, core, captions, indexes: openIndexes(live.indexes) });
  await story.choose(picture, live.id);
  postMessage({ kind: "ready", core: kind });
}

async function tellAll(move, number) {
  for await (const event of story.events(move)) {
    if (event && number === latest) postMessage({ event, number });
    await pause();
    if (number !== latest) return;
  }
}

const WORK = {
  open,
  picture: ({ picture, id }) => story.choose(picture, id),
  move: ({ move }, number) => tellAll(move, number),
};

self.onmessage = ({ data }) => {
  const number = ++latest;
  // One after another, since they share the memory of the core.
  working = working
    .then(() => (number === latest || data.kind !== "move" ? WORK[data.kind](data, number) : null))
    .catch((error) => postMessage({ kind: "failed", message: error.message }));
};
