// Three figures drawn in the browser: clock hands that become a heat map, RoPE's arrows, and a
// pattern of layers. Each has a slider for every number, and a sentence that says what it shows.
"use strict";

const HEROES = {
  clock: {
    title: "Clock hands become a heat map: move the position.",
    size: [720, 332],
    controls: [["position", 0, 127, 40]],
    play: 0,
    draw([pos], pen) { clock(pos, pen); },
    said: ([pos]) => `Position ${pos}: the fastest hand stands at ${degrees(pos)} degrees; `
      + "each row of the heat map is one position, each pair of columns one hand.",
  },
  rope: {
    title: "Two pairs of RoPE's arrows: move query and key.",
    size: [720, 282],
    controls: [["query position m", 0, 40, 3], ["key position n", 0, 40, 5]],
    play: "all",
    draw([m, n], pen) { rope(m, n, pen); },
    said: ([m, n]) => `Query at ${m}, key at ${n}, m − n = ${signed(m - n)}: `
      + `the score is ${signed(score(m, n).toFixed(2))}.`,
  },
  layers: {
    title: "A pattern of layers: from which tokens does information reach the last one?",
    size: [720, 264],
    controls: [["window", 2, 16, 4], ["global layer every", 1, 9, 6]],
    play: 0,
    draw([window, period], pen) { layers(window, period, pen); },
    said: ([window, period]) => {
      const rows = posencNumbers.reached(LAYERS, TOKENS, window, period);
      return `A window of ${window} tokens, and ${period > LAYERS ? "no global layer"
        : `every ${ordinal(period)} layer global`}: after ${LAYERS} layers the last token is reached `
        + `from ${rows.at(-1).filter(Boolean).length} of ${TOKENS} tokens.`;
    },
  },
};
const DIM = 16, ROWS = 128, LAYERS = 8, TOKENS = 48;
const QUERY = [1, 0.5, 0.9, -0.3], KEY = [0.8, -0.7, 0.9, 0.6], BASE = 100; // as in lesson 07
const STOPS = [[0, 32, 77], [66, 78, 108], [124, 123, 120], [186, 174, 107], [255, 234, 70]];
const degrees = (pos) => Math.round((pos * 180 / Math.PI) % 360);
const signed = (value) => String(value).replace("-", "−");
const ordinal = (n) => n === 1 ? "" : n + (["th", "st", "nd", "rd"][n % 10] && n < 4 ? ["", "st", "nd", "rd"][n] : "th");
const score = (m, n) => posencNumbers.dot(
  posencNumbers.rotate(QUERY, m, BASE), posencNumbers.rotate(KEY, n, BASE));

function colour(value) { // −1 … 1 along cividis
  const at = (value + 1) / 2 * (STOPS.length - 1), below = Math.min(Math.floor(at), STOPS.length - 2);
  const mix = STOPS[below].map((c, i) => Math.round(c + (STOPS[below + 1][i] - c) * (at - below)));
  return `rgb(${mix.join()})`;
}

function arrow(pen, x, y, dx, dy, dash) {
  const length = Math.hypot(dx, dy), [ux, uy] = [dx / length, dy / length];
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + dx, y + dy);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  for (const side of [-1, 1]) {
    pen.moveTo(x + dx, y + dy);
    pen.lineTo(x + dx - 9 * ux + side * 5 * uy, y + dy - 9 * uy - side * 5 * ux);
  }
  pen.stroke();
}

function clock(pos, pen) {
  const vector = posencNumbers.sinusoidal(pos, DIM), step = 88;
  for (let pair = 0; pair < DIM / 2; pair += 1) {
    const x = 52 + pair * step, y = 46;
    pen.beginPath();
    pen.arc(x, y, 38, 0, 2 * Math.PI);
    pen.stroke();
    pen.lineWidth = 2;
    arrow(pen, x, y, 34 * vector[2 * pair], -34 * vector[2 * pair + 1], []);
    pen.lineWidth = 1;
    centred(pen, pair === 0 ? "fastest" : pair === DIM / 2 - 1 ? "slowest" : "", x, 112);
  }
  for (let row = 0; row <= pos; row += 1) {
    posencNumbers.sinusoidal(row, DIM).forEach((value, channel) => {
      pen.fillStyle = colour(value);
      pen.fillRect(12 + channel * 44 - (channel % 2) * 4, 124 + row * 1.6, 40, 1.7);
    });
  }
}

function rope(m, n, pen) {
  const q = posencNumbers.rotate(QUERY, m, BASE), k = posencNumbers.rotate(KEY, n, BASE);
  ["fast pair", "slow pair"].forEach((name, pair) => {
    const x = 120 + pair * 240, y = 124;
    pen.beginPath();
    pen.arc(x, y, 114, 0, 2 * Math.PI);
    pen.stroke();
    centred(pen, name, x, 272);
    pen.lineWidth = 3;
    pen.strokeStyle = pen.first;
    arrow(pen, x, y, 98 * q[2 * pair], -98 * q[2 * pair + 1], []);
    pen.strokeStyle = pen.second;
    arrow(pen, x, y, 98 * k[2 * pair], -98 * k[2 * pair + 1], [7, 5]);
    pen.strokeStyle = pen.ink;
    pen.lineWidth = 1;
  });
  ["solid: query", "dashed: key", `m − n = ${signed(m - n)}`, `score ${signed(score(m, n).toFixed(2))}`]
    .forEach((line, at) => pen.fillText(line, 500, 60 + at * 40));
}

function layers(window, period, pen) {
  const rows = posencNumbers.reached(LAYERS, TOKENS, window, period);
  rows.forEach((row, at) => {
    const y = 6 + (LAYERS - 1 - at) * 28, global = (at + 1) % period === 0;
    pen.fillStyle = pen.ink;
    pen.fillText(`${at + 1} ${global ? "global" : "window"}`, 0, y + 20);
    row.forEach((reached, token) => {
      pen.beginPath();
      pen.rect(136 + token * 12, y, 10, 22);
      pen.fillStyle = pen.first;
      if (reached) pen.fill();
      else pen.stroke();
    });
  });
  pen.fillStyle = pen.ink;
  pen.fillText("first token", 136, 256);
  centred(pen, "last token", 640, 256);
}

function centred(pen, text, x, y) {
  pen.fillText(text, x - pen.measureText(text).width / 2, y);
}

// --- the page around them ---

function hero(box, number) {
  const about = HEROES[box.dataset.hero], values = about.controls.map((control) => control[3]);
  const [wide, high] = about.size, sharp = 2;
  const canvas = Object.assign(document.createElement("canvas"), {
    width: wide * sharp, height: high * sharp });
  canvas.setAttribute("role", "img");
  const said = Object.assign(document.createElement("p"), { className: "posenc-said" });
  said.setAttribute("aria-live", "polite");
  const draw = (quiet) => {
    const style = getComputedStyle(box), pen = canvas.getContext("2d");
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, wide, high);
    Object.assign(pen, { ink: style.color, first: style.getPropertyValue("--posenc-first"),
      second: style.getPropertyValue("--posenc-second"), lineWidth: 1,
      font: `${Math.round(14 * Math.min(2, Math.max(1, wide / canvas.clientWidth)))}px sans-serif` });
    pen.fillStyle = pen.strokeStyle = pen.ink;
    about.draw(values, pen);
    canvas.setAttribute("aria-label", about.said(values));
    if (!quiet) said.textContent = about.said(values);
  };
  const rows = about.controls.map(([name, low, top], at) => {
    const row = Object.assign(document.createElement("div"), { className: "posenc-control" });
    const id = `hero-${number}-${at}`;
    row.innerHTML = `<label for="${id}">${name}</label><input id="${id}" type="range"`
      + ` min="${low}" max="${top}" value="${values[at]}"><output for="${id}">${values[at]}</output>`;
    row.querySelector("input").addEventListener("input", (event) => {
      values[at] = Number(event.target.value);
      row.querySelector("output").textContent = values[at];
      draw();
    });
    return row;
  });
  const title = Object.assign(document.createElement("p"), { textContent: about.title });
  box.replaceChildren(title, canvas, ...rows, player(about, values, rows, draw), said);
  box.posencDraw = draw;
  draw();
  addEventListener("resize", () => draw(true));
  new MutationObserver(() => draw(true)).observe(document.documentElement,
    { attributes: true, attributeFilter: ["data-theme"] });
}

function player(about, values, rows, draw) { // nothing moves before it is asked to
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Play" });
  let timer = 0;
  const step = () => {
    rows.forEach((row, at) => {
      const [, low, top] = about.controls[at];
      if (about.play !== "all" && at !== about.play) return;
      values[at] = values[at] >= top ? low : values[at] + 1;
      row.querySelector("input").value = values[at];
      row.querySelector("output").textContent = values[at];
    });
    draw(true);
  };
  button.addEventListener("click", () => {
    if (timer) clearInterval(timer);
    timer = timer ? 0 : setInterval(step, matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 120);
    button.textContent = timer ? "Pause" : "Play";
    if (!timer) draw();
  });
  return button;
}

addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-hero]").forEach(hero));
