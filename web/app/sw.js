// Keeps the page for when there is no connection. RELEASE stands above: it is written when the folder is built.
// Several folders may lie on one server: each has caches of its own.
const OURS = `needlecare ${registration.scope} `, CACHE = OURS + RELEASE.version;
const MANIFEST = "app.webmanifest";
const KINDS = {
  css: "text/css", html: "text/html", js: "text/javascript", json: "application/json", mjs: "text/javascript",
  png: "image/png", svg: "image/svg+xml", txt: "text/plain", wasm: "application/wasm", webmanifest: "application/manifest+json",
  zip: "application/zip",
};

// As the page's own policy, which a worker doesn't inherit.
function headersOf(name) {
  const kind = KINDS[name.split(".").pop()];
  return {"Content-Type": kind.startsWith("text/") ? `${kind}; charset=utf-8` : kind, "Content-Security-Policy": RELEASE.policy};
}

async function fetchFile(name) {
  // Of this version and no other: a folder that is half replaced on the server is not taken.
  const answer = await fetch(name, {cache: "no-cache", integrity: RELEASE.files[name], redirect: "error"});
  if (!answer.ok) throw new TypeError(`${name} is missing`);
  return new Response(await answer.arrayBuffer(), {headers: headersOf(name)});
}

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    for (const name of Object.keys(RELEASE.files)) await cache.put(name, await fetchFile(name));
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await clients.claim();
  })());
});

addEventListener("fetch", (event) => {
  const scope = registration.scope, url = new URL(event.request.url);
  const name = url.href.startsWith(scope) ? url.pathname.slice(new URL(scope).pathname.length) || "index.html" : "";
  if (event.request.method !== "GET" || !Object.hasOwn(RELEASE.files, name)) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE), file = (await cache.match(name)) ?? await fetchFile(name);
    if (name !== MANIFEST || !url.search) return file;
    // What is put on the home screen opens with the sheet that it was put there with.
    const manifest = {...await file.json(), start_url: `./${url.search}`};
    return new Response(JSON.stringify(manifest), {headers: headersOf(name)});
  })());
});

addEventListener("message", (event) => {
  if (event.data === "about") event.ports[0].postMessage({urgent: RELEASE.urgent});
  if (event.data === "take over") skipWaiting();
});
