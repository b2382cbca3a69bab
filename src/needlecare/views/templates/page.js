// Marks today. The page is complete without it.
(function () {
  "use strict";
  var today, zone = document.documentElement.dataset.zone;
  try {
    today = new Intl.DateTimeFormat("en-CA", {timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit"}).format(new Date());
  } catch (unknownZone) {
    return;
  }
  document.querySelectorAll(".day").forEach(function (day) {
    if (day.dataset.first <= today && today <= day.dataset.last) {
      day.classList.add("today");
      day.setAttribute("aria-current", "date");
      day.querySelector("h3").append(" · today");
      var link = document.getElementById("to-today");
      link.hidden = false;
      link.firstElementChild.href = "#" + day.id;
    }
  });
  var chart = document.getElementById("chart"), mark = document.getElementById("now-mark");
  if (chart && mark) {
    var number = Math.round((Date.parse(today) - Date.parse(chart.dataset.first)) / 864e5), days = Number(chart.dataset.days);
    if (number >= 0 && number < days) {
      mark.setAttribute("x", number * 100 / days + "%");
      mark.setAttribute("visibility", "visible");
    }
  }
})();
