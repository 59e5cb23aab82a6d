// Style sheets, scripts and pictures are kept, because their addresses name their content; pages come from the
// line. A public page that was read lately can be read again without one; a personal page is never kept.
// The two constants are filled in by the server.
const VERSION = "{version}";
const FILES = {files};
const SHELL = `tongban-${VERSION}`;
const PAGES = "tongban-pages";
const PAGES_MAX = 30;

const fetchOffline = async () => {
  const cache = await caches.open(SHELL);
  const answer = await fetch("/offline");
  if (answer.ok) await cache.put("/offline", answer);
};

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(SHELL);
    await cache.addAll(FILES);
    await fetchOffline();
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
    await clients.claim();
  })());
});

const asset = async (request) => {
  const known = await caches.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(SHELL)).put(request, answer.clone());
  return answer;
};

// A page that may be kept says so: the server sends personal ones with no-store.
const mayKeep = (request, answer) =>
  request.method === "GET" && answer.ok && !answer.redirected && !answer.headers.get("cache-control")?.includes("no-store") &&
  answer.headers.get("content-type")?.startsWith("text/html");

const keepPage = async (request, answer) => {
  const cache = await caches.open(PAGES);
  await cache.put(request.url, answer);
  const known = await cache.keys();
  for (const old of known.slice(0, Math.max(0, known.length - PAGES_MAX))) await cache.delete(old);
};

const page = async (event) => {
  const { request } = event;
  try {
    const answer = await fetch(request);
    if (mayKeep(request, answer)) event.waitUntil(keepPage(request, answer.clone()));
    // The page for when there is no line follows language, 关怀版 and colours.
    if (new URL(request.url).pathname === "/prefs") event.waitUntil(fetchOffline());
    return answer;
  } catch (error) {
    const known = request.method === "GET" ? await (await caches.open(PAGES)).match(request.url, { ignoreVary: true }) : undefined;
    return known ?? await caches.match("/offline", { ignoreVary: true }) ?? Promise.reject(error);
  }
};

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "GET" && url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate") event.respondWith(page(event));
});
