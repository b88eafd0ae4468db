// The live room: follows the subnet by server-sent events. All text is set as text, never as HTML.
import { decimal, duration, number, numeral, share, ticks } from "./numbers.js";
import uPlot from "./vendor/uPlot.esm.js";

const $ = (id) => document.getElementById(id);
const colour = (uid) => `m${uid % 8}`;
// Direction marks and other characters without a glyph are dropped, as in the pages of the server.
const UNSHOWN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/gu;
const shown = (text) => String(text).replace(UNSHOWN, "");
const element = (name, text = "", attributes = {}) => {
  const made = document.createElement(name);
  if (text) made.textContent = shown(text);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function set(id, text) {
  const place = $(id);
  if (!place || place.textContent === String(text)) return;
  place.textContent = text;
  const step = place.closest(".flow li");
  if (!step) return;
  step.classList.add("moved");
  setTimeout(() => step.classList.remove("moved"), 700);
}

function sparkline(values, high, uid) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `spark ${colour(uid)}`);
  svg.setAttribute("viewBox", "0 0 120 30");
  svg.setAttribute("width", "120");
  svg.setAttribute("height", "30");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  const step = 118 / Math.max(1, values.length - 1);
  path.setAttribute(
    "d",
    values.map((v, n) => `${n ? "L" : "M"}${(1 + n * step).toFixed(1)} ${(28 - (26 * Math.min(high, Math.max(0, v))) / high).toFixed(1)}`).join(" "),
  );
  svg.append(path);
  return svg;
}

function minerRow(miner, high) {
  const row = element("tr");
  const cell = (text) => row.append(element("td", text, { class: "n" }));
  row.append(element("td", numeral(miner.uid)));
  const name = element("th", "", { scope: "row", title: miner.hotkey });
  name.append(element("span", "", { class: `key ${colour(miner.uid)}` }), element("bdi", miner.name));
  row.append(name);
  const trend = element("td", "", { class: "trend" });
  trend.append(sparkline(miner.scores, high, miner.uid));
  row.append(trend);
  cell(decimal(miner.score));
  cell(miner.standing === null ? "–" : decimal(miner.standing));
  cell(share(miner.reward));
  cell(miner.seconds === null ? "–" : duration(miner.seconds));
  cell(number(miner.answers));
  cell(number(miner.failures));
  return row;
}

function feedLine(line, words) {
  const item = element("li");
  // As path_part of the server does: a part ".." would be resolved, quoted slashes or a last one keep it.
  const id = line.conversation_id;
  const path = encodeURIComponent(/^\.{1,2}\/*$/.test(id) ? `${id}/` : id);
  const link = element("a", "", { href: `/conversation/${path}?window=${line.window}` });
  link.append(element("bdi", line.conversation_id, { class: "name" }), " ", element("small", `${words.window} ${numeral(line.window + 1)}`));
  item.append(link);
  const pips = element("span", "", { class: "pips" });
  for (const answer of line.answers) {
    const pip = element("span", "", { class: `pip ${colour(answer.uid)}${answer.failure ? " bad" : ""}` });
    pip.append(element("bdi", numeral(answer.uid)), ` ${answer.failure ? words.noAnswer : decimal(answer.score)}`);
    pips.append(pip, " ");
  }
  item.append(pips);
  return item;
}

const told = (row) => row.textContent.replace(/\s+/g, "");

// Puts rows for items into a place. A row that says the same as before stays the same element: a reader
// who has it under the keyboard's focus keeps it.
function update(place, items, keyOf, rowOf) {
  const before = new Map([...place.children].map((row) => [row.dataset.key, row]));
  let at = place.firstElementChild;
  for (const item of items) {
    const old = before.get(keyOf(item));
    let row = old;
    const state = JSON.stringify(item);
    if (!old || old.dataset.state !== state) {
      row = rowOf(item);
      row.dataset.key = keyOf(item);
      // What the server wrote has no state yet, and is kept if its words are those.
      if (old && !old.dataset.state && told(old) === told(row)) row = old;
      row.dataset.state = state;
    }
    if (old && row !== old) {
      const focused = old.contains(document.activeElement);
      if (old === at) at = row;
      old.replaceWith(row);
      if (focused) row.querySelector("a")?.focus();
    }
    if (row === at) at = at.nextElementSibling;
    else place.insertBefore(row, at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

function showHealth(health) {
  if (!health) return;
  const place = $("health");
  const words = place.dataset;
  // The same words stay as they are: a screen reader does not read them anew each second.
  const state = JSON.stringify([health.status, health.problems]);
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  const lines = [];
  if (health.status === "away") lines.push(element("p", words.away, { class: "problem" }));
  for (const problem of health.problems ?? []) {
    const line = element("p", "", { class: "problem" });
    line.append(element("b", problem.name), ` ${shown(problem.reason)}`, element("br"), element("small", `${words.remedy}: ${problem.remedy}`));
    lines.push(line);
  }
  if (!lines.length) lines.push(element("p", words.healthy, { class: "good" }));
  place.replaceChildren(...lines);
}

function showChain(chain) {
  if (!chain) return;
  const words = $("chain").dataset;
  const left = Math.max(0, chain.next_epoch - chain.block);
  set("c-block", number(chain.block));
  set("c-age", decimal(chain.age_seconds, 1));
  set("c-left", chain.tempo ? `${number(left)} ${words.left}` : "–");
  if (chain.tempo) {
    $("c-epoch").max = chain.tempo;
    $("c-epoch").value = chain.tempo - left;
  }
  const state = words[chain.weights.replace("weights_", "")];
  set("c-reveal", chain.reveal_block ? `${state} ${number(chain.reveal_block)}` : state);
}

// A line for each of the best miners through its latest scores; a mean of five shows the trend.
const MOST_LINES = 8;
const SMOOTHED = 5;
let chart = null;
let charted = "";

function smooth(values) {
  return values.map((_, n) => {
    const part = values.slice(Math.max(0, n - SMOOTHED + 1), n + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

function draw(miners) {
  const place = $("chart");
  const best = miners.slice(0, MOST_LINES).filter((miner) => miner.scores.length > 1);
  if (!best.length) return;
  const length = Math.max(...best.map((miner) => miner.scores.length));
  // The latest answer is at the right for all.
  const pad = (values) => [...Array(length - values.length).fill(null), ...values];
  const data = [Array.from({ length }, (_, n) => n + 1 - length), ...best.map((miner) => pad(smooth(miner.scores)))];
  const hotkeys = best.map((miner) => miner.hotkey).join();
  if (chart && charted === hotkeys) { chart.setData(data); return; }
  chart?.destroy();
  charted = hotkeys;
  const style = getComputedStyle(document.documentElement);
  const ink = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: ink("--soft"), grid: { stroke: ink("--line"), width: 1 }, ticks: { show: false }, values: ticks };
  chart = new uPlot(
    {
      width: place.clientWidth,
      height: 132,
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(0.2, high * 1.1)] } },
      axes: [{ ...axis, size: 26 }, { ...axis, size: 40 }],
      series: [{}, ...best.map((miner) => ({ label: miner.name, stroke: ink(`--p${miner.uid % 8}`), width: 2, points: { show: false } }))],
      legend: { show: false },
      cursor: { show: false },
    },
    data,
    place,
  );
}
new ResizeObserver(() => chart?.setSize({ width: $("chart").clientWidth, height: 132 })).observe($("chart"));

function show(snapshot) {
  const counts = snapshot.conversations;
  set("n-conversations", number(Object.values(counts).reduce((sum, n) => sum + n, 0)));
  for (const state of ["done", "leased", "waiting", "failed"]) set(`n-${state}`, number(counts[state] ?? 0));
  set("n-windows", number(snapshot.windows));
  set("n-windows_done", number(snapshot.windows_done));
  set("n-miners", number(snapshot.miners.length));
  set("n-answers", number(snapshot.answers));
  if (snapshot.miners.length) {
    const mean = snapshot.miners.reduce((sum, m) => sum + m.score, 0) / snapshot.miners.length;
    set("n-score", decimal(mean));
    draw(snapshot.miners);
    $("no-miners")?.remove();
  }
  const state = $("w-state");
  if (snapshot.weights) {
    set("n-weights", number(snapshot.weights.block));
    $("w-block").hidden = false;
    set("c-weights", `${state.dataset.block} ${number(snapshot.weights.block)}`);
    state.textContent = snapshot.weights.success ? state.dataset.taken : state.dataset.refused;
  }
  // One scale for all miners, so that their lines can be compared.
  const high = Math.max(0.01, ...snapshot.miners.flatMap((miner) => miner.scores));
  update($("miners"), snapshot.miners.map((miner) => ({ ...miner, high })), (miner) => miner.hotkey, (miner) => minerRow(miner, miner.high));
  const feed = $("feed");
  const words = { window: feed.dataset.window, noAnswer: feed.dataset.noAnswer };
  update(feed, snapshot.latest, (line) => `${line.conversation_id}/${line.window}`, (line) => feedLine(line, words));
  showHealth(snapshot.health);
  showChain(snapshot.chain);
}

function connected(on) {
  const status = $("connection");
  status.classList.toggle("on", on);
  status.querySelector(".label").textContent = on ? status.dataset.on : status.dataset.off;
}

const source = new EventSource("/events");
source.addEventListener("open", () => connected(true));
source.addEventListener("error", () => connected(false));
source.addEventListener("snapshot", (event) => show(JSON.parse(event.data)));
