// The table of workers, fresh every three seconds while the page is looked at.
import { decimal, duration, number, share } from "/static/numbers.js";

const $ = (id) => document.getElementById(id);
const place = $("workers");
const asksForKeys = place.dataset.keys === "yes";

function cell(text, kind = "td") {
  const made = document.createElement(kind);
  made.textContent = text;
  if (kind === "th") {
    made.scope = "row";
    made.dir = "auto";
  }
  return made;
}

function state(worker) {
  if (worker.paused) return place.dataset.paused;
  if (worker.draining) return place.dataset.draining;
  return worker.busy ? place.dataset.busy : place.dataset.free;
}

function row(worker) {
  const line = document.createElement("tr");
  const figures = [
    `${number(worker.busy)} / ${number(worker.slots)}`,
    number(worker.jobs),
    number(worker.losses),
    number(worker.faults),
    share(worker.reputation),
    worker.tokens_per_second === null ? "–" : decimal(worker.tokens_per_second, 1),
    worker.first_token_seconds === null ? "–" : duration(worker.first_token_seconds),
  ].map((text) => cell(text));
  for (const figure of figures) figure.className = "n";
  line.append(cell(worker.name, "th"), cell(state(worker)), cell(worker.models.join(", ")), ...figures);
  return line;
}

async function refresh() {
  const key = asksForKeys ? $("key").value.trim() : "";
  if (document.hidden || (asksForKeys && !key)) return;
  const answer = await fetch("/v1/workers", { headers: key ? { Authorization: `Bearer ${key}` } : {} });
  if (!answer.ok) return;
  const workers = (await answer.json()).data;
  $("rows").replaceChildren(...workers.map(row));
  $("no-workers").hidden = workers.length > 0;
}

// A gateway that is away for a moment is asked again at the next turn.
const turn = () => refresh().catch(() => {});
if (asksForKeys) {
  $("key").value = sessionStorage.getItem("key") ?? "";
  $("key").addEventListener("change", () => {
    sessionStorage.setItem("key", $("key").value.trim());
    turn();
  });
  $("key-form").addEventListener("submit", (event) => event.preventDefault());
}
turn();
setInterval(turn, 3000);
