// Puts today first, and gathers what is all right by now. Without it the page says the same, in the order of the plan.
(function () {
  "use strict";
  var main = document.getElementById("main"), plan = main.dataset, now = Date.now(), opened = [];
  var again = document.getElementById("again"), dated = again && again.cloneNode(true);

  function all(selector) {
    return Array.prototype.slice.call(document.querySelectorAll(selector));
  }
  function is(instant) {
    return Date.parse(instant) <= now;
  }
  function today(locale, form) {
    return new Intl.DateTimeFormat(locale, Object.assign({timeZone: plan.zone, day: "numeric"}, form)).format(now);
  }
  // Links lead into what is closed.
  function reveal() {
    var aim = document.getElementById(location.hash.slice(1)), one = aim && aim.closest("details");
    for (; one; one = one.parentElement.closest("details")) one.open = true;
    if (aim) aim.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();
  // Paper shows some of it too, and what is all right by now only today.
  addEventListener("beforeprint", function () {
    if (again) again.replaceWith(dated);
    opened = all("details.paper:not([open])");
    opened.forEach(function (one) { one.open = true; });
  });
  addEventListener("afterprint", function () {
    if (again) dated.replaceWith(again);
    opened.forEach(function (one) { one.open = false; });
  });
  ["light", "dark"].forEach(function (scheme) {
    if (plan[scheme]) document.documentElement.style.setProperty("--own-" + scheme, plan[scheme]);
  });

  if (!is(plan.moment)) {
    var before = document.getElementById("before"), against = document.getElementById("against");
    if (before) before.open = true;
    if (before && against) against.after(before);
    else if (before) before.parentElement.prepend(before);
    return;
  }
  var past = document.getElementById("ok-now"), from, group;
  all("#again [data-at]").forEach(function (one) {
    if (!is(one.dataset.at)) return;
    if (from !== one.parentElement) {
      from = one.parentElement;
      group = from.cloneNode(false);
      group.append(from.firstElementChild.cloneNode(true));
      past.lastElementChild.append(group);
    }
    group.append(one);
    if (!from.querySelector("dd")) from.remove();
    past.hidden = false;
  });
  // What was not yet all right of a whole, and is by now without a condition, needn't be named with it.
  var texts = all("#ok-now dd").map(function (one) { return one.childNodes[1]; });
  var names = texts.map(function (one) { return one.data.trim(); }).join(", ").replace(/[^,]+\([^)]*\)|…/g, "").split(/, */);
  texts.forEach(function (one) {
    one.data = one.data.replace(/ \(not ([^)]*)\)/g, function (held, parts) {
      return parts.split(", ").every(function (part) { return names.includes(part); }) ? "" : held;
    });
  });

  var date = today("en-CA", {year: "numeric", month: "2-digit", day: "2-digit"});
  var number = Math.round((Date.parse(date) - Date.parse(plan.day)) / 864e5);

  var first = document.getElementById("first"), card = all(".card").filter(function (one) { return is(one.dataset.start); }).pop();
  if (card && (!first || is(plan.firstUntil))) {
    card.hidden = false;
    card.querySelector("h2").append(": " + today("en-GB", {weekday: "short", month: "short"}).replace(",", "") + ", day " + number);
    if (first) first.hidden = true;
  }

  all(".day").forEach(function (one) {
    if (date < one.dataset.first || one.dataset.last < date) return;
    one.setAttribute("aria-current", "date");
    one.querySelector("h4").append(" · today");
  });
  var mark = document.getElementById("now-mark");
  if (mark && number < plan.days) {
    mark.setAttribute("x", number * 100 / plan.days + "%");
    mark.setAttribute("visibility", "visible");
  }
})();
