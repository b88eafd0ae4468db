// The incentive room: rewards over time, a line for each miner.
import { ticks } from "./numbers.js";
import uPlot from "./vendor/uPlot.esm.js";

const place = document.getElementById("history");
const data = document.getElementById("history-data");
if (place && data) {
  const { lines, names, uids } = JSON.parse(data.textContent);
  const latest = lines.at(-1)?.rewards ?? {};
  // The twelve best paid miners: more lines could not be told apart.
  const hotkeys = Object.keys(latest).sort((a, b) => latest[b] - latest[a]).slice(0, 12);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") }, values: ticks };
  // A miner has the colour of its uid, as on every page; a second line of one colour is dashed.
  const colours = hotkeys.map((hotkey) => (hotkey in uids ? `--p${uids[hotkey] % 8}` : "--soft"));
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: 220,
      legend: { live: false },
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(0.1, high * 1.1)] } },
      axes: [{ ...axis, label: place.dataset.block, labelSize: 18 }, { ...axis, size: 46 }],
      series: [
        { label: place.dataset.block },
        ...hotkeys.map((hotkey, n) => ({
          label: names[hotkey],
          stroke: colour(colours[n]),
          width: 2,
          dash: colours.indexOf(colours[n]) === n ? undefined : [6, 4],
        })),
      ],
    },
    [lines.map((line) => line.block), ...hotkeys.map((hotkey) => lines.map((line) => line.rewards[hotkey] ?? null))],
    place,
  );
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: 220 })).observe(place);
}
