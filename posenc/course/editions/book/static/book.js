// What moves on the book's pages. Nothing is sent anywhere: guesses stay in this browser.
"use strict";
document.documentElement.classList.add("posenc-live");

const store = {
  get(name) {
    try { return JSON.parse(localStorage.getItem("posenc:" + name)); } catch { return null; }
  },
  set(name, value) {
    try { localStorage.setItem("posenc:" + name, JSON.stringify(value)); } catch { /* private */ }
  },
};

// --- explorers: one picture for each setting, drawn beforehand ---

function explorer(box) {
  const data = JSON.parse(box.querySelector("script").textContent);
  const image = box.querySelector("img"), said = box.querySelector(".posenc-said");
  const inputs = [...box.querySelectorAll("[data-control]")];
  const places = data.controls.map(() => 0);
  const held = new Map(); // pictures that were fetched, so that none is decoded twice
  const number = () => places.reduce(
    (sum, place, at) => sum * data.controls[at].values.length + place, 0);
  const fetched = (at) => {
    if (!held.has(at)) {
      const picture = new Image();
      picture.src = data.frames[at].src;
      held.set(at, picture);
    }
    return held.get(at);
  };
  const read = () => {
    for (const input of inputs) {
      const at = Number(input.dataset.control);
      if (input.type === "range" || input.checked) places[at] = Number(input.value);
      if (input.type === "range") {
        const word = data.controls[at].words[places[at]];
        input.setAttribute("aria-valuetext", word);
        input.nextElementSibling.textContent = word;
      }
    }
  };
  const show = () => {
    read();
    const at = number(), frame = data.frames[at];
    image.src = frame.src;
    image.alt = frame.alt;
    said.textContent = frame.alt;
    box.dataset.frame = at;
    for (const next of [at - 1, at + 1]) if (data.frames[next]) fetched(next);
  };
  box.addEventListener("input", show);
  box.hidden = false;
  read();
  box.dataset.frame = number();
  new IntersectionObserver((seen, watch) => {
    if (seen.some((entry) => entry.isIntersecting)) {
      image.src = data.frames[number()].src;
      watch.disconnect();
    }
  }, { rootMargin: "600px" }).observe(box);
}

// --- predictions: a choice unfolds the cells that show its result, and those alone ---

const folds = (number) => [...document.querySelectorAll(`.tag_settles-${number} details`)];

function asked(form, number) {
  const name = "guess:" + form.dataset.name, noted = form.querySelector(".posenc-noted");
  const inputs = [...form.querySelectorAll("[name=guess]")];
  const curve = form.querySelector("svg");
  const value = () => form.dataset.kind === "choice"
    ? (inputs.find((input) => input.checked) || {}).value
    : inputs.map((input) => input.value).join(" ").trim();
  const sure = () => (form.querySelector("[name=sure]:checked") || {}).value;
  const note = () => {
    const guess = value();
    if (!guess) return;
    store.set(name, { guess, sure: sure() });
    tell(guess);
    for (const fold of folds(number)) fold.open = true;
  };
  const tell = (guess) => {
    const line = document.querySelector(`.posenc-answer[data-result="${number}"]`);
    const right = line && line.dataset.answer;
    noted.textContent = `Noted: you predicted “${guess.replaceAll("`", "")}”. The result is open below.`;
    if (line && !line.querySelector(".posenc-yours")) {
      line.append(Object.assign(document.createElement("span"), { className: "posenc-yours" }));
    }
    if (line) {
      line.querySelector(".posenc-yours").textContent =
        " You predicted " + (right === guess ? "✓ the same." : `${right ? "✗ " : ""}“${guess.replaceAll("`", "")}”.`);
    }
  };
  const draw = () => {
    if (!curve) return;
    const span = (input) => (input.value - input.min) / (input.max - input.min);
    const points = inputs.map((input, at) =>
      `${20 + at * 360 / (inputs.length - 1)},${190 - 180 * span(input)}`);
    curve.innerHTML = `<polyline points="${points.join(" ")}"/>`;
    curve.setAttribute("aria-label", "Your curve: " + inputs.map((input) => input.value).join(", "));
    for (const input of inputs) input.nextElementSibling.textContent = Number(input.value).toPrecision(3);
  };
  const kept = store.get(name);
  if (kept) {
    const values = String(kept.guess).split(" ");
    inputs.forEach((input, at) => {
      if (form.dataset.kind === "choice") input.checked = input.value === kept.guess;
      else input.value = values[at];
    });
    for (const input of form.querySelectorAll("[name=sure]")) input.checked = input.value === kept.sure;
    tell(String(kept.guess));
    for (const fold of folds(number)) fold.open = true;
  }
  draw();
  form.addEventListener("submit", (event) => { event.preventDefault(); note(); });
  form.addEventListener("input", draw);
  form.addEventListener("change", (event) => {
    if (form.dataset.kind === "choice" || event.target.name === "sure") note();
  });
}

// --- what opens a fold: a link into it, printing, the search, the reading mode ---

function openAt(hash) {
  const place = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!place) return;
  let cell = place;
  if (place.classList.contains("posenc-at")) {
    cell = (place.parentElement.matches("p") ? place.parentElement : place).nextElementSibling || place;
  }
  const inside = cell.matches(".cell") ? [...cell.querySelectorAll("details")] : [];
  for (let up = place; up; up = up.parentElement) if (up.matches("details")) inside.push(up);
  for (const fold of inside) fold.open = true;
  if (inside.length) place.scrollIntoView();
}

const results = () => document.querySelectorAll("[class*=tag_settles-] details");

function readingMode(button) {
  const put = (on) => {
    button.setAttribute("aria-pressed", on);
    if (on) for (const fold of results()) fold.open = true;
  };
  put(store.get("reading") === true);
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    store.set("reading", on);
    put(on);
    if (!on) for (const fold of results()) fold.open = false;
  });
}

function printing() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("article details:not([open])")];
    for (const fold of closed) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });
}

function found() { // marked by the search
  for (const mark of document.querySelectorAll("span.highlighted")) {
    for (let up = mark; up; up = up.parentElement) if (up.matches("details")) up.open = true;
  }
}

// --- the gallery's grounds, and long lines that the keyboard can move ---

function grounds(field) {
  field.addEventListener("change", (event) => {
    for (const list of document.querySelectorAll(".posenc-gallery")) {
      list.dataset.ground = event.target.value;
    }
  });
}

function reachable() {
  for (const box of document.querySelectorAll("article div.math, article .pst-scrollable-table-container")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

addEventListener("load", () => {
  const set = window.MathJax && MathJax.startup && MathJax.startup.promise;
  (set || Promise.resolve()).then(reachable);
});
addEventListener("resize", reachable);
addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".posenc-grounds").forEach(grounds);
  document.querySelectorAll(".posenc-explorer").forEach(explorer);
  document.querySelectorAll(".posenc-asked").forEach((form, at) => asked(form, at + 1));
  document.querySelectorAll(".posenc-reading").forEach(readingMode);
  printing();
  openAt(location.hash);
  addEventListener("hashchange", () => openAt(location.hash));
  setTimeout(found, 100);
});
