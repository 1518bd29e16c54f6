/* The service worker: the player's own files as one release, and films that were kept for later.
   `self.BUILD` (version, files with their checksums) stands above this line in what the server sends.
   Nothing personal goes through here: the API is never kept, and never touched. */

const SHELL = `player-${self.BUILD.version}`;
const KEPT = "player-kept"; // films; they outlive releases

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL);
      // Each file must be the one of this release, or the whole installation is tried again later:
      // a device never runs one half of a release with the other half of the next.
      await Promise.all(
        self.BUILD.files.map(async ({ url, integrity }) => {
          const response = await fetch(url, { integrity, cache: "no-cache", credentials: "omit" });
          if (!response.ok) throw new Error(`${url}: ${response.status}`);
          await cache.put(url, response);
        }),
      );
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("player-") && name !== SHELL && name !== KEPT) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/") event.respondWith(fromShell("/", request));
  else if (url.pathname.startsWith("/kept/")) event.respondWith(fromKept(url.pathname, request));
  else if (url.pathname === self.BUILD.hls) event.respondWith(onceFetched(request));
  else if (self.BUILD.files.some((file) => file.url === url.pathname)) event.respondWith(fromShell(url.pathname, request));
});

async function fromShell(path, request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(path)) ?? fetch(request);
}

async function onceFetched(request) {
  const cache = await caches.open(SHELL);
  const found = await cache.match(request.url);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) await cache.put(request.url, response.clone());
  return response;
}

/** A kept file, whole or the range that was asked for; players of iOS ask for nothing but ranges. */
async function fromKept(path, request) {
  const cache = await caches.open(KEPT);
  const found = await cache.match(path);
  if (!found) return new Response("Not kept on this device.\n", { status: 404, headers: { "Content-Type": "text/plain" } });
  const blob = await found.blob();
  const headers = { "Content-Type": found.headers.get("Content-Type"), "Accept-Ranges": "bytes" };
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("Range") ?? "");
  if (!asked || (!asked[1] && !asked[2])) {
    return new Response(blob, { headers: { ...headers, "Content-Length": String(blob.size) } });
  }
  const first = asked[1] ? Number(asked[1]) : Math.max(blob.size - Number(asked[2]), 0);
  const last = asked[1] && asked[2] ? Math.min(Number(asked[2]), blob.size - 1) : blob.size - 1;
  if (first > last) return new Response(null, { status: 416, headers: { ...headers, "Content-Range": `bytes */${blob.size}` } });
  return new Response(blob.slice(first, last + 1), {
    status: 206,
    headers: { ...headers, "Content-Length": String(last - first + 1), "Content-Range": `bytes ${first}-${last}/${blob.size}` },
  });
}
