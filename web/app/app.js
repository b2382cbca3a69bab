// The page around the plan: a form made of what the rules ask, the plan, questions, a calendar. Whatever is worked out
// comes from worker.js. Text from rules and from people is set as text; the one markup that is taken is the plan's.
"use strict";

const FOLDER = new URL("./", location.href).href, SHEETS = `needlecare-sheets ${FOLDER}`;
const NONE = "none", END = "end", LONGEST_LINK = 20_000, MANY = 12, STALE = 15 * 60 * 1000, A_MOMENT = 3000, A_YEAR = 366 * 24 * 60 * 60 * 1000;
const NOT_KEPT = "This browser keeps nothing for this page: it needs a connection.";
const FIELDS = ["date", "time", "tz", "next"];
const named = new URLSearchParams(location.search).get("rules") || null;
const here = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
// What the form asks is *about* the *rules*: the facts *known* to them. *extra* are answers without a field of their own.
let about, rules, known = [], extra = new Map(), shown = null, worker;

const $ = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const {dataset, ...own} = attributes, made = Object.assign(document.createElement(tag), own);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

function tell(text, ...buttons) {
  const line = make("p", {className: "message"}, text, ...buttons.flatMap((button) => [" ", button]));
  $("messages").append(line);
  return line;
}

// The worker.

const waiting = new Map();
let requests = 0;

function request(name, fields = {}) {
  return new Promise((resolve, reject) => {
    const id = ++requests;
    waiting.set(id, {resolve, reject});
    worker.postMessage({id, name, fields});
  });
}

// Asks something of the plan of *answers*, now, by the rules that are open.
function requestOf(name, answers, more = {}) {
  const now = name === "calendar" ? {} : {now: new Date().toISOString()};
  return request(name, {rules: about.path ?? rules, answers: Object.fromEntries(answers), here, ...now, ...more});
}

class Refused extends Error {
  constructor({field, text}) {
    super(text);
    this.field = field;
  }
}

function startWorker(all) {
  let bytes = 0;
  worker = new Worker("worker.js", {type: "module"});
  return new Promise((resolve, reject) => {
    worker.onmessage = ({data}) => {
      if (data.bytes) {
        bytes += data.bytes;
        progress(Math.min(1, bytes / all), bytes < all ? "loading, once; you can fill this in meanwhile" : "starting");
      } else if (data.ready) resolve();
      else if (data.failed) reject(new Error(data.failed));
      else {
        const {resolve: done, reject: refused} = waiting.get(data.id);
        waiting.delete(data.id);
        if (data.error) refused(new Refused(data.error));
        else done(data.result);
      }
    };
    worker.onerror = (event) => reject(new Error(event.message || "the program can't be loaded"));
  });
}

function progress(part, stage) {
  $("progress").value = part;
  $("stage").textContent = stage;
}

// The form: one row for each fact of the rules, whatever they ask.

function drawForm(description) {
  const typed = read();
  known = description.facts;
  $("facts").replaceChildren(...known.filter((fact) => fact.first).map((fact) => drawFact(fact)));
  $("person").replaceChildren($("person").firstElementChild, ...known.filter((fact) => !fact.first).map(drawClosed));
  fill(typed);
  drawClinic(description.clinic);
  const [notice, ...more] = description.notice;
  const link = document.querySelector("#top .to-help");
  document.querySelector("#top .notice").replaceChildren(`${[notice, ...more].join(" ")} `, link);
  $("help-rows").replaceChildren(...description.help.map(([tone, head, text]) =>
    make("div", {className: tone}, make("dt", {}, head), make("dd", {}, ...dialled(text)))));
  const {title, version, hash, urgent} = description.rules;
  $("version").textContent = `Rules: ${title}, version ${version}, ${hash}.`;
  $("urgent")?.remove();
  if (urgent) tell(`The rules were corrected (version ${version}): ${urgent}`).id = "urgent";
}

function drawClinic(clinic) {
  $("clinic").hidden = !clinic;
  if (!clinic) return;
  const text = make("p", {}, make("strong", clinic.language ? {lang: clinic.language} : {}, clinic.name));
  if (clinic.phone) text.append(make("br"), dial(clinic.phone));
  $("clinic").replaceChildren(...(clinic.logo ? [make("img", {src: clinic.logo, alt: ""})] : []), text);
  for (const scheme of ["light", "dark"]) {
    if (clinic[scheme]) document.documentElement.style.setProperty(`--own-${scheme}`, clinic[scheme]);
  }
}

function dial(number) {
  const digits = number.toLowerCase().split(/[ex]/)[0].replace("(0)", "").replace(/[^\d+]/g, "");
  return make("a", {href: `tel:${digits}`}, number);
}

// The emergency numbers can be tapped wherever they stand.
function dialled(text) {
  const numbers = about.emergency.filter(Boolean).map((one) => one.replace(/[^\w ]/g, "\\$&")).join("|");
  if (!numbers) return [text];
  return text.split(new RegExp(`\\b(${numbers})\\b`)).map((part, at) => at % 2 ? dial(part) : part);
}

// A clinic calls its facts as it likes; none of them is taken for a field of ours.
function nameOf(fact) {
  return `fact-${fact.id}`;
}

function drawFact(fact) {
  const error = make("p", {className: "error", id: `fact-${fact.id}-error`, hidden: true});
  if (fact.number) {
    const [low, high, unit] = fact.number;
    const input = make("input", {type: "number", name: nameOf(fact), id: `fact-${fact.id}`, min: low, max: high, step: "any", inputMode: "decimal"});
    input.setAttribute("aria-describedby", error.id);
    const label = make("label", {htmlFor: input.id}, `${fact.ask} `, make("small", {}, `(${unit || "number"}, if you know)`));
    return make("p", {}, label, " ", input, error);
  }
  const assumed = fact.assumed ? ` (else: ${fact.assumed === NONE ? "nothing" : fact.assumed})` : "";
  const legend = make("legend", {}, fact.ask, make("small", {}, assumed));
  const field = make("fieldset", {}, legend, ...drawAnswers(fact), error);
  field.setAttribute("aria-describedby", error.id);
  return field;
}

function drawAnswers(fact) {
  const list = make("div", {className: "choices"}), parts = [list];
  const none = fact.several && (!fact.first || fact.assumed === NONE);
  if (!fact.several) list.append(drawAnswer(fact, ["", "I don't know", "", ""]));
  list.append(...fact.answers.map((answer) => drawAnswer(fact, answer)));
  if (none) list.append(drawAnswer(fact, [NONE, "none of these", "", ""]));
  if (fact.answers.length > MANY) {
    const search = make("input", {type: "search", placeholder: "Search", ariaLabel: `Search: ${fact.ask}`});
    const nothing = make("span", {className: "hint", role: "status"});
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      for (const one of list.children) one.hidden = !one.dataset.names.includes(wanted) && !one.querySelector(":checked");
      const isFound = [...list.children].some((one) => one.dataset.names.includes(wanted));
      nothing.textContent = isFound ? "" : ` Nothing is called so.${fact.open ? " Write it under “Anything else?”" : ""}`;
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    parts.unshift(make("p", {}, search, nothing));
  }
  if (fact.open) {
    const other = make("input", {type: "text", maxLength: 200, autocomplete: "off", id: `other-${fact.id}`});
    parts.push(make("p", {}, make("label", {}, "Anything else? ", other)));
  }
  return parts;
}

function drawAnswer(fact, [id, label, dated, names]) {
  const input = make("input", {type: fact.several ? "checkbox" : "radio", name: nameOf(fact), value: id});
  input.checked = !fact.several && !id;
  const one = make("div", {className: "choice", dataset: {names: `${label} ${names}`.toLowerCase()}}, make("label", {}, input, ` ${label}`));
  if (!dated) return one;
  const day = make("input", {type: "date", dataset: {dated: ""}});
  const when = make("label", {className: "dated-answer", hidden: true}, `${dated}, if that is over: `, day);
  input.addEventListener("change", () => (when.hidden = !input.checked));
  one.append(when);
  return one;
}

function drawClosed(fact) {
  const count = make("small");
  const closed = make("details", {}, make("summary", {}, fact.ask, " ", count), drawFact({...fact, ask: fact.ask}));
  closed.querySelector("legend")?.classList.add("unseen");
  closed.addEventListener("change", () => countAnswers(closed));
  return closed;
}

function countAnswers(closed) {
  const given = [...closed.querySelectorAll("input")].filter((one) =>
    ["checkbox", "radio"].includes(one.type) ? one.checked && one.value : one.value && one.type !== "search" && !("dated" in one.dataset));
  closed.querySelector("summary small").textContent = given.length ? `(${given.length})` : "";
}

// None of these excludes the others, and they it.
$("form").addEventListener("change", ({target}) => {
  if (target.type !== "checkbox" || !target.checked || !target.name) return;
  for (const other of document.getElementsByName(target.name)) {
    if (other !== target && (other.value === NONE) !== (target.value === NONE)) uncheck(other);
  }
});

function uncheck(input) {
  if (!input.checked) return;
  input.checked = false;
  input.dispatchEvent(new Event("change", {bubbles: true}));
}

// Answers: a map from the names of options to lists of texts, in the form, in a link, and kept on the phone.

// What can't be read is sent too: whoever reads it says what would be right.
function valueOf(input) {
  return input.value || (input.validity.badInput ? "?" : "");
}

function read() {
  const found = new Map(extra);
  const add = (name, value) => value && found.set(name, [...(found.get(name) ?? []), value]);
  for (const name of FIELDS) add(name, valueOf($(`my-${name}`)));
  for (const fact of known) {
    for (const input of document.getElementsByName(nameOf(fact))) {
      if (input.type === "number") add(fact.id, valueOf(input));
      else if (input.checked && input.value) {
        const day = input.closest(".choice").querySelector("[data-dated]")?.value;
        add(fact.id, day ? `${input.value}=${day}` : input.value);
      }
    }
    add(fact.id, $(`other-${fact.id}`)?.value.trim());
  }
  return found;
}

// Fills in answers; returns those that the form doesn't ask for.
function fill(answers) {
  const left = new Map();
  for (const [name, texts] of answers) {
    const fact = known.find((one) => one.id === name);
    const filled = (text) => fact ? fillFact(fact, text) : FIELDS.includes(name) && fillField($(`my-${name}`), text);
    if (name === "seen") extra.set(name, texts);
    else if (texts.length > 1 && !fact?.several) left.set(name, texts);
    else if (texts.some((text) => !filled(text))) left.set(name, texts);
  }
  document.querySelectorAll("#person details").forEach(countAnswers);
  // The zone that the phone is in needn't be shown.
  if ($("my-tz").value === here) $("my-tz").value = "";
  $("zone-field").hidden = !$("my-tz").value;
  return left;
}

function fillField(input, text) {
  input.value = text;
  return Boolean(input.value);
}

function fillFact(fact, text) {
  const inputs = [...document.getElementsByName(nameOf(fact))], other = $(`other-${fact.id}`);
  if (fact.number) return fillField(inputs[0], text);
  const [id, day] = text.split("=", 2), input = inputs.find((one) => one.value === id && id);
  const dated = input?.closest(".choice").querySelector("[data-dated]");
  if (input && (!day || dated)) {
    input.checked = true;
    if (dated) {
      dated.value = day ?? "";
      dated.parentElement.hidden = false;
      return dated.value === (day ?? "");
    }
  } else if (other) other.value = other.value ? `${other.value}, ${text}` : text;
  else return false;
  return true;
}

// With its zone: a phone travels, and the treatment stays where it was.
function toLink(answers) {
  const pairs = new URLSearchParams([...new Map([["tz", [here]], ...answers])].flatMap(([name, texts]) => texts.map((text) => [name, text])));
  return `#${pairs}&${END}`;
}

// Reads a link; one that doesn't end as links do was cut off, and a day that lost its end would be another day.
function fromLink(text) {
  const pairs = new URLSearchParams(text.slice(1, LONGEST_LINK)), answers = new Map();
  if (text.length > LONGEST_LINK || !pairs.has(END)) return null;
  pairs.delete(END);
  for (const [name, value] of pairs) answers.set(name, [...(answers.get(name) ?? []), value]);
  return answers;
}

// Remembering: on the phone alone, and only if asked to.

const kept = {
  get key() {
    return `needlecare ${FOLDER} ${rules}`;
  },
  read() {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return null;
    }
  },
  write(text) {
    try {
      if (text === null) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, text);
      return true;
    } catch {
      return text === null;
    }
  },
  // Under whatever rules it was.
  forget() {
    try {
      const ours = Object.keys(localStorage).filter((key) => key.startsWith(`needlecare ${FOLDER} `));
      ours.forEach((key) => localStorage.removeItem(key));
    } catch {
      // Refused: then nothing was kept.
    }
  },
};
// Forgotten in another tab: this one doesn't write it anew.
addEventListener("storage", ({key, newValue}) => {
  if (key === kept.key && newValue === null) $("remember").checked = false;
});

function remember(answers) {
  if (!$("remember").checked || kept.write(toLink(answers))) return;
  $("remember").checked = false;
  tell("This browser keeps nothing for this page, so your answers can't be remembered.");
}

// Empties the form: answers of two people must not meet.
function empty() {
  extra = new Map();
  $("form").reset();
  document.querySelectorAll(".dated-answer").forEach((one) => (one.hidden = true));
  document.querySelectorAll("#person details").forEach(countAnswers);
  $("zone-field").hidden = true;
}

function closePlan() {
  shown = null;
  for (const id of ["head", "plan", "answer", "sightings"]) $(id).replaceChildren();
  showPlan(false);
}

async function forget() {
  runs += 1;
  kept.forget();
  empty();
  closePlan();
  clearErrors();
  for (const one of [...document.querySelectorAll("#messages .of-link"), ...$("dangers").children]) one.remove();
  $("words").value = $("link").value = "";
  $("link").hidden = true;
  try {
    // Which clinic it was, too.
    await caches.delete(SHEETS);
  } catch {
    // Refused: then nothing was kept.
  }
  $("forgotten").textContent = "Forgotten. This phone keeps none of your answers.";
}

// The plan.

function showPlan(is) {
  $("top").hidden = $("signs").hidden = is;
  $("tools").hidden = $("share").hidden = !is;
  $("answers").open = !is;
  // The plan has a main part of its own.
  $("start").role = is ? null : "main";
  if (!is) $("answer").hidden = true;
}

function clearErrors() {
  document.querySelectorAll(".error").forEach((one) => (one.hidden = true));
  document.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  document.querySelectorAll("#messages .failure").forEach((one) => one.remove());
}

// Says what is wrong where it stands; the form keeps what was typed.
function complain(error) {
  if (error instanceof Told) return;
  const {field, message} = error;
  const slot = field && ($(`my-${field}-error`) ?? $(`fact-${field}-error`));
  if (!slot) {
    tell(message).classList.add("failure");
    $("messages").scrollIntoView({block: "nearest"});
    return;
  }
  slot.textContent = message;
  slot.hidden = false;
  for (let one = slot.closest("details"); one; one = one.parentElement.closest("details")) one.open = true;
  slot.parentElement.hidden = false;
  const input = slot.parentElement.querySelector("input");
  input?.setAttribute("aria-invalid", "true");
  input?.focus();
}

// An error that has been said already.
class Told extends Error {}

// Plans that were asked for: only the newest is drawn, whatever comes later.
let runs = 0;

async function show(answers, {isNew = true} = {}) {
  const run = ++runs;
  clearErrors();
  $("forgotten").textContent = "";
  if (shown && answers.has("seen") && `${answers.get("date")}` !== `${shown.answers.get("date")}`) {
    extra.delete("seen");
    answers.delete("seen");
    tell("What you saw after the earlier treatment isn't counted for this one.").classList.add("of-link");
  }
  $("show").textContent = "One moment: your plan is coming";
  try {
    await loaded;
    await findDangers();
    const plan = await requestOf("plan", answers);
    if (run !== runs) return;
    if (plan.rules.hash !== about.rules.hash) throw new Error("This page is being renewed. Load it anew in a minute.");
    draw(answers, plan, isNew);
  } catch (error) {
    if (run !== runs) return;
    // No plan is better than one of other answers.
    closePlan();
    complain(error);
  }
  $("show").textContent = "Show my plan";
  if ($("dangers").children.length) $("dangers").scrollIntoView();
}

// What people write beside an illness may be an emergency.
async function findDangers() {
  const typed = known.filter((fact) => fact.open).map((fact) => [fact.id, $(`other-${fact.id}`).value.trim()]);
  const texts = Object.fromEntries(typed.filter(([, text]) => text).map(([name, text]) => [name, [text]]));
  const found = Object.keys(texts).length ? await request("find_dangers", {rules: about.path ?? rules, texts}) : [];
  $("dangers").replaceChildren(...found.map((text) =>
    make("div", {className: "message failure"}, ...text.trim().split("\n").map((line) => make("p", {}, ...withButtons(line))))));
}

function draw(answers, plan, isNew) {
  shown = {answers, at: Date.now()};
  const body = new DOMParser().parseFromString(plan.body, "text/html").body;
  // A file, which phones take, in the place of a link that holds one.
  body.querySelector(".save")?.remove();
  // A place in the plan before this one is none in it.
  if (location.hash) history.replaceState(null, "", location.href.split("#")[0]);
  $("head").replaceChildren(body.querySelector("header"));
  // Its own script puts today first; each plan runs it anew.
  $("plan").replaceChildren(body.querySelector("main"), make("script", {src: "page.js"}));
  drawSightings(plan);
  $("unasked").hidden = known.some((fact) => !fact.first && answers.has(fact.id));
  $("zone").hidden = plan.zone === here;
  $("zone").textContent = `All times are by the clock of ${plan.zone.split("/").pop().replaceAll("_", " ")}.`;
  $("far")?.remove();
  if (Math.abs(Date.parse(answers.get("date")[0]) - Date.now()) > A_YEAR) {
    tell(`Is the date right? ${written(answers.get("date")[0])} is more than a year away.`).id = "far";
  }
  showPlan(true);
  remember(answers);
  if (!isNew) return;
  // What was answered, and copied, was of another plan.
  $("answer").hidden = $("link").hidden = true;
  $("copy").textContent = "Copy a link to this plan";
  const title = document.querySelector("#head h1");
  title.tabIndex = -1;
  title.focus();
  scrollTo(0, 0);
}

function drawSightings({seen, awaited, at}) {
  const button = (text, change) => {
    const made = make("button", {type: "button"}, text);
    made.addEventListener("click", () => {
      extra.set("seen", change(shown.answers.get("seen") ?? []));
      show(read());
    });
    return made;
  };
  const without = (all, name) => all.filter((one) => one.split("=")[0] !== name);
  $("sightings").replaceChildren(
    ...Object.entries(awaited).map(([name, label]) => button(`Now: ${label}`, (all) => [...without(all, name), `${name}=${at}`])),
    ...Object.entries(seen).map(([name, label]) => button(`Take back: ${label}`, (all) => without(all, name))),
  );
  $("seeing").hidden = !$("sightings").children.length;
}

// Today's card and the zone's clock move on while the page lies open.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && shown && Date.now() - shown.at > STALE) show(shown.answers, {isNew: false});
});

// Questions.

async function ask(words) {
  const plan = shown;
  clearErrors();
  $("answer").hidden = false;
  $("answer").setAttribute("aria-busy", "true");
  try {
    const {text, tone} = await requestOf("ask", plan.answers, {words});
    // Another plan was made meanwhile.
    if (shown !== plan) return shown && ask(words);
    $("answer").className = tone;
    $("answer").replaceChildren(make("p", {className: "asked"}, words), ...text.trim().split("\n").map((line) => make("p", {}, ...withButtons(line))));
  } catch (error) {
    $("answer").hidden = true;
    complain(error);
  }
  $("answer").removeAttribute("aria-busy");
}

// What an answer says to type next is a button here.
function withButtons(line) {
  return line.split(/`([^`]*)`/).flatMap((text, at) => {
    const [program, command, ...words] = text.split(" ");
    if (at % 2 === 0 || program !== "needlecare") return dialled(text);
    if (command === "today") return make("a", {href: "#help"}, "see there");
    const button = make("button", {type: "button", className: "inline"}, words.length || command === "check" ? command : text);
    button.addEventListener("click", () => ask([command, ...words].join(" ").replace("check --all", "check")));
    return button;
  });
}

// Files, links, versions.

async function save() {
  clearErrors();
  try {
    const text = await requestOf("calendar", shown.answers);
    const url = URL.createObjectURL(new Blob([text], {type: "text/calendar"}));
    make("a", {href: url, download: "aftercare.ics"}).click();
    $("saved").textContent = "Saved as aftercare.ics: open it to add it to your calendar.";
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    complain(error);
  }
}

async function copy() {
  $("link").value = location.href.split("#")[0] + toLink(shown.answers);
  $("link").hidden = false;
  $("link").select();
  try {
    await navigator.clipboard.writeText($("link").value);
    $("copy").textContent = "Copied";
  } catch {
    // It stands there, selected.
  }
}

function offer(text, label, take) {
  const button = make("button", {type: "button"}, label);
  button.addEventListener("click", take);
  tell(text, button);
}

// Loads the page anew without losing what was typed.
function reload() {
  if (shown || read().size) history.replaceState(null, "", toLink(read()));
  location.reload();
}

// Versions: what is new is offered, and waits; what is urgent takes over at the next start.

function takeOver(next) {
  navigator.serviceWorker.addEventListener("controllerchange", reload, {once: true});
  next.postMessage("take over");
}

function offerNext(next) {
  offer("A new version of this page is here.", "Use it", () => takeOver(next));
}

// Returns whether a version that waits since the last visit takes over now.
async function isReplaced() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const next = registration?.scope === FOLDER && registration.active && registration.waiting;
  if (!next) return false;
  const channel = new MessageChannel();
  const urgent = await new Promise((resolve) => {
    channel.port1.onmessage = ({data}) => resolve(data.urgent);
    next.postMessage("about", [channel.port2]);
    setTimeout(resolve, A_MOMENT);
  });
  if (urgent) takeOver(next);
  return Boolean(urgent);
}

async function keepOffline() {
  const registration = await navigator.serviceWorker.register("sw.js", {updateViaCache: "none"});
  if (registration.waiting && registration.active) offerNext(registration.waiting);
  const follow = (coming) => coming?.addEventListener("statechange", () => {
    if (coming.state === "installed" && registration.active) offerNext(coming);
    if (coming.state === "redundant" && !registration.active) $("offline").textContent = NOT_KEPT;
  });
  follow(registration.installing);
  registration.addEventListener("updatefound", () => follow(registration.installing));
  await navigator.serviceWorker.ready;
  // From the service worker, which names the sheet in it: without that it would be installed with other rules.
  document.head.append(make("link", {rel: "manifest", href: `app.webmanifest${location.search}`}));
  $("offline").textContent = "This page works without a connection from now on.";
}

async function renewSheet(isStarting) {
  const found = await request("renew", {rules: named});
  if (!found) return;
  const {version, urgent} = found.rules;
  if (urgent) await request("take");
  if (urgent && isStarting()) {
    about = {...about, ...found};
    drawForm(about);
  } else {
    const text = `Your clinic has a new version of its sheet (${version})${urgent ? `: ${urgent}` : "."}`;
    offer(text, "Use it", async () => {
      await request("take");
      reload();
    });
  }
}

// From the beginning.

// Returns the answers of a link, and takes them out of the address: neither history nor a shoulder needs to see them.
function takeLink() {
  const text = location.hash;
  if (!text.includes("=") && text !== `#${END}`) return null; // a place on the page
  history.replaceState(null, "", location.href.split("#")[0]);
  const answers = fromLink(text);
  if (!answers) tell("This link was cut off, so nothing of it was filled in. Open it as it was sent, or fill in the form.");
  return answers;
}

// Fills in the answers of a link, and says so. A clinic's link knows the treatment alone: what this phone remembers of the
// person comes to it, said and ready to be left out. A link that knows a person is somebody's own, and nothing comes to it.
function useLink(answers, isMine = true) {
  const isOfPerson = ([name]) => known.some((fact) => fact.id === name && !fact.first);
  const text = kept.read(), remembered = [...((text && fromLink(text)) || [])].filter(isOfPerson);
  const added = isMine && ![...answers].some(isOfPerson) ? remembered : [];
  empty();
  document.querySelectorAll("#messages .of-link").forEach((one) => one.remove());
  const say = (...parts) => tell(...parts).classList.add("of-link");
  const left = fill(new Map([...answers, ...added]));
  const filled = listed([...answers].filter(([name]) => !left.has(name)));
  if (filled) say(`Filled in by the link: ${filled}.`);
  // Only what comes of one person is remembered as one.
  $("remember").checked = added.length > 0;
  if (!added.length) {
    if (remembered.length) say("This link is somebody's own: what this phone remembers is not counted with it, and kept.");
    return left;
  }
  const button = make("button", {type: "button"}, "That isn't me");
  button.addEventListener("click", () => {
    useLink(answers, false);
    if (answers.has("date")) show(read());
  });
  say(`From this phone: ${listed(added)}.`, button);
  return left;
}

function tellLeft(left) {
  const names = [...left.keys()].join(", ");
  if (names) tell(`The link also says what this form doesn't ask; left out: ${names}.`).classList.add("of-link");
}

// Names answers as the form does.
function listed(answers) {
  const label = (name, text) => {
    const [id, day] = text.split("=", 2), answer = known.find((one) => one.id === name)?.answers.find(([one]) => one === id);
    return answer ? `${answer[1]}${day ? ` (${written(day)})` : ""}` : written(text);
  };
  return answers.flatMap(([name, texts]) => texts.map((text) => label(name, text))).join(", ");
}

function written(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const form = {weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC"};
  return new Date(text).toLocaleDateString("en-GB", form).replace(",", "");
}

async function begin() {
  if (location.protocol === "file:") return;
  if (!self.WebAssembly || !self.Worker) {
    $("cannot").textContent = "This browser is too old to work out your plan. Any phone of the last three years can.";
    return;
  }
  if (await isReplaced().catch(() => false)) return;
  about = await (await fetch("form.json")).json();
  $("cannot").hidden = true;
  $("form").hidden = $("about").hidden = false;
  rules = named ?? about.built_in;
  drawForm(about);
  const link = takeLink();
  $("loading").hidden = false;
  loaded = start();
  const text = kept.read(), remembered = text && fromLink(text);
  let left = new Map();
  if (link) left = useLink(link);
  else if (remembered) {
    left = fill(remembered);
    $("remember").checked = true;
  }
  // What only the clinic's own sheet asks can be filled in once that is read.
  if (named) {
    await loaded;
    left = fill(left);
  }
  if (link) tellLeft(left);
  if (read().has("date") && (link || remembered)) show(read());
  await loaded;
  // What the first plan loads is ready by the time that it is wanted.
  if (!shown) await requestOf("plan", [["date", ["2000-01-01"]]]);
}

async function start() {
  try {
    await startWorker(about.bytes);
    if (named) await openSheet();
  } catch (error) {
    progress(0, "");
    tell(`The program can't be started: ${error.message}. Load this page anew.`);
    throw new Told();
  } finally {
    $("loading").hidden = true;
  }
  if ("serviceWorker" in navigator) keepOffline().catch(() => ($("offline").textContent = NOT_KEPT));
}

async function openSheet() {
  progress(1, "reading your clinic's sheet");
  try {
    about = {...about, ...await request("open", {rules: named})};
    drawForm(about);
  } catch (error) {
    rules = about.built_in;
    const instead = about.clinic ? "the sheet that is built in" : "general rules";
    $("wrong-sheet").textContent = `Your clinic's sheet can't be used. Ask your clinic; what stands here comes from ${instead}. ${error.message}`;
    $("wrong-sheet").hidden = false;
    return;
  }
  // For a moment only: a slow server keeps nobody from the plan.
  let isStarting = true;
  await Promise.race([renewSheet(() => isStarting), new Promise((resolve) => setTimeout(resolve, A_MOMENT))]);
  isStarting = false;
}

let loaded = Promise.resolve();

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  document.querySelectorAll("#messages .of-link").forEach((one) => one.remove());
  show(read());
});
$("question").addEventListener("submit", (event) => {
  event.preventDefault();
  ask($("words").value);
});
$("save").addEventListener("click", save);
$("copy").addEventListener("click", copy);
$("forget").addEventListener("click", forget);
$("remember").addEventListener("change", () => {
  if (!$("remember").checked) kept.write(null);
  else if (shown) remember(shown.answers);
});
function change(target) {
  $("answers").open = true;
  target.scrollIntoView();
  target.querySelector("input, summary").focus({preventScroll: true});
}
$("change").addEventListener("click", () => change($("answers")));
$("tell").addEventListener("click", () => change($("person")));
addEventListener("hashchange", () => {
  const link = takeLink();
  if (!link) return;
  tellLeft(useLink(link));
  if (link.has("date")) show(read());
  else closePlan();
});
begin().catch((error) => {
  $("cannot").hidden = true;
  complain(error);
});
