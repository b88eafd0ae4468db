// The chat: a question goes to the gateway's own API, the answer comes word by word. Turns count from 0
// there, and from 1 for people.
import { decimal, duration, numeral } from "/static/numbers.js";

const $ = (id) => document.getElementById(id);
const phrases = JSON.parse($("phrases").textContent);
const asksForKeys = $("chat").dataset.keys === "yes";
const history = [];
let running = null;

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// A key lives in this tab: it goes with the tab, and other sites cannot read it.
function headers() {
  const fields = { "Content-Type": "application/json" };
  if (asksForKeys) fields.Authorization = `Bearer ${$("key").value.trim()}`;
  return fields;
}

async function api(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: headers() });
  if (!answer.ok) throw new Error(await reason(answer));
  return answer;
}

async function reason(answer) {
  try {
    return (await answer.json()).error.message;
  } catch {
    return `${answer.status} ${answer.statusText}`;
  }
}

async function loadModels() {
  if (asksForKeys && !$("key").value.trim()) return;
  const models = (await (await api("/v1/models")).json()).data.map((model) => model.id);
  const panel = models.includes("panel");
  document.querySelector('#mode option[value="panel"]').disabled = !panel;
  const chosen = $("model").value;
  $("model").replaceChildren(...models.filter((name) => name !== "panel").map((name) => new Option(name)));
  if (models.includes(chosen)) $("model").value = chosen;
}

function requestBody() {
  const mode = $("mode").value;
  const own = { memory: mode === "genome" || (mode === "panel" && Boolean(document.querySelector('#mode option[value="genome"]'))) };
  if ($("audience")) own.audience = $("audience").value;
  return {
    model: mode === "panel" ? "panel" : $("model").value,
    messages: history.filter((message) => message.content).map(({ role, content }) => ({ role, content })),
    stream: true,
    stream_options: { include_usage: true },
    temperature: Number($("temperature").value),
    max_tokens: Number($("length").value),
    cgp: own,
  };
}

// Events end with an empty line; a chunk of the network may end anywhere, within a letter too.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const data = part.replace(/^data: /, "");
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
}

class AnswerView {
  constructor() {
    this.item = element("li", "", { class: "message panel" });
    this.text = element("p", "", { class: "text typing", dir: "auto" });
    this.item.append(element("h2", phrases.answer), this.text);
    $("talk").append(this.item);
  }

  add(words) {
    const low = window.innerHeight + window.scrollY > document.body.scrollHeight - 160;
    this.text.append(words);
    if (low) window.scrollTo({ top: document.body.scrollHeight });
  }

  cite(citations) {
    if (!citations.length) return;
    const list = element("ol", "", { class: "citations" });
    for (const [index, one] of citations.entries()) {
      const query = new URLSearchParams({ conversation: one.conversation, turn: one.turn });
      // A model's marks are numbers of passages; without a model they are numbers of this list.
      const line = element("li", "", { "data-mark": one.passage ?? index + 1 });
      // A passage of another machine cannot be opened here: its words are all there is.
      if (one.lender) {
        line.append(element("bdi", one.title || one.conversation), `, ${phrases.turn} ${numeral(one.turn + 1)}, ${phrases.on} `, element("bdi", one.lender), " ", element("q", one.quote, { dir: "auto" }));
        list.append(line);
        continue;
      }
      const link = element("a", "", { href: `/turn?${query}#turn-${one.turn + 1}`, title: one.conversation });
      link.append(element("bdi", one.title || one.conversation), `, ${phrases.turn} ${numeral(one.turn + 1)}`);
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        openTurn(one);
      });
      line.append(link, " ", element("q", one.quote, { dir: "auto" }));
      list.append(line);
    }
    this.item.append(element("h3", phrases.sources), list);
  }

  panel(report) {
    const box = element("details");
    const agreement = report.agreement === null ? "" : `${phrases.between}${phrases.agreement} ${decimal(report.agreement)}`;
    box.append(element("summary", `${phrases.each} (${numeral(report.answers.length)})${agreement}`));
    const members = element("div", "", { class: "members" });
    for (const one of report.answers) {
      const card = element("section", "", { class: "answer" });
      const head = element("h3", `[${one.mark}] `);
      head.append(element("bdi", `${one.model} ${phrases.on} ${one.worker}`));
      card.append(head, element("p", one.text, { dir: "auto" }));
      members.append(card);
    }
    for (const [mark, why] of Object.entries(report.missing)) {
      members.append(element("p", `[${mark}] ${phrases.missing}: ${why}`, { class: "problem" }));
    }
    box.append(members);
    this.item.append(box);
  }

  end(facts) {
    this.text.classList.remove("typing");
    const line = element("p", "", { class: "meta" });
    line.append(element("bdi", facts.model), ` ${phrases.on} `, element("bdi", facts.worker));
    if (facts.first !== null) line.append(`${phrases.between}${phrases.first} ${duration(facts.first / 1000)}`);
    if (facts.speed) line.append(`${phrases.between}${decimal(facts.speed, 1)} ${phrases.speed}`);
    this.item.append(line);
  }

  fail(words, why) {
    this.text.classList.remove("typing");
    this.item.append(element("p", `${words} ${why}`.trim(), { class: "problem" }));
  }
}

async function answer() {
  const view = new AnswerView();
  const facts = { model: "", worker: "", first: null, speed: null };
  const began = performance.now();
  let firstAt = 0;
  let words = "";
  let tokens = 0;
  running = new AbortController();
  busy(true);
  $("status").textContent = phrases.thinking;
  try {
    const reply = await api("/v1/chat/completions", { method: "POST", body: JSON.stringify(requestBody()), signal: running.signal });
    for await (const part of events(reply)) {
      if (part.error) throw new Error(part.error.message);
      facts.model = part.model ?? facts.model;
      facts.worker = part.worker ?? facts.worker;
      const piece = part.choices?.[0]?.delta?.content ?? "";
      if (piece) {
        if (facts.first === null) {
          firstAt = performance.now();
          facts.first = firstAt - began;
          $("status").textContent = "";
        }
        words += piece;
        view.add(piece);
      }
      if (part.citations) view.cite(part.citations);
      if (part.panel) view.panel(part.panel);
      tokens = part.usage?.completion_tokens ?? tokens;
    }
    const seconds = (performance.now() - firstAt) / 1000;
    // Without a model there are no tokens, and words that lie ready have no speed.
    facts.speed = tokens > 1 && seconds > 0.05 && facts.model !== "extractive" ? (tokens - 1) / seconds : null;
    view.end(facts);
  } catch (error) {
    if (error.name === "AbortError") view.fail(phrases.stopped, "");
    else view.fail(words ? phrases.cut : phrases.failed, error.message);
  } finally {
    history.push({ role: "assistant", content: words });
    running = null;
    $("status").textContent = "";
    busy(false);
  }
}

function busy(on) {
  $("send").disabled = on;
  $("stop").hidden = !on;
  $("again").hidden = on;
  $("new").hidden = on;
}

function ask(question) {
  $("examples")?.remove();
  history.push({ role: "user", content: question });
  const item = element("li", "", { class: "message mine" });
  item.append(element("h2", phrases.you), element("p", question, { dir: "auto" }));
  $("talk").append(item);
  return answer();
}

async function openTurn(citation) {
  const query = new URLSearchParams({ conversation: citation.conversation, turn: citation.turn });
  let around;
  try {
    around = await (await api(`/v1/turns?${query}`)).json();
  } catch (error) {
    $("status").textContent = error.message;
    return;
  }
  $("around-title").textContent = around.title;
  const speakers = [...new Set(around.turns.map((turn) => turn.speaker))];
  $("around-turns").replaceChildren(
    ...around.turns.map((turn) => {
      const inside = turn.turn === citation.turn;
      const line = element("li", "", { class: `c${speakers.indexOf(turn.speaker) % 8}${inside ? " inside" : ""}` });
      const body = element("div");
      if (turn.speaker) body.append(element("b", turn.speaker, { dir: "auto" }));
      const words = element("p", "", { dir: "auto" });
      const at = inside ? turn.text.indexOf(citation.quote) : -1;
      if (at >= 0) {
        words.append(turn.text.slice(0, at), element("mark", citation.quote), turn.text.slice(at + citation.quote.length));
      } else words.textContent = turn.text;
      body.append(words);
      line.append(element("span", numeral(turn.turn + 1), { class: "no" }), body);
      return line;
    }),
  );
  $("around").showModal();
  $("around-turns").querySelector(".inside")?.scrollIntoView({ block: "center" });
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("question").value.trim();
  if (!question || running) return;
  if (asksForKeys && !$("key").value.trim()) {
    $("status").textContent = phrases.needsKey;
    $("key").focus();
    return;
  }
  $("question").value = "";
  ask(question);
});
// Enter sends, as in every chat; with Shift it begins a line. A composed letter ends with Enter too.
$("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("ask").requestSubmit();
  }
});
$("stop").addEventListener("click", () => running?.abort());
$("again").addEventListener("click", () => {
  if (history.at(-1)?.role !== "assistant") return;
  history.pop();
  $("talk").lastElementChild.remove();
  answer();
});
$("new").addEventListener("click", () => {
  history.length = 0;
  $("talk").replaceChildren();
  $("again").hidden = $("new").hidden = true;
  $("question").focus();
});
$("examples")?.addEventListener("click", (event) => {
  if (event.target.tagName === "BUTTON") ask(event.target.textContent);
});
$("around-close").addEventListener("click", () => $("around").close());
$("mode").addEventListener("change", () => {
  $("model").disabled = $("mode").value === "panel";
});
if (asksForKeys) {
  $("key").value = sessionStorage.getItem("key") ?? "";
  $("key").addEventListener("change", () => {
    sessionStorage.setItem("key", $("key").value.trim());
    loadModels().catch((error) => ($("status").textContent = error.message));
  });
}
loadModels().catch((error) => ($("status").textContent = error.message));
