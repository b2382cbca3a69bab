// Runs the library, away from the page, so that the page answers every touch meanwhile.
import {loadPyodide} from "./pyodide/pyodide.mjs";

const FOLDER = new URL("./", location.href).href;
const SHEET = /^[\w-][\w.-]*\.ya?ml$/;
const LARGEST = 2_000_000;
const SHEETS = `needlecare-sheets ${FOLDER}`;
const network = self.fetch.bind(self);
let python, handle, versions = 0;

// Fetches from this folder and from nowhere else, whatever asks for it, and counts what has come.
async function fetchHere(resource, options) {
  const url = new URL(resource.url ?? resource, location.href).href;
  if (!url.startsWith(FOLDER)) throw new TypeError(`${url} is not in this folder`);
  const answer = await network(url, {...options, redirect: "error"});
  if (!answer.ok) throw new TypeError(`${url.slice(FOLDER.length)} is missing (${answer.status})`);
  count(answer.clone()).catch(() => {});
  return answer; // as it came: what the browser has compiled of it before, it keeps beside it
}

async function count({body}) {
  for (const reader = body.getReader(); ;) {
    const {done, value} = await reader.read();
    if (done) return;
    postMessage({bytes: value.byteLength});
  }
}

async function start() {
  self.fetch = fetchHere;
  const packages = fetchHere("site.zip").then((answer) => answer.arrayBuffer());
  packages.catch(() => {});
  python = await loadPyodide({indexURL: `${FOLDER}pyodide/`});
  python.unpackArchive(await packages, "zip", {extractDir: "/site"});
  // From here on nothing needs the network but the sheets, which are fetched below.
  self.fetch = () => Promise.reject(new TypeError("nothing is fetched from here"));
  for (const name of ["XMLHttpRequest", "WebSocket", "EventSource", "WebTransport"]) delete self[name];
  // What libraries warn of is for programmers.
  python.runPython("import sys, warnings; sys.path.insert(0, '/site'); warnings.simplefilter('ignore')");
  handle = python.pyimport("bridge").handle;
}

function call(name, fields) {
  return JSON.parse(handle(JSON.stringify({call: name, ...fields})));
}

// Sheets: rule files beside the page, as `?rules=` names them. One that is in use stays until a new one is taken.

function isSheet(rules) {
  return rules.endsWith(".yaml") || rules.endsWith(".yml");
}

async function storage() {
  try {
    return await caches.open(SHEETS);
  } catch {
    return null; // refused: then it is fetched each time
  }
}

async function read(name, store) {
  const url = FOLDER + name;
  const kept = store && (await store.match(url));
  const answer = kept || (await network(url, {cache: "no-store", redirect: "error"}));
  if (!answer.ok) throw new Error(`There is no ${name} beside this page.`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length > LARGEST) throw new Error(`${name} is too large for a sheet.`);
  return bytes;
}

// Writes the sheet, and what it needs beside it, where Python finds them; returns the files and their place.
async function fetchSheet(name, store) {
  if (!SHEET.test(name)) throw new Error(`“${name}” can't be a sheet: it is a file of this folder, such as my-clinic.yaml.`);
  const folder = `/sheets/${++versions}/`, files = new Map(), names = [name];
  python.FS.mkdirTree(folder);
  for (const one of names) {
    files.set(one, await read(one, store));
    python.FS.writeFile(folder + one, files.get(one));
    if (!isSheet(one)) continue;
    const {result, error} = call("find_beside", {rules: folder + one});
    if (error) throw new Refused(error.text);
    for (const beside of result) if (!names.includes(beside)) names.push(beside);
  }
  return {files, rules: folder + name};
}

async function keep(files) {
  try {
    const store = await caches.open(SHEETS);
    for (const [name, bytes] of files) await store.put(FOLDER + name, new Response(bytes));
  } catch {
    // Refused, or no room is left: then it is fetched each time.
  }
}

function isSame(files, others) {
  const same = (one, other) => one.length === other?.length && one.every((byte, at) => byte === other[at]);
  return files.size === others.size && [...files].every(([name, bytes]) => same(bytes, others.get(name)));
}

// What is wrong with a sheet, without the place where only this worker sees it.
class Refused extends Error {
  get reason() {
    return this.message.replaceAll(/\/sheets\/\d+\//g, "").split("\n").slice(0, 5).join("\n");
  }
}

function describe(rules) {
  const {result, error} = call("describe", {rules});
  if (error) throw new Refused(error.text);
  return {result: {...result, path: rules}};
}

let opened, newest;

const CALLS = {
  // Opens a sheet as it was kept here, else as it lies on the server.
  async open({rules}) {
    const store = await storage();
    if (store && (await store.match(FOLDER + rules))) {
      try {
        opened = await fetchSheet(rules, store);
        return describe(opened.rules);
      } catch {
        // What was kept doesn't fit this version any more: the newest may.
      }
    }
    opened = await fetchSheet(rules, null);
    const described = describe(opened.rules);
    await keep(opened.files);
    return described;
  },
  // Looks whether the server has another sheet than the one that is open; none if it can't be reached or is wrong.
  async renew({rules}) {
    try {
      newest = await fetchSheet(rules, null);
      return isSame(opened.files, newest.files) ? {result: null} : describe(newest.rules);
    } catch {
      return {result: null};
    }
  },
  async take() {
    await keep(newest.files);
    return {result: null};
  },
};

// The last line of what Python says is the reason.
function reason(error) {
  return error.reason ?? String(error.message ?? error).trim().split("\n").pop();
}

const started = start();
started.then(() => postMessage({ready: true}), (error) => postMessage({failed: reason(error)}));

addEventListener("message", async ({data: {id, name, fields}}) => {
  try {
    await started;
    postMessage({id, ...(name in CALLS ? await CALLS[name](fields) : call(name, fields))});
  } catch (error) {
    postMessage({id, error: {field: "", text: reason(error)}});
  }
});
